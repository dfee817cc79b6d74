"""The profile `production`: for unattended schedules; longer timeouts, more retries, and a time limit."""

from vokcrawl.config.environment import from_environment
from vokcrawl.settings.base import *  # noqa: F403

DOWNLOAD_TIMEOUT = 120
RETRY_TIMES = 5
LOGSTATS_INTERVAL = 600.0
# A run ends before the next one of a schedule of six hours.
VOK_MAX_RUN_MINUTES = 300

globals().update(from_environment())
