"""Notifiers: a Spidermon action for each configured channel.

Spidermon's own actions were evaluated and not used: their server cannot be configured, their time is not limited,
Telegram's puts unescaped text into a URL, and mail's ends after the crawl does.
"""

from __future__ import annotations

import logging

from spidermon import Action, SkipAction

from vokcrawl.config import Alerts
from vokcrawl.monitors.channels import Channel, channels_of
from vokcrawl.monitors.sending import NotificationError, run_with_timeout

logger = logging.getLogger(__name__)


class Notifier(Action):  # type: ignore[misc]
    """Sends the notification in the suite's data through a channel, within `VOK_ALERT_TIMEOUT`, without retries."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self.channel = channel

    def run_action(self) -> None:
        """Raises `SkipAction` if no notification is due, `NotificationError` if it failed; Spidermon records both."""
        notification = self.data.notification()
        if notification is None:
            raise SkipAction("no notification is due")
        title = self.channel.title
        try:
            run_with_timeout(self.channel.alerts.alert_timeout, lambda: self.channel.send(notification))
        except NotificationError as failure:
            logger.warning("%s notification failed: %s; the crawl is not affected", title, failure)
            raise
        logger.info("%s notification sent (%s)", title, notification.kind)


def notifiers_of(alerts: Alerts) -> list[Notifier]:
    """Return a notifier for each configured channel."""
    return [Notifier(channel) for channel in channels_of(alerts)]
