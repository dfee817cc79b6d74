"""The profile `sample`: for the bundled sample site on the loopback interface; throttling is disabled."""

from vokcrawl.config.environment import from_environment
from vokcrawl.settings.base import *  # noqa: F403

CONCURRENT_REQUESTS = 8
CONCURRENT_REQUESTS_PER_DOMAIN = 8
DOWNLOAD_DELAY = 0
AUTOTHROTTLE_ENABLED = False
DOWNLOAD_TIMEOUT = 15
VOK_BACKOFF_SECONDS = 1
# The sample's articles have fixed dates.
VOK_ALERT_AGE_HOURS = 0
VOK_OUTPUT_DIR = "output/sample"

globals().update(from_environment())
