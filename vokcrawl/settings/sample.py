"""The profile `sample`: for the bundled sample site on the loopback interface, which need not be spared."""

from vokcrawl.settings.base import *  # noqa: F403
from vokcrawl.settings.environment import from_environment

CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 8
DOWNLOAD_DELAY = 0
AUTOTHROTTLE_ENABLED = False
DOWNLOAD_TIMEOUT = 15
VOK_BACKOFF_SECONDS = 1
# They are as old as the sample says, whatever the day is.
VOK_ALERT_AGE_HOURS = 0
VOK_OUTPUT_DIR = "output/sample"

globals().update(from_environment())
