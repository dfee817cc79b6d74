"""The settings of what happens after a run: monitors, notifications, feeds, health file and metrics.

See docs/alerts.md and docs/feeds.md.
"""

from __future__ import annotations

from vokcrawl.config.model import SettingsModel, setting
from vokcrawl.config.values import (
    Coverage,
    Factor,
    Feeds,
    Mailboxes,
    MetricsFile,
    OptionalText,
    OutcomeCounts,
    PathText,
    SecretUrl,
    ServerUrl,
    Share,
    SmtpUrl,
    Token,
    WatchFile,
    WholeNumber,
)


class Alerts(SettingsModel):
    """The settings of monitors, notifications, feeds, health file and metrics."""

    alert_outcomes: OutcomeCounts = setting(
        "10=3,11=1,12=1,13=3,14=3,15=1",
        "For each exit code, the number of consecutive runs with that code that raises an alert.",
    )
    alert_few_articles: Factor = setting(
        3,
        "Alert if the number of articles in 24 hours is this many robust standard deviations below the usual "
        "number for the day of the week. A higher value means fewer alerts.",
    )
    alert_coverage: Coverage = setting(
        "title=0.98,body=0.9,published_on=0.8,source=0.8",
        "The share of last week's articles that must have a field. Unlike `VOK_MIN_COVERAGE`, it covers many small "
        "runs and does not change the exit code.",
    )
    alert_errors: Share = setting(0.2, "The share of the pages of 24 hours that may fail.")
    alert_truncated: Share = setting(0.5, "The share of the articles of 24 hours that may be truncated by the site.")
    alert_age_hours: WholeNumber = setting(
        72, "The maximum age in hours of the newest article, counted from when the site ingested it."
    )
    alert_unfinished_runs: WholeNumber = setting(
        3, "The number of consecutive runs in which a listing crawl may stay incomplete."
    )
    alert_free_mb: WholeNumber = setting(512, "Megabytes that must be free on the disk of the output directory.")

    alert_repeat_hours: WholeNumber = setting(
        24, "Hours after which an alert that still applies is sent again. `0`: after each run."
    )
    alert_timeout: WholeNumber = setting(10, "Seconds that sending a notification to one service may take.", ge=1)
    alert_webhook: SecretUrl = setting("", "A URL to which each alert is sent as JSON.", secret=True)
    alert_slack: SecretUrl = setting("", "The URL of a Slack or Mattermost incoming webhook.", secret=True)
    alert_telegram_token: Token = setting("", "The token of a Telegram bot.", secret=True)
    alert_telegram_chat: OptionalText = setting(
        "", "The Telegram chat that the bot writes to: a number, or `@name` of a channel."
    )
    alert_telegram_api: ServerUrl = setting(
        "https://api.telegram.org", "The server of the Telegram Bot API; change it if you run your own."
    )
    alert_smtp: SmtpUrl = setting(
        "",
        "A mail server: `smtp://host:25`, `smtp://user:password@host:587` or `smtps://user:password@host:465`.",
        secret=True,
    )
    alert_mail_from: Mailboxes = setting("", "The sender's mail address.")
    alert_mail_to: Mailboxes = setting("", "The recipients' mail addresses.")

    feeds: Feeds = setting(
        "50",
        "The feeds in `feeds/` of the output directory ([feeds.md](feeds.md)): the number of entries of each, and "
        "after a comma the URL at which you publish that directory, such as `50,https://example.org/feeds/`. `off`: no "
        "feeds.",
    )
    watch: WatchFile = setting(
        "",
        "A text file in UTF-8 with watched words and names, one phrase per line. Articles that contain one are in the "
        "feed `watched`, and each of them is sent to the channels of alerts. Empty: nothing is watched.",
    )
    notify_min_change: WholeNumber = setting(
        0,
        "The number of characters that must have been deleted or inserted in a watched article for a notification "
        "about a change. `0`: every change.",
    )

    health_file: PathText = setting(
        "health.json", "The file that reports how the last run ended; relative to the output directory."
    )
    # A hundred years: there is no date for a later run.
    expect_within_hours: WholeNumber = setting(
        12,
        "Hours within which a watchdog should expect the next run: the interval of the schedule plus some tolerance. "
        "`0`: no expectation is written.",
        le=876_000,
    )
    metrics_file: MetricsFile = setting(
        "", "A file for node_exporter's textfile collector; relative to the output directory. Empty: no metrics."
    )

    def conflicts(self) -> list[str]:
        """Telegram and mail need several settings each."""
        found = []
        if bool(self.alert_telegram_token) != bool(self.alert_telegram_chat):
            found.append("VOK_ALERT_TELEGRAM_CHAT: Telegram needs both this and VOK_ALERT_TELEGRAM_TOKEN, or neither")
        if self.alert_telegram_token and not self.alert_telegram_api:
            found.append("VOK_ALERT_TELEGRAM_API: must not be empty with VOK_ALERT_TELEGRAM_TOKEN; omit the setting")
        if self.alert_smtp and not (self.alert_mail_to and len(self.alert_mail_from) == 1):
            found.append(
                "VOK_ALERT_SMTP: mail needs one address in VOK_ALERT_MAIL_FROM and one or more in VOK_ALERT_MAIL_TO"
            )
        if self.alert_mail_to and not self.alert_smtp:
            found.append("VOK_ALERT_MAIL_TO: mail needs a server in VOK_ALERT_SMTP")
        return found
