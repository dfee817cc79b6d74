"""The types of setting values.

Each type is an `Annotated` type of two parts: a parser and a phrase that says what is allowed. The parser is a pure
function of the value, as text from the environment and the command line or as a Python value from a settings module.
It returns the value that the crawl uses, or raises `InvalidValue`. The phrase (`Allowed`) appears in error messages and
in the table of docs/settings.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from vokcrawl.config.browser_program import find_chromium
from vokcrawl.config.watch_list import WatchListError, read_watch_list
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.items import Article
from vokcrawl.normalize import absolute_url, clean_text
from vokcrawl.pages.profile import ProfileError, read_profile

T = TypeVar("T")

MAX_NUMBER = 999_999_999
# A hundred years.
_MAX_AGE_DAYS = 36_500
_MAX_FEED_ENTRIES = 1000
_EMPTY = "must not be empty; omit the setting to use the default"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
_ARTICLE_FIELDS = tuple(name for name in Article.model_fields if name != "schema_")
# The exit codes that a monitor can watch for.
_ALERT_CODES = tuple(
    str(int(code)) for code in ExitCode if code not in (ExitCode.OK, ExitCode.USAGE, ExitCode.INTERRUPTED)
)
_MAILBOX = re.compile(r"[^\s@,<>()\"]{1,64}@[^\s@,<>()\"]{1,255}", re.ASCII)
_SMTP_URL = re.compile(r"smtps?://([^\s@:/?#]+:[^\s@:/?#]+@)?[\w.-]+(:\d{1,5})?", re.ASCII)
# User name and password, where present, end with the last @; then host, port and database.
_REDIS_URL = re.compile(
    r"rediss?://([^\s/?#]*@)?([\w.-]+|\[[0-9a-fA-F:.]+\])(:(?P<port>\d{1,5}))?(/\d{0,4})?", re.ASCII
)
_REDIS_FORMS = "redis://127.0.0.1:6379/0, redis://user:password@host:6379/0, or rediss://… for TLS"


class InvalidValue(ValueError):
    """A value that is not allowed.

    The message follows the setting's name; ``{value}`` in it stands for the value. Without a message, the type's
    `Allowed` phrase says what is allowed.
    """


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a type allows, as a phrase that completes "is not …"."""

    phrase: str


def read_value(name: str, parser: Callable[[Any], T], value: Any, allowed: str = "") -> T:
    """Parses the value of a command's option. Raises `UsageError` that names the option and the value."""
    try:
        return parser(value)
    except InvalidValue as error:
        raise UsageError(error_message(name, value, error, allowed)) from error


