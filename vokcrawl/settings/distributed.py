"""The profile `distributed`: one of several workers that crawl a source together, through a Redis server."""

from vokcrawl.config.environment import from_environment
from vokcrawl.settings.base import *  # noqa: F403
from vokcrawl.settings.base import DOWNLOADER_MIDDLEWARES as BASE_MIDDLEWARES
from vokcrawl.settings.base import EXTENSIONS as BASE_EXTENSIONS

VOK_STATE = "redis"
# How the articles are spread over the workers is random: few articles in one worker mean nothing.
VOK_ALERT_FEW_ARTICLES = 999
SCHEDULER = "vokcrawl.distributed.scheduler.SharedScheduler"
SCHEDULER_QUEUE_CLASS = "vokcrawl.distributed.queue.ClaimQueue"
DUPEFILTER_CLASS = "vokcrawl.distributed.queue.PendingFilter"
DOWNLOADER = "vokcrawl.distributed.downloader.SharedDownloader"
DOWNLOADER_MIDDLEWARES = {
    **BASE_MIDDLEWARES,
    "vokcrawl.downloader.middlewares.backoff.PauseMiddleware": None,
    "vokcrawl.distributed.downloader.SharedPauseMiddleware": 560,
}
# After the extension that opens the run.
EXTENSIONS = {**BASE_EXTENSIONS, "vokcrawl.distributed.extension.WorkersExtension": -90}

globals().update(from_environment())
