"""Who is told of alarms: an action of Spidermon's for each way that the settings name.

Spidermon's own actions for these were looked at and left: they cannot be pointed at another server, their time is not
bounded, Telegram's puts text into a URL as it is, and mail's ends after the crawl does.
"""

from __future__ import annotations

import logging
from typing import Any

from spidermon import Action, SkipAction

from vokcrawl.config import Alerts
from vokcrawl.monitors.news import Notification
from vokcrawl.monitors.sending import NotificationError, mail, post, within

logger = logging.getLogger(__name__)

# What Slack takes for its own marks (https://api.slack.com/reference/surfaces/formatting#escaping).
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Notifier(Action):  # type: ignore[misc]
    """Base: tells the news that the suite's data decides on. Within `VOK_ALERT_TIMEOUT`, and never twice."""

    whom = ""

    def __init__(self, alerts: Alerts) -> None:
        super().__init__()
        self.alerts = alerts

    def run_action(self) -> None:
        """Raises `SkipAction` when there is nothing to tell, `NotTold` when it failed; Spidermon notes both."""
        news = self.data.news()
        if news is None:
            raise SkipAction("nothing new")
        try:
            within(self.alerts.alert_timeout, lambda: self.send(news))
        except NotificationError as failure:
            logger.warning("%s was not told: %s; the crawl is not affected", self.whom, failure)
            raise
        logger.info("%s was told (%s)", self.whom, news.kind)

    def send(self, news: Notification) -> None:
        raise NotImplementedError


class WebhookNotifier(Notifier):
    whom = "The webhook"

    def send(self, news: Notification) -> None:
        post(self.alerts.alert_webhook, news.payload, self.alerts.alert_timeout)


class SlackNotifier(Notifier):
    """By an "incoming webhook" of a Slack workspace, or of what understands the same (Mattermost, Rocket.Chat)."""

    whom = "Slack"

    def send(self, news: Notification) -> None:
        text = news.text.translate(_SLACK)
        # Nothing of it becomes a link, a mention or a preview.
        payload = {"text": text, "parse": "none", "link_names": False, "mrkdwn": False}
        post(self.alerts.alert_slack, {**payload, "unfurl_links": False}, self.alerts.alert_timeout)


class TelegramNotifier(Notifier):
    """By a bot, as plain text: without a `parse_mode` nothing in it is markup."""

    whom = "Telegram"

    def send(self, news: Notification) -> None:
        url = f"{self.alerts.alert_telegram_api}bot{self.alerts.alert_telegram_token}/sendMessage"
        payload: dict[str, Any] = {"chat_id": self.alerts.alert_telegram_chat, "text": news.text}
        post(url, {**payload, "link_preview_options": {"is_disabled": True}}, self.alerts.alert_timeout)


class EmailNotifier(Notifier):
    whom = "Mail"

    def send(self, news: Notification) -> None:
        options = self.alerts
        sender, to = options.alert_mail_from[0], options.alert_mail_to
        mail(options.alert_smtp, sender, to, news.subject, news.text, options.alert_timeout)


def actions_of(alerts: Alerts) -> list[Notifier]:
    """An action for each way that is set."""
    ways = {
        WebhookNotifier: alerts.alert_webhook,
        SlackNotifier: alerts.alert_slack,
        TelegramNotifier: alerts.alert_telegram_token,
        EmailNotifier: alerts.alert_smtp,
    }
    return [action(alerts) for action, given in ways.items() if given]