def optional(parser: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """A parser that returns None for None: an option or argument that is not given."""
    return lambda value: None if value is None else parser(value)


def error_message(name: str, value: Any, error: InvalidValue, allowed: str, *, secret: bool = False) -> str:
    """The message for a setting, argument or option whose value is not allowed."""
    displayed = "the value (not shown, it may be a secret)" if secret else repr(value)
    return f"{name}: {(str(error) or f'{{value}} is not {allowed}').replace('{value}', displayed)}"


def parse_text(value: Any) -> str:
    """Text that is not empty, with white space normalised."""
    if text := parse_optional_text(value):
        return text
    raise InvalidValue(_EMPTY)


def parse_optional_text(value: Any) -> str:
    """Text with white space normalised; may be empty."""
    return clean_text(str(value or ""))


def parse_path(value: Any) -> str:
    """A path, without white space around it; any other character is part of its name."""
    text = str(value or "").strip()
    if not text:
        raise InvalidValue(_EMPTY)
    if "\0" in text:
        raise InvalidValue
    if any("\ud800" <= character <= "\udfff" for character in text):
        # Python stands such bytes of an argument for characters that the encoding of the locale lacks.
        raise InvalidValue("{value} has characters that the locale's encoding lacks; set LC_ALL=C.UTF-8")
    return text


def parse_program(value: Any) -> str:
    """The path or the name of a program that can be run; may be empty."""
    text = str(value or "").strip()
    if text and ("\0" in text or find_chromium(text) is None):
        raise InvalidValue
    return text


def parse_choice(value: Any) -> str:
    """A word in lower case, to be compared with the allowed ones."""
    return parse_optional_text(value).lower()


def parse_one_of(allowed: Sequence[str]) -> Callable[[Any], str]:
    """A parser of a word that must be one of those allowed."""

    def parse(value: Any) -> str:
        word = parse_choice(value)
        if word not in allowed:
            raise InvalidValue(f"{{value}} is not one of {', '.join(allowed)}")
        return word

    return parse


def parse_whole_number(value: Any) -> int:
    """A whole number written with ASCII digits, at most `MAX_NUMBER`."""
    text = clean_text(str(value))
    if not re.fullmatch(r"[0-9]{1,999}", text):
        raise InvalidValue
    if int(text) > MAX_NUMBER:
        raise InvalidValue(f"{{value}} is too large: it must be {MAX_NUMBER} or less")
    return int(text)


def parse_positive_number(value: Any) -> int:
    """A whole number of 1 or more."""
    number = parse_whole_number(value)
    if not number:
        raise InvalidValue
    return number


def parse_number(value: Any) -> float:
    """A number such as 300 or 0.5; no sign, no exponent."""
    text = clean_text(str(value))
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
        raise InvalidValue
    return float(text)


def parse_megabytes(value: Any) -> int:
    """Megabytes (10^6 bytes), returned as bytes."""
    size = round(parse_number(value) * 1_000_000)
    if not size:
        raise InvalidValue
    return size


def parse_flag(value: Any) -> bool:
    """On or off."""
    text = clean_text(str(value)).lower()
    if text not in _TRUE + _FALSE:
        raise InvalidValue
    return text in _TRUE


def parse_source_id(value: Any) -> str:
    """The site's number of a source; may be empty."""
    text = parse_optional_text(value)
    if not re.fullmatch(r"[\w-]{0,40}", text, re.ASCII):
        raise InvalidValue
    return text


def parse_profile_files(value: Any) -> tuple[str, ...]:
    """Paths of site profiles, comma-separated or as a list; may be empty. The files are read and validated."""
    items = value if isinstance(value, (list, tuple)) else str(value or "").split(",")
    paths = tuple(str(item).strip() for item in items if str(item).strip())
    for path in paths:
        try:
            read_profile(path)
        except ProfileError as error:
            raise InvalidValue(str(error).replace("{value}", "{{value}}")) from None
    return paths


def parse_key_prefix(value: Any) -> str:
    """The prefix of key names on a Redis server."""
    text = parse_optional_text(value)
    if not re.fullmatch(r"[\w.-]{1,60}", text, re.ASCII):
        raise InvalidValue
    return text


def parse_day(value: Any) -> str:
    """A calendar day written ``YYYY-MM-DD``."""
    text = clean_text(str(value))
    try:
        if len(text) == 10 and date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise InvalidValue


def parse_ages(value: Any) -> tuple[int, ...]:
    """Ages in days in ascending order, comma-separated or as a list; may be empty."""
    items = value if isinstance(value, (list, tuple)) else str(value).split(",")
    ages = tuple(parse_whole_number(item) for item in items if str(item).strip())
    if ages and ages[-1] > _MAX_AGE_DAYS:
        raise InvalidValue(f"{{value}} is not allowed: an age must be {_MAX_AGE_DAYS} days or less")
    if ages != (0,) and (0 in ages or list(ages) != sorted(set(ages))):
        raise InvalidValue
    return ages


def parse_coverage(value: Any) -> dict[str, float]:
    """The minimum share of articles that must have a field: ``title=1,body=0.95`` or the same as a dict."""
    coverage: dict[str, float] = {}
    for name, share in _pairs(value):
        if name not in _ARTICLE_FIELDS and name:
            raise InvalidValue(f"{name!r} is not a field of an article; allowed are {', '.join(_ARTICLE_FIELDS)}")
        try:
            coverage[name] = float(share)
        except (TypeError, ValueError):
            raise InvalidValue from None
        if not name or not 0 <= coverage[name] <= 1:
            raise InvalidValue
    return coverage


def parse_outcome_counts(value: Any) -> dict[int, int]:
    """The number of consecutive runs per exit code: ``10=3,12=1`` or the same as a dict."""
    pairs = [(code, str(count).strip()) for code, count in _pairs(value)]
    if not all(code in _ALERT_CODES and re.fullmatch(r"[1-9]\d{0,3}", count, re.ASCII) for code, count in pairs):
        raise InvalidValue
    return {int(code): int(count) for code, count in pairs}


def _pairs(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(key).strip(), item) for key, item in value.items()]
    items = [item.partition("=") for item in str(value or "").split(",") if item.strip()]
    return [(key.strip(), text) for key, _, text in items]


