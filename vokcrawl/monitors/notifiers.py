"""Notifiers: a Spidermon action for each configured channel.

Spidermon's own actions were evaluated and not used: their server cannot be configured, their time is not limited,
Telegram's puts unescaped text into a URL, and mail's ends after the crawl does.
"""

from __future__ import annotations

import logging
from typing import Any

from spidermon import Action, SkipAction
from typing_extensions import override

from vokcrawl.config import Alerts
from vokcrawl.monitors.notification import Notification
from vokcrawl.monitors.sending import NotificationError, post, run_with_timeout, send_mail

logger = logging.getLogger(__name__)

# Slack's markup characters (https://api.slack.com/reference/surfaces/formatting#escaping).
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Notifier(Action):  # type: ignore[misc]
    """Base class: sends the notification in the suite's data within `VOK_ALERT_TIMEOUT`, without retries."""

    channel = ""

    def __init__(self, alerts: Alerts) -> None:
        super().__init__()
        self.alerts = alerts

    def run_action(self) -> None:
        """Raises `SkipAction` if no notification is due, `NotificationError` if it failed; Spidermon records both."""
        notification = self.data.notification()
        if notification is None:
            raise SkipAction("no notification is due")
        try:
            run_with_timeout(self.alerts.alert_timeout, lambda: self.send(notification))
        except NotificationError as failure:
            logger.warning("%s notification failed: %s; the crawl is not affected", self.channel, failure)
            raise
        logger.info("%s notification sent (%s)", self.channel, notification.kind)

    @override
    def send(self, notification: Notification) -> None:
        raise NotImplementedError


class WebhookNotifier(Notifier):
    """Posts the notification as JSON to `VOK_ALERT_WEBHOOK`."""

    channel = "Webhook"

    @override
    def send(self, notification: Notification) -> None:
        post(self.alerts.alert_webhook, notification.payload, self.alerts.alert_timeout)


class SlackNotifier(Notifier):
    """Sends to an "incoming webhook" of Slack, or of a compatible server (Mattermost, Rocket.Chat)."""

    channel = "Slack"

    @override
    def send(self, notification: Notification) -> None:
        text = notification.text.translate(_SLACK)
        # No links, mentions or previews.
        payload = {"text": text, "parse": "none", "link_names": False, "mrkdwn": False}
        post(self.alerts.alert_slack, {**payload, "unfurl_links": False}, self.alerts.alert_timeout)


class TelegramNotifier(Notifier):
    """Sends through a bot, as plain text: without a `parse_mode` there is no markup."""

    channel = "Telegram"

    @override
    def send(self, notification: Notification) -> None:
        url = f"{self.alerts.alert_telegram_api}bot{self.alerts.alert_telegram_token}/sendMessage"
        payload: dict[str, Any] = {"chat_id": self.alerts.alert_telegram_chat, "text": notification.text}
        post(url, {**payload, "link_preview_options": {"is_disabled": True}}, self.alerts.alert_timeout)


class EmailNotifier(Notifier):
    """Sends the notification as a plain text mail."""

    channel = "Mail"

    @override
    def send(self, notification: Notification) -> None:
        alerts = self.alerts
        sender, to = alerts.alert_mail_from[0], alerts.alert_mail_to
        send_mail(alerts.alert_smtp, sender, to, notification.subject, notification.text, alerts.alert_timeout)


def notifiers_of(alerts: Alerts) -> list[Notifier]:
    """Return a notifier for each configured channel."""
    addresses = {
        WebhookNotifier: alerts.alert_webhook,
        SlackNotifier: alerts.alert_slack,
        TelegramNotifier: alerts.alert_telegram_token,
        EmailNotifier: alerts.alert_smtp,
    }
    return [notifier(alerts) for notifier, address in addresses.items() if address]
