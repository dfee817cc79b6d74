"""The project's settings and the spider's arguments, each checked with a clear error of its own.

`checks` and `addresses` hold the single checks; `settings`, `alerts` and `arguments` say which of them each setting
and argument must pass, `shown` how they are shown,
`environment` takes what the environment gives.
"""

from vokcrawl.options.alerts import Alerts
from vokcrawl.options.arguments import Arguments
from vokcrawl.options.environment import from_environment
from vokcrawl.options.settings import Options, faults, known_names, secret_names

__all__ = ["Alerts", "Arguments", "Options", "faults", "from_environment", "known_names", "secret_names"]
