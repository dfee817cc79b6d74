"""The profile `production`: for unattended schedules; longer timeouts and more retries."""

from vokcrawl.config.environment import from_environment
from vokcrawl.settings.base import *  # noqa: F403

DOWNLOAD_TIMEOUT = 120
RETRY_TIMES = 5
LOGSTATS_INTERVAL = 600.0

globals().update(from_environment())
