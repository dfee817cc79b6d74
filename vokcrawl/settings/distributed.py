"""The profile `distributed`: one of several workers that share a source by way of the Redis server of `REDIS_URL`."""

from vokcrawl.settings.base import *  # noqa: F403
from vokcrawl.settings.base import DOWNLOADER_MIDDLEWARES as ALONE
from vokcrawl.settings.base import EXTENSIONS as ALONE_EXTENSIONS
from vokcrawl.settings.environment import from_environment

VOK_STATE = "redis"
# How much of what there is comes to which worker is chance: few articles here mean nothing.
VOK_ALERT_FEW_ARTICLES = 999
# The same spider, which leads or follows.
SPIDER_MODULES = ["vokcrawl.distributed.spider"]
SCHEDULER = "vokcrawl.distributed.scheduler.SharedScheduler"
SCHEDULER_QUEUE_CLASS = "vokcrawl.distributed.queue.ClaimQueue"
DUPEFILTER_CLASS = "vokcrawl.distributed.queue.InWork"
DOWNLOADER = "vokcrawl.distributed.downloader.SharedDownloader"
DOWNLOADER_MIDDLEWARES = {
    **ALONE,
    "vokcrawl.downloader.middlewares.backoff.PauseMiddleware": None,
    "vokcrawl.distributed.downloader.SharedPauseMiddleware": 560,
}
# Behind the extension that opens the run.
EXTENSIONS = {**ALONE_EXTENSIONS, "vokcrawl.distributed.extension.WorkersExtension": -90}

globals().update(from_environment())
