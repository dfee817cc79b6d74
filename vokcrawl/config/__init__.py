"""The project's settings and the spider's arguments, as models that validate them.

`settings`, `alerts` and `arguments` hold the models, `values` the types of their fields, `model` their base. `redacted`
removes secrets from what is shown. ``python -m vokcrawl.config`` writes the tables of docs/settings.md.
"""

from vokcrawl.config.alerts import Alerts
from vokcrawl.config.arguments import Arguments
from vokcrawl.config.preview import PREVIEW
from vokcrawl.config.settings import Options, default_values, known_names, secret_names, setting_errors

__all__ = [
    "PREVIEW",
    "Alerts",
    "Arguments",
    "Options",
    "default_values",
    "known_names",
    "secret_names",
    "setting_errors",
]