def parse_urls(value: Any) -> tuple[str, ...]:
    """Http and https URLs without user name and password, comma-separated or as a list; duplicates are dropped."""
    # A URL may contain commas: only a comma in front of another URL separates.
    items = value if isinstance(value, (list, tuple)) else re.split(r",\s*(?=[a-z][a-z0-9+.-]*:|$)", str(value or ""))
    urls = [clean_text(str(item)) for item in items if clean_text(str(item))]
    if not urls:
        raise InvalidValue(_EMPTY)
    if any(re.search(r"//[^/?#]*@", url) for url in urls):
        raise InvalidValue("a URL must not contain a user name or a password")
    for url in urls:
        if not _is_http_url(url):
            raise InvalidValue(f"{url!r} is not an http or https URL, such as https://example.org/newstream/")
    return tuple(dict.fromkeys(urls))


def parse_start_url(value: Any) -> str:
    """The one URL of the argument `start_url`."""
    if not parse_optional_text(value):
        raise InvalidValue("must not be empty; omit the argument to use VOK_START_URLS")
    return parse_urls([value])[0]


def parse_server_url(value: Any) -> str:
    """The URL of a server, returned with a slash at its end; may be empty."""
    url = parse_optional_text(value)
    if not url:
        return ""
    parts = urlsplit(url) if _is_http_url(url) else None
    if parts is not None and "@" not in parts.netloc and not (parts.query or parts.fragment):
        return url.rstrip("/") + "/"
    if "@" in url:
        # The value may contain a password.
        raise InvalidValue("the value is not the URL of a server without user name and password")
    raise InvalidValue


def parse_secret_url(value: Any) -> str:
    """An http or https URL that is a secret as a whole; may be empty."""
    url = parse_optional_text(value)
    if url and (not _is_http_url(url) or not urlsplit(url).hostname):
        raise InvalidValue
    return url


def parse_token(value: Any) -> str:
    """A secret that becomes a part of a URL or a header; may be empty."""
    text = parse_optional_text(value)
    if not re.fullmatch(r"[!-~]{0,500}", text, re.ASCII) or "/" in text:
        raise InvalidValue
    return text


def parse_smtp_url(value: Any) -> str:
    """The URL of a mail server, a secret as a whole; may be empty."""
    url = parse_optional_text(value)
    if not url:
        return ""
    port = urlsplit(url).netloc.rpartition("@")[2].partition(":")[2] if _SMTP_URL.fullmatch(url) else None
    if port is None or int(port or 25) > 65535:
        raise InvalidValue
    return url


def parse_redis_url(value: Any) -> str:
    """The URL of a Redis server, a secret as a whole."""
    url = parse_optional_text(value)
    if not url:
        raise InvalidValue(
            f"must not be empty: several workers need a Redis server; set it to a URL such as {_REDIS_FORMS}"
        )
    match = _REDIS_URL.fullmatch(url)
    if match is None or int(match["port"] or 6379) > 65535:
        raise InvalidValue(f"{{value}} is not the URL of a Redis server, such as {_REDIS_FORMS}")
    return url


def parse_mailboxes(value: Any) -> tuple[str, ...]:
    """Mail addresses, comma-separated or as a list; may be empty."""
    items = value if isinstance(value, (list, tuple)) else str(value or "").split(",")
    addresses = tuple(dict.fromkeys(clean_text(str(item)) for item in items if clean_text(str(item))))
    for address in addresses:
        if not _MAILBOX.fullmatch(address):
            raise InvalidValue(f"{address!r} is not a mail address, such as desk@example.org")
    return addresses


def parse_metrics_file(value: Any) -> str:
    """The path of a file for node_exporter's textfile collector; may be empty."""
    path = parse_optional_text(value)
    if path and not re.search(r"[^/]\.prom$", path):
        raise InvalidValue("{value} does not end in .prom; node_exporter reads no other files")
    return path


def parse_feeds(value: Any) -> tuple[int, str]:
    """The number of entries of a feed, and the base URL or an empty text; 0 entries are no feeds."""
    parts = [clean_text(str(part)) for part in (value if isinstance(value, (list, tuple)) else str(value).split(","))]
    if [part.lower() for part in parts] == ["off"]:
        return 0, ""
    number, *urls = parts
    if not re.fullmatch(r"[0-9]{1,4}", number) or int(number) > _MAX_FEED_ENTRIES or len(urls) > 1:
        raise InvalidValue
    if urls == [] or urls == [""]:
        return int(number), ""
    url = urls[0]
    if not _is_http_url(url) or "@" in urlsplit(url).netloc or urlsplit(url).query or urlsplit(url).fragment:
        raise InvalidValue(f"{url!r} is not the http or https URL of a directory, such as https://example.org/feeds/")
    return int(number), url.rstrip("/") + "/"


def parse_watch_file(value: Any) -> str:
    """The path of a readable list of watched phrases; may be empty."""
    path = str(value or "").strip()
    if path:
        try:
            read_watch_list(Path(path))
        except WatchListError as error:
            raise InvalidValue(f"{path}: {error}") from error
    return path


