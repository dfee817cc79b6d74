"""The project's settings of a crawl, and the errors of all its settings."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.util import find_spec
from typing import Annotated, Any, Literal, Self

from scrapy.settings import BaseSettings

from vokcrawl.config.alerts import Alerts
from vokcrawl.config.browser_program import PROGRAMS, find_chromium
from vokcrawl.config.environment import PREFIX
from vokcrawl.config.model import SettingsModel, is_secret, setting
from vokcrawl.config.values import (
    CHOICE,
    Ages,
    Coverage,
    Flag,
    InvalidValue,
    KeyPrefix,
    Megabytes,
    Minutes,
    OptionalText,
    PathText,
    ProfileFiles,
    Program,
    Seconds,
    SecretUrl,
    ServerUrl,
    SourceId,
    Text,
    Urls,
    WholeNumber,
    error_message,
    parse_redis_url,
)
from vokcrawl.errors import UsageError
from vokcrawl.utils.program import PROGRAM, missing_package


class Options(SettingsModel):
    """The settings of a crawl."""

    start_urls: Urls = setting(
        "https://kcnawatch.org/newstream/",
        'Start pages: listings, the news stream, or article pages with a "More From" block. A source\'s own listing is '
        "shorter than the stream of all sources. No request leaves the hosts of these URLs.",
    )
    source: Text = setting(
        "Voice of Korea (EN)",
        "The source to crawl, by the name that the site shows; upper and lower case are the same.",
    )
    source_id: SourceId = setting(
        "",
        'The site\'s number for the source, used to request "More Articles" and to go from the news stream straight to '
        "the source's listing. Needed only where the pages do not contain it. A number that belongs to another source "
        "is reported in the log and not used.",
    )
    search_id: SourceId = setting(
        "",
        "The site's number for the source in its search, which differs from `VOK_SOURCE_ID`. Needed only where the "
        "listing cannot be followed and the search form does not name the source.",
    )
    site_profile: ProfileFiles = setting(
        "",
        "A TOML file that overrides parts of the site profile: class names, selectors, words and URLs of the site "
        "([site-changes.md](site-changes.md)). Several files, comma-separated, may each hold for a range of capture "
        "dates; the first one that holds is used, or else the built-in profile.",
    )
    pagination: Annotated[Literal["auto", "link", "ajax", "browser"], CHOICE] = setting(
        "auto",
        'How "More Articles" is followed. `auto`: as the page itself does it; with a browser where nothing else works '
        "and one is configured (`VOK_BROWSER`); through the search and the sitemap where the listing cannot be "
        "followed.",
    )
    browser: Annotated[Literal["splash", "playwright"], CHOICE] = setting(
        "splash",
        "The browser for a listing that only a browser can follow ([browser.md](browser.md)). `splash`: the server of "
        "`SPLASH_URL`, if one is set. `playwright`: Chromium on this machine, started when it is needed.",
    )
    chromium: Program = setting(
        "",
        "The Chromium program for `VOK_BROWSER=playwright`, a path or a name. Empty: `chromium`, `chromium-browser`, "
        "`google-chrome-stable` or `google-chrome`, the first one on the PATH.",
    )
    browser_memory: Megabytes = setting(
        1000,
        "Megabytes (10^6 bytes) of memory that Chromium may use; above, it is ended, and the listing is incomplete.",
    )
    splash_url: ServerUrl = setting(
        "",
        "A Splash server, such as `http://127.0.0.1:8050`, for a listing that needs a browser. "
        "[browser.md](browser.md) describes how to install and isolate it. Empty: no page is rendered.",
    )
    splash_timeout: WholeNumber = setting(
        90,
        "Seconds that Splash may take to render a page. A longer time reaches further back in a listing; Splash's own "
        "`--max-timeout` must allow it.",
        ge=1,
    )
    state: Annotated[Literal["sqlite", "redis"], CHOICE] = setting(
        "sqlite",
        "Where the crawl state is stored: in the output directory, or on the Redis server that several workers share. "
        "The profile `distributed` sets it, with everything else that it needs; do not set it by itself.",
    )
    # Validated only with VOK_STATE=redis: on its own, the variable may belong to another program.
    redis_url: OptionalText = setting(
        "",
        "The Redis server that several workers share, such as `redis://127.0.0.1:6379/0`, "
        "`redis://user:password@host:6379/0`, or `rediss://…` for TLS; see [scaling.md](scaling.md). Set it in the "
        "environment, where it does not appear in process listings.",
        secret=True,
    )
    redis_prefix: KeyPrefix = setting(
        "vokcrawl", "The prefix of all keys on the Redis server. Each source needs its own prefix."
    )
    redis_timeout: WholeNumber = setting(
        60, "Seconds that a worker waits for an unavailable Redis server before it ends with exit code 14."
    )
    lease_seconds: WholeNumber = setting(
        60, "Seconds without a sign of life after which other workers take over a worker's requests.", ge=2
    )
    output_dir: PathText = setting("output", "The directory for records, archive, manifests and state.")
    timestamp_url: SecretUrl = setting(
        "",
        "The URL of a timestamp authority (RFC 3161). After each run, it gets the SHA-256 of the manifest, and its "
        "token is stored next to the manifest ([evidence.md](evidence.md)). Empty: no tokens.",
        secret=True,
    )
    stop_after_known_pages: WholeNumber = setting(
        2, "Pagination stops after this number of consecutive listing pages without a new entry.", ge=1
    )
    lookback_days: WholeNumber = setting(
        7,
        "How many days of familiar pages a rescan reads, counted back from today, or from the newest day of the "
        "listing if that is earlier.",
    )
    rescan_hours: WholeNumber = setting(
        24, "A run is a rescan if the last rescan is older than this number of hours. `0`: every run."
    )
    max_run_minutes: Minutes = setting(
        0,
        "Minutes after which a run reads no further pages of a listing, so that it ends before the next one starts. A "
        "long first crawl continues in the next run, at the position that this one has reached. Four pages of each "
        "listing are read in any case, so that every run advances. `0`: no limit.",
    )
    recheck_days: Ages = setting(
        "1,3,7,30,90",
        "Ages in days since the first delivery at which an article is fetched again, to find changes and removals. `0` "
        "alone: in every run. Empty: never.",
    )
    backoff_seconds: Seconds = setting(
        300,
        "Seconds of the first pause after a connection reset, or after a 429 without `Retry-After`. Each further pause "
        "is twice as long, up to 16 times this value; after five in a row the rest is left to the next run. `0`: no "
        "pauses.",
    )
    max_wait_seconds: WholeNumber = setting(
        3600,
        "The longest pause in seconds that a run waits for. If the site asks for more, the run ends, and the next run "
        "continues.",
        ge=1,
    )
    robots_unreadable: Annotated[Literal["stop", "go"], CHOICE] = setting(
        "stop",
        "What to do if robots.txt times out or answers with a server error. `stop`: nothing is allowed, and the run "
        "ends with exit code 14. `go`: everything is allowed.",
    )
    contact: OptionalText = setting(
        "", "A mail address or URL at which the site can reach you; added to the User-Agent."
    )
    progress: Annotated[Literal["auto", "off"], CHOICE] = setting(
        "auto",
        "`auto`: on a terminal, `scrapy crawl vok` and `scrapy sources` show a live status line below the log, and "
        "`crawl` a summary at the end. `off`: only the log.",
    )
    archive: Flag = setting(
        True,
        "Whether the site's responses are archived, byte for byte, in WARC files ([archive.md](archive.md)). With `0`, "
        "`archived_as` is null in all records.",
    )
    archive_size: Megabytes = setting(1000, "Megabytes (10^6 bytes) after which a run starts another WARC file.")
    min_coverage: Coverage = setting(
        "title=0.98,body=0.9,published_on=0.8,source=0.8",
        "Minimum field coverage: the share of a run's articles that must have a field. Below it, the run ends with "
        "exit code 12. Applies to runs with 20 articles or more.",
    )

    def conflicts(self) -> list[str]:
        """A Redis server is needed by several workers only; tokens and Chromium need optional parts."""
        if self.browser == "playwright" and (error := self.chromium_error()):
            return [f"VOK_BROWSER: {error}"]
        if self.timestamp_url and find_spec("rfc3161_client") is None:
            return [f"VOK_TIMESTAMP_URL: needs {missing_package('rfc3161-client', 'evidence')}"]
        if self.state == "redis":
            try:
                parse_redis_url(self.redis_url)
            except InvalidValue as error:
                return [error_message("REDIS_URL", self.redis_url, error, "", secret=True)]
        return []

    def chromium_error(self) -> str:
        """What is missing for Chromium; empty if nothing is."""
        if find_spec("playwright") is None:
            return f"needs {missing_package('playwright', 'browser')}"
        if find_chromium(self.chromium) is None:
            return f"none of {', '.join(PROGRAMS)} is on the PATH; install Chromium, or set VOK_CHROMIUM"
        return ""

    @classmethod
    def read(cls, settings: BaseSettings) -> Self:
        """Validates all settings of the project. Raises `UsageError` for the first error."""
        for error in setting_errors(settings):
            raise UsageError(error)
        return super().read(settings)


# Names of earlier versions: the new name, or the reason why a setting no longer exists.
RENAMED = {
    "VOK_MORE": "VOK_PAGINATION",
    "VOK_COOL_OFF": "VOK_BACKOFF_SECONDS",
    "VOK_MOST_WAIT": "VOK_MAX_WAIT_SECONDS",
    "VOK_KNOWN_PAGES": "VOK_STOP_AFTER_KNOWN_PAGES",
    "VOK_SWEEP_HOURS": "VOK_RESCAN_HOURS",
    "VOK_REDIS_PATIENCE": "VOK_REDIS_TIMEOUT",
    "VOK_CLAIM_SECONDS": "VOK_LEASE_SECONDS",
    "VOK_ALERT_METERED": "VOK_ALERT_TRUNCATED",
}
REMOVED = {
    "VOK_CROSS_CHECK": "a crawl no longer compares its extraction with a second extractor",
}

MODELS: tuple[type[SettingsModel], ...] = (Options, Alerts)


def known_names() -> set[str]:
    """The names of all settings of the project."""
    return {name for model in MODELS for name in model.by_setting()}


def secret_names() -> set[str]:
    """The names of the settings whose values are never shown."""
    return {name for model in MODELS for name, field in model.by_setting().items() if is_secret(field)}


def default_values() -> dict[str, Any]:
    """The default of each setting of the project, as a user would write it."""
    return {name: field.default for model in MODELS for name, field in model.by_setting().items()}


def setting_errors(settings: BaseSettings) -> list[str]:
    """One message per error in the project's settings. Each begins with a setting's name; unknown names come first."""
    return unknown_names(settings) + [error for model in MODELS for error in model.errors(settings)]


def unknown_names(settings: BaseSettings) -> list[str]:
    """One error per setting that has the project's prefix but is not one of its settings."""
    known = sorted(known_names())
    names = sorted(map(str, settings))
    return [_unknown(name, known) for name in names if name.startswith(PREFIX) and name not in known]


def _unknown(name: str, known: list[str]) -> str:
    if name in RENAMED:
        values = ", and its value `splash` is now `browser`" if name == "VOK_MORE" else ""
        return f"{name}: this setting was renamed; use {RENAMED[name]} instead{values}"
    if name in REMOVED:
        return f"{name}: this setting was removed: {REMOVED[name]}"
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{name}: no such setting; {hint}`{PROGRAM} check-config` lists all settings"
