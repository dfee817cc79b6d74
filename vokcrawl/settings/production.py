"""The profile `production`: the base for an unattended schedule, where a slow site is worth waiting for."""

from vokcrawl.settings.base import *  # noqa: F403
from vokcrawl.settings.environment import from_environment

DOWNLOAD_TIMEOUT = 120
RETRY_TIMES = 5
LOGSTATS_INTERVAL = 600.0

globals().update(from_environment())
