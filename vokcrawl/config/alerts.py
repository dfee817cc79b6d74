"""The settings of what looks at a run when it has ended: monitors, whom they tell, health file, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vokcrawl.config.addresses import mail_server, mailboxes, secret, secret_url, server, textfile
from vokcrawl.config.checks import factor, minimum_coverage, outcomes, share, text, whole, words
from vokcrawl.config.settings_group import Group, by


@dataclass(frozen=True, slots=True)
class Alerts(Group):
    """See docs/alerts.md."""

    alert_outcomes: Mapping[int, int] = by(outcomes)
    alert_few_articles: float = by(factor)
    alert_coverage: Mapping[str, float] = by(minimum_coverage)
    alert_errors: float = by(share)
    alert_metered: float = by(share)
    alert_age_hours: int = by(whole, least=0)
    alert_unfinished_runs: int = by(whole, least=0)
    alert_free_mb: int = by(whole, least=0)

    alert_repeat_hours: int = by(whole, least=0)
    alert_timeout: int = by(whole, least=1)
    alert_webhook: str = by(secret_url, is_secret=True)
    alert_slack: str = by(secret_url, is_secret=True)
    alert_telegram_token: str = by(secret, is_secret=True)
    alert_telegram_chat: str = by(words)
    alert_telegram_api: str = by(server)
    alert_smtp: str = by(mail_server, is_secret=True)
    alert_mail_from: tuple[str, ...] = by(mailboxes)
    alert_mail_to: tuple[str, ...] = by(mailboxes)

    health_file: str = by(text)
    # A hundred years: beyond the calendar there is no moment to write down.
    expect_within_hours: int = by(whole, least=0, most=876_000)
    metrics_file: str = by(textfile)

    def disagreements(self) -> list[str]:
        faults = []
        if bool(self.alert_telegram_token) != bool(self.alert_telegram_chat):
            faults.append("VOK_ALERT_TELEGRAM_CHAT: Telegram needs both this and VOK_ALERT_TELEGRAM_TOKEN, or neither")
        if self.alert_telegram_token and not self.alert_telegram_api:
            faults.append("VOK_ALERT_TELEGRAM_API: it is empty, but must name the server of Telegram's Bot API")
        if self.alert_smtp and not (self.alert_mail_to and len(self.alert_mail_from) == 1):
            faults.append("VOK_ALERT_SMTP: mail needs one address in VOK_ALERT_MAIL_FROM and some in VOK_ALERT_MAIL_TO")
        if self.alert_mail_to and not self.alert_smtp:
            faults.append("VOK_ALERT_MAIL_TO: mail needs a server in VOK_ALERT_SMTP")
        return faults
