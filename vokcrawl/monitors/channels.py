"""The channels through which people and programs are notified."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from typing_extensions import override

from vokcrawl.config import Alerts
from vokcrawl.monitors.sending import post, send_mail

# Slack's markup characters (https://api.slack.com/reference/surfaces/formatting#escaping).
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Message(Protocol):
    """What a channel sends: `subject` is one line, `text` some lines of plain text, `payload` a JSON object."""

    @property
    def subject(self) -> str:
        """The subject of a mail."""

    @property
    def text(self) -> str:
        """The text for people."""

    @property
    def payload(self) -> Mapping[str, Any]:
        """The content for programs."""


class Channel(ABC):
    """Sends messages with the settings of `Alerts`. `name` identifies the channel, `title` is for the log."""

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, alerts: Alerts) -> None:
        self.alerts = alerts

    @abstractmethod
    def send(self, message: Message) -> None:
        """Send a message within `VOK_ALERT_TIMEOUT`. Raises `NotificationError`."""


class Webhook(Channel):
    """Posts the payload as JSON to `VOK_ALERT_WEBHOOK`."""

    name, title = "webhook", "Webhook"

    @override
    def send(self, message: Message) -> None:
        post(self.alerts.alert_webhook, message.payload, self.alerts.alert_timeout)


class Slack(Channel):
    """Sends to an "incoming webhook" of Slack, or of a compatible server (Mattermost, Rocket.Chat)."""

    name, title = "slack", "Slack"

    @override
    def send(self, message: Message) -> None:
        text = message.text.translate(_SLACK)
        # No links, mentions or previews.
        payload = {"text": text, "parse": "none", "link_names": False, "mrkdwn": False}
        post(self.alerts.alert_slack, {**payload, "unfurl_links": False}, self.alerts.alert_timeout)


class Telegram(Channel):
    """Sends through a bot, as plain text: without a `parse_mode` there is no markup."""

    name, title = "telegram", "Telegram"

    @override
    def send(self, message: Message) -> None:
        url = f"{self.alerts.alert_telegram_api}bot{self.alerts.alert_telegram_token}/sendMessage"
        payload: dict[str, Any] = {"chat_id": self.alerts.alert_telegram_chat, "text": message.text}
        post(url, {**payload, "link_preview_options": {"is_disabled": True}}, self.alerts.alert_timeout)


class Mail(Channel):
    """Sends a plain text mail."""

    name, title = "mail", "Mail"

    @override
    def send(self, message: Message) -> None:
        alerts = self.alerts
        sender, to = alerts.alert_mail_from[0], alerts.alert_mail_to
        send_mail(alerts.alert_smtp, sender, to, message.subject, message.text, alerts.alert_timeout)


def channels_of(alerts: Alerts) -> list[Channel]:
    """Return each configured channel."""
    addresses: dict[type[Channel], str] = {
        Webhook: alerts.alert_webhook,
        Slack: alerts.alert_slack,
        Telegram: alerts.alert_telegram_token,
        Mail: alerts.alert_smtp,
    }
    return [channel(alerts) for channel, address in addresses.items() if address]
