"""The project's settings and the spider's arguments, each checked with a clear error of its own.

`checks` holds the single checks, `settings` and `arguments` say which of them each setting and argument must pass,
`environment` takes what the environment gives.
"""

from vokcrawl.options.arguments import Arguments
from vokcrawl.options.environment import from_environment
from vokcrawl.options.settings import Options, known_names

__all__ = ["Arguments", "Options", "from_environment", "known_names"]
