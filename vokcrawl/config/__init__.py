"""The project's settings and the spider's arguments, as models that validate them.

`settings`, `alerts` and `arguments` hold the models, `values` the types of their fields, `model` their base. `redacted`
removes secrets from what is shown. ``python -m vokcrawl.config`` writes the tables of docs/settings.md.
"""

from vokcrawl.config.alerts import Alerts
from vokcrawl.config.arguments import Arguments
from vokcrawl.config.settings import Options, default_values, known_names, secret_names, setting_errors

# Set by commands that use a spider without a crawl (`parse`, `fetch`, `check`): no run is opened, and the components
# that need one are disabled.
PREVIEW = "VOKCRAWL_PREVIEW"

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
