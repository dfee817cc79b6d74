"""Sends the queued notifications about watched words after a run.

They wait in `feeds.sqlite3` until their channel has accepted them. A process that is killed between the two sends a
notification again; its `id` is the same.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from time import monotonic

from filelock import FileLock, Timeout

from vokcrawl.errors import StorageError
from vokcrawl.feeds.notices import Notice
from vokcrawl.feeds.store import NAME, FeedStore
from vokcrawl.monitors.channels import Channel
from vokcrawl.monitors.sending import NotificationError, run_with_timeout
from vokcrawl.storage.output_folder import OutputFolder

logger = logging.getLogger(__name__)

# Time for all notifications of a run; the rest stays in the queue.
MAX_SECONDS = 60


def send_queued(folder: OutputFolder, channels: Sequence[Channel], timeout: float) -> None:
    """Send the queued notifications within `MAX_SECONDS`; what fails or is left stays in the queue.

    `timeout` is the time that one notification may take. Raises `StorageError`.
    """
    try:
        # Another run of this directory may be sending.
        with FileLock(folder.path / f".{NAME}.lock", timeout=0):
            store = FeedStore(folder)
            try:
                deadline = monotonic() + MAX_SECONDS
                for channel in channels:
                    _send(store, channel, timeout, deadline)
            finally:
                store.close()
    except Timeout:
        return
    except OSError as failure:
        raise StorageError(f"{folder.path}: {failure.strerror}; notifications stay in the queue") from failure


def _send(store: FeedStore, channel: Channel, timeout: float, deadline: float) -> None:
    waiting = store.queued(channel.name)
    sent = 0
    for queued in waiting:
        if monotonic() > deadline:
            break
        notice = Notice.model_validate_json(queued.message)
        try:
            run_with_timeout(timeout, partial(channel.send, notice))
        except NotificationError as failure:
            logger.warning("%s notification failed: %s; the crawl is not affected", channel.title, failure)
            break
        store.sent(queued.number)
        sent += 1
    if waiting:
        left = len(waiting) - sent
        logger.info("%s: %d notifications about watched words sent, %d left in the queue", channel.title, sent, left)