def _is_http_url(url: str) -> bool:
    return absolute_url(url, url) is not None and bool(urlsplit(url).scheme)


DAY_PHRASE = "a day written YYYY-MM-DD, such as 2024-12-10"
# Bounds are the field's own: `Field(ge=1)`.
WHOLE_NUMBER_PHRASE = "a whole number"
POSITIVE_PHRASE = "a whole number of 1 or more"

Text = Annotated[str, BeforeValidator(parse_text), Allowed("text")]
PathText = Annotated[str, BeforeValidator(parse_path), Allowed("a path")]
Program = Annotated[str, BeforeValidator(parse_program), Allowed("a program that can be run, or empty")]
OptionalText = Annotated[str, BeforeValidator(parse_optional_text), Allowed("text, or empty")]
# Completed by a `Literal`: `Annotated[Literal["auto", "off"], CHOICE]`.
CHOICE = BeforeValidator(parse_choice)
WholeNumber = Annotated[int, BeforeValidator(parse_whole_number), Allowed(WHOLE_NUMBER_PHRASE)]
Seconds = Annotated[float, BeforeValidator(parse_number), Allowed("a number of seconds, such as 300 or 0.5")]
Minutes = Annotated[float, BeforeValidator(parse_number), Allowed("a number of minutes, such as 330 or 0.5")]
Megabytes = Annotated[
    int, BeforeValidator(parse_megabytes), Allowed("a number of megabytes above 0, such as 1000 or 0.5")
]
Share = Annotated[float, BeforeValidator(parse_number), Allowed("a share from 0 to 1, such as 0.2"), Field(le=1)]
Factor = Annotated[float, BeforeValidator(parse_number), Allowed("a number from 0 to 999, such as 2.5"), Field(le=999)]
Flag = Annotated[bool, BeforeValidator(parse_flag), Allowed("1 or 0")]
SourceId = Annotated[str, BeforeValidator(parse_source_id), Allowed("a source's number, such as 189661, or empty")]
KeyPrefix = Annotated[
    str, BeforeValidator(parse_key_prefix), Allowed("a name of letters, digits, dots and hyphens, such as vokcrawl")
]
Ages = Annotated[
    tuple[int, ...],
    BeforeValidator(parse_ages),
    Allowed("a list of ages in days in ascending order, such as 1,3,7, or 0 alone, or empty"),
]
Coverage = Annotated[
    Mapping[str, float],
    BeforeValidator(parse_coverage),
    Allowed("a list such as title=0.95,body=0.95, with shares from 0 to 1, or empty"),
]
OutcomeCounts = Annotated[
    Mapping[int, int],
    BeforeValidator(parse_outcome_counts),
    Allowed(f"a list such as 10=3,12=1, with the exit codes {', '.join(_ALERT_CODES)}, or empty"),
]
ProfileFiles = Annotated[
    tuple[str, ...],
    BeforeValidator(parse_profile_files),
    Allowed("a list of TOML files, such as my-profile.toml, or empty"),
]
Urls = Annotated[tuple[str, ...], BeforeValidator(parse_urls), Allowed("http or https URLs, comma-separated")]
ServerUrl = Annotated[
    str,
    BeforeValidator(parse_server_url),
    Allowed("the http or https URL of a server, such as http://127.0.0.1:8050, or empty"),
]
SecretUrl = Annotated[str, BeforeValidator(parse_secret_url), Allowed("an http or https URL, or empty")]
Token = Annotated[
    str, BeforeValidator(parse_token), Allowed("a token of printable ASCII characters without slashes, or empty")
]
SmtpUrl = Annotated[
    str,
    BeforeValidator(parse_smtp_url),
    Allowed("a URL such as smtp://host:25 or smtps://user:password@host:465, or empty"),
]
Mailboxes = Annotated[
    tuple[str, ...], BeforeValidator(parse_mailboxes), Allowed("mail addresses, comma-separated, or empty")
]
MetricsFile = Annotated[str, BeforeValidator(parse_metrics_file), Allowed("a path that ends in .prom, or empty")]
Feeds = Annotated[
    tuple[int, str],
    BeforeValidator(parse_feeds),
    Allowed(
        f"a number of entries from 0 to {_MAX_FEED_ENTRIES}, such as 50, with a base URL after a comma if wanted "
        "(50,https://example.org/feeds/), or off"
    ),
]
WatchFile = Annotated[str, BeforeValidator(parse_watch_file), Allowed("a text file, or empty")]
