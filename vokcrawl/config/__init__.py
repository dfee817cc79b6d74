"""The project's settings and the spider's arguments, each checked with a clear error of its own.

`checks` and `addresses` hold the single checks; `settings`, `alerts` and `arguments` say which of them each setting
and argument must pass, `redacted` how they are shown.
"""

from vokcrawl.config.alerts import Alerts
from vokcrawl.config.arguments import Arguments
from vokcrawl.config.settings import Options, faults, known_names, secret_names

__all__ = ["Alerts", "Arguments", "Options", "faults", "known_names", "secret_names"]
