"""Pure functions that normalise raw values to the form that the records have.

They accept any string, including empty, huge and damaged ones, and do not raise. They are idempotent where input and
output have the same form. A value that is not understood becomes ``None``; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

# Invisible characters that are not text: zero-width space, byte order mark, word joiner.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
# Lone surrogates, which JSON in UTF-8 cannot contain, control characters, bidirectional and other format controls, and
# code points that are no characters.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u206f\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]"
)
_BULLET = re.compile(r"^(?:[·•‧∙▪●]\s*)+")
_DATE_IN_WORDS = re.compile(r"([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4})", re.ASCII)
_DATE_IN_NUMBERS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_ARTICLE_ID = r"\d{10}-\d{1,12}"
_ENCODED_INVISIBLE = re.compile(r"%e2%80%8b|%e2%81%a0|%ef%bb%bf", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
# The host of Voice of Korea answers under this address, too.
_VOK_ADDRESS = "175.45.176.85"
_VOK_ORIGINAL_ID = re.compile(r"/i[a-z]([a-z]\d{9})(?=/|$)", re.ASCII)
_LANGUAGE_SUFFIX = re.compile(r"\((\w+)\)\s*$")
_MONTHS = {
    name: number
    for number, name in enumerate(
        "January February March April May June July August September October November December".split(),  # noqa: SIM905
        1,
    )
}
# The two suffixes of the site; others are unknown.
_LANGUAGES = {"en": "en", "kr": "ko"}
# Maximum length of a URL in a record.
LONGEST_URL = 4096
# Maximum length of a text to cache that may contain a date.
_LONGEST_DAY = 40
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid)(?:=|$)", re.IGNORECASE)
_DPRK = timezone(timedelta(hours=9))
DEFAULT_PORTS = {"http": 80, "https": 443}
# A URL that needs no resolution, encoding or check, like nearly every link of the site.
_SOUND_ORIGIN = re.compile(r"https?://[a-z0-9]+(?:[.-][a-z0-9]+){0,9}(?::(?:[1-9]\d{1,3}|[1-5]\d{4}))?(?=/)", re.ASCII)
_SOUND_URL = re.compile(_SOUND_ORIGIN.pattern + r"(?:/(?!\.\.?(?:/|$))[\w.~%-]++)+/?", re.ASCII)
# Parts of a valid URL that differ in its canonical form.
_CHANGES = re.compile(r"%|:(?:80|443)/|/amp/?$")
# Maximum start of the path; a longer host may contain a label of more than 63 characters.
_MAX_PATH_START = 70


class _ArticlePaths:
    """The paths of articles below one path."""

    def __init__(self, above: str) -> None:
        path = f"{re.escape(above)}{_ARTICLE_ID}"
        self.above = above
        self.identity = re.compile(rf"{re.escape(above)}({_ARTICLE_ID})(?=/|$)", re.ASCII)
        # For a whole URL, as an expression that JavaScript supports.
        self.shape = rf"{path}(?=[/?#]|$)"
        # The copy of an article for mobile readers is the same article.
        self.amp = re.compile(rf"({path}/(?:[^/]+/)+?)(?:amp/)*amp/?", re.ASCII)


_article_paths = _ArticlePaths("/newstream/")


def set_article_path(above: str) -> None:
    """Set the path in front of the ids of articles. It is a fact about the site, which this process reads."""
    global _article_paths  # noqa: PLW0603
    if above != _article_paths.above:
        _article_paths = _ArticlePaths(above)
        _kept_identity.cache_clear()


def article_shape() -> str:
    """An expression for the URLs of articles, which JavaScript supports, too."""
    return _article_paths.shape


def article_path(identity: str) -> str:
    """The path of an article without its slug.

    >>> article_path("1750885366-665971553")
    '/newstream/1750885366-665971553/'
    """
    return f"{_article_paths.above}{identity}/"


def clean_text(raw: str) -> str:
    r"""Replace white space (including line breaks and no-break spaces) by one space; remove invisible characters.

    >>> clean_text("  A stay\r\n in\xa0the hills\u200b ")
    'A stay in the hills'
    """
    # The common case: printable text contains no invisible characters, and no white space except spaces.
    if raw.isprintable() and "  " not in raw and raw[:1] != " " and raw[-1:] != " ":
        return raw
    text = " ".join(raw.split())
    if text.isprintable():
        return text
    return " ".join(_UNPRINTABLE.sub("", raw.translate(_INVISIBLE)).split())


def clean_title(raw: str) -> str | None:
    """Clean a headline and remove the bullet that some listings add; ``None`` if it is empty.

    >>> clean_title(" · Orchard harvest begins")
    'Orchard harvest begins'
    """
    return _BULLET.sub("", clean_text(raw)) or None


def clean_line(raw: str) -> str | None:
    """Clean a text on one line (excerpt, caption, paragraph, source name); ``None`` if it is empty."""
    return clean_text(raw) or None


def join_paragraphs(paragraphs: Iterable[str]) -> str:
    """Join paragraphs by a blank line."""
    return "\n\n".join(paragraphs)


def date_in_words(raw: str) -> str | None:
    """Parse ``December 10, 2024``, the date format of teasers, strictly.

    >>> date_in_words(" December 09, 2024")
    '2024-12-09'
    >>> date_in_words("February 30, 2024") is None
    True
    """
    match = _DATE_IN_WORDS.fullmatch(clean_text(raw))
    if match is None:
        return None
    try:
        # Not with `strptime`, which uses the month names of the locale.
        return date(int(match[3]), _MONTHS.get(match[1], 0), int(match[2])).isoformat()
    except ValueError:
        return None


def date_in_numbers(raw: str) -> str | None:
    """Parse ``26/06/2025`` (day first), the date format of articles' meta lines, strictly.

    >>> date_in_numbers("26/06/2025")
    '2025-06-26'
    """
    match = _DATE_IN_NUMBERS.fullmatch(clean_text(raw))
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1])).isoformat()
    except ValueError:
        return None


class _DateFormat:
    """A format of `strptime` with the names of months in any language. Strict, like the formats of the site."""

    def __init__(self, format_: str, months: Sequence[str]) -> None:
        self._months = {name.casefold(): number % 12 + 1 for number, name in enumerate(months)}
        names = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
        parts = {"%d": r"(?P<day>[0-9]{1,2})", "%m": r"(?P<month>[0-9]{1,2})", "%Y": r"(?P<year>[0-9]{4})"}
        parts["%B"] = f"(?P<name>{names})"
        self._shape = re.compile(
            "".join(parts.get(each, re.escape(each)) for each in re.findall(r"%\w|[\s\S]", format_)),
            re.IGNORECASE,
        )

    def parse(self, text: str) -> str | None:
        found = self._shape.fullmatch(text)
        if found is None:
            return None
        parts = found.groupdict()
        name, number = parts.get("name"), parts.get("month") or "0"
        month = self._months.get(name.casefold(), 0) if name else int(number)
        try:
            return date(int(parts["year"]), month, int(parts["day"])).isoformat()
        except ValueError:
            return None


_other_date_formats: tuple[_DateFormat, ...] = ()


def set_date_formats(formats: Sequence[str], months: Sequence[str]) -> None:
    """Set the date formats that the site has besides its own two. `months` are one or several names for each month."""
    global _other_date_formats  # noqa: PLW0603
    _other_date_formats = tuple(_DateFormat(each, months) for each in formats)
    _kept_day.cache_clear()


def shown_date(raw: str) -> str | None:
    """Parse a date in one of the formats of the site, or in the form ``YYYY-MM-DD``."""
    # Cached, because the teasers of a page show the same few days.
    return _kept_day(raw) if len(raw) <= _LONGEST_DAY else _day(raw)


def _day(raw: str) -> str | None:
    text = clean_text(raw)
    try:
        if len(text) == 10 and text.isascii() and date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    return date_in_words(text) or date_in_numbers(text) or _in_other_format(text)


def _in_other_format(text: str) -> str | None:
    return next((found for each in _other_date_formats if (found := each.parse(text))), None)


_kept_day = lru_cache(maxsize=256)(_day)


def article_id(url: str) -> str | None:
    """Return the id of an article, ``<ts>-<number>``, from its URL (absolute or relative).

    >>> article_id("/newstream/1750885366-665971553/some-slug?utm_source=x")
    '1750885366-665971553'
    """
    # Cached, because consecutive pages contain the same links.
    return _kept_identity(url) if len(url) <= LONGEST_URL else _identity(url)


def _identity(url: str) -> str | None:
    match = _article_paths.identity.search(url.partition("?")[0].partition("#")[0])
    return match[1] if match else None


_kept_identity = lru_cache(maxsize=1024)(_identity)


def absolute_url(base: str, href: str) -> str | None:
    """Resolve `href` against the URL of its page; ``None`` if the result is not a valid http(s) URL or too long."""
    if len(href) > LONGEST_URL:
        return None
    return _already_absolute(base, href) or _resolved(base, href)


def _already_absolute(base: str, href: str) -> str | None:
    """Return what `_resolved` would return, much faster; ``None`` for a URL that needs it."""
    if href[:1] == "/":
        origin = _SOUND_ORIGIN.match(base)
        href = f"{origin[0]}{href}" if origin else href
    return href if _SOUND_URL.fullmatch(href) is not None and href.find("/", 8) <= _MAX_PATH_START else None


def _resolved(base: str, href: str) -> str | None:
    try:
        url = urljoin(base, clean_text(href))
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises for a port out of range
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        if not parts.path:
            # A URL without a path gets the root path.
            url = urlunsplit((parts.scheme, parts.netloc, "/", parts.query, ""))
        url = str(safe_url_string(url))
        # Encoding may change the host name, and makes the URL longer.
        return None if len(url) > LONGEST_URL or re.search(r"\s", urlsplit(url).netloc) else url
    except ValueError:
        return None


def canonical_url(url: str) -> str | None:
    """Return the canonical URL: scheme, host, and path with a trailing slash; no query, fragment or user name.

    Percent-encoding is in lower case, as in the site's slugs; encoded zero-width spaces are removed.

    >>> canonical_url("HTTP://Example.org:80/newstream/1750885366-665971553/a%E2%80%8B?x=1#y")
    'http://example.org/newstream/1750885366-665971553/a/'
    """
    if len(url) < LONGEST_URL and _already_absolute(url, url) is not None and not _CHANGES.search(url):
        return f"{url.removesuffix('/')}/"
    absolute = absolute_url(url, url)
    if absolute is None:
        return None
    parts = urlsplit(absolute)
    port = parts.port
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _amp_removed(parts.path)
    path = _PERCENT.sub(lambda found: found[0].lower(), path)
    # Repeated, because removing one can create another.
    while (shorter := _ENCODED_INVISIBLE.sub("", path)) != path:
        path = shorter
    canonical = urlunsplit((parts.scheme, host, path.rstrip("/") + "/", "", ""))
    return canonical if len(canonical) <= LONGEST_URL else None


def _amp_removed(path: str) -> str:
    match = _article_paths.amp.fullmatch(path)
    return match[1] if match else path


def untracked(url: str) -> str:
    """Return a URL without fragment and tracking parameters.

    >>> untracked("https://site.test/newstream/?utm_source=mail&page=2&fbclid=x#top")
    'https://site.test/newstream/?page=2'
    """
    address, _, query = url.partition("#")[0].partition("?")
    kept = [each for each in query.split("&") if each and not _TRACKING.match(each)]
    return f"{address}?{'&'.join(kept)}" if kept else address


def ingested_at(identity: str) -> str | None:
    """Return when the site ingested an article, from the ``<ts>`` of its id, as ``YYYY-MM-DDTHH:MM:SSZ``.

    >>> ingested_at("1750885366-665971553")
    '2025-06-25T21:02:46Z'
    """
    moment = _ingestion(identity)
    return utc(moment) if moment is not None else None


def ingested_on(identity: str) -> str | None:
    """Return the DPRK day of the ingestion, ``YYYY-MM-DD`` (from 2015 to May 2018 its clocks were half an hour behind).

    >>> ingested_on("1750885366-665971553")
    '2025-06-26'
    """
    moment = _ingestion(identity)
    return moment.astimezone(_DPRK).date().isoformat() if moment is not None else None


def _ingestion(identity: str) -> datetime | None:
    stamp = identity.partition("-")[0]
    sound = stamp.isascii() and stamp.isdigit() and len(stamp) == 10
    return datetime.fromtimestamp(int(stamp), UTC) if sound else None


def utc(moment: datetime) -> str:
    """Format an aware datetime in UTC: ``YYYY-MM-DDTHH:MM:SSZ``."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def language_of(source: str) -> str | None:
    """Return the BCP 47 tag for the suffix of a source's name: ``en`` for ``(EN)``, ``ko`` for ``(Kr)``."""
    match = _LANGUAGE_SUFFIX.search(source)
    return _LANGUAGES.get(match[1].lower()) if match else None


def source_name(raw: str) -> str | None:
    """Clean the name of a source; ``None`` if it consists only of a language, such as ``(En)``.

    >>> source_name(" Voice of Korea (EN)")
    'Voice of Korea (EN)'
    >>> source_name("(En)") is None
    True
    """
    name = clean_text(raw)
    return name if _LANGUAGE_SUFFIX.sub("", name) else None


def story_of(original_url: str) -> str | None:
    """Return kind, date and sequence number of a Voice of Korea original, which are the same in all languages.

    The kind (``n`` for news, ``e`` for programmes) is included, because they may have separate sequences.

    >>> story_of("http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en")
    'n250625008'
    """
    try:
        parts = urlsplit(original_url)
    except ValueError:
        return None
    if not f".{parts.hostname or ''}".endswith((".vok.rep.kp", f".{_VOK_ADDRESS}")):
        return None
    match = _VOK_ORIGINAL_ID.search(parts.path)
    return match[1] if match else None


def content_hash(title: str, body: str) -> str:
    """Return the SHA-256 of title and body, ignoring white space and Unicode composition.

    So different paragraph breaks give the same hash, and a changed word gives another.
    """
    return "sha256:" + hashlib.sha256(f"{fold(title)}\n{fold(body)}".encode()).hexdigest()


def fold(text: str) -> str:
    """Normalise a text for comparison: NFC, and one space for any white space."""
    # Faster for clean paragraphs.
    text = clean_text(text.replace("\n\n", " "))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def schemes_of(urls: Iterable[str]) -> dict[str, str]:
    """The scheme of each host of these URLs, by `authority`; https where a host is named with both."""
    named = sorted((urlsplit(url).scheme, authority(url)) for url in urls)
    return {host: scheme for scheme, host in named}


def upgraded(url: str, schemes: Mapping[str, str]) -> str:
    """A URL whose host is known to be served by https, with that scheme: never in the clear. `schemes` is by host.

    >>> upgraded("http://example.org/a", {"example.org": "https"})
    'https://example.org/a'
    """
    if url.startswith("http://") and schemes.get(authority(url)) == "https":
        return urlunsplit(urlsplit(url)._replace(scheme="https", netloc=authority(url)))
    return url


def with_scheme(url: str, schemes: Mapping[str, str]) -> str:
    """A URL with the scheme that its host has in `schemes`, if it is there."""
    scheme = schemes.get(authority(url)) if schemes else None
    if scheme is None or url.startswith(f"{scheme}://"):
        return url
    return urlunsplit(urlsplit(url)._replace(scheme=scheme, netloc=authority(url)))


def authority(url: str) -> str:
    """Return the host of a URL, with the port unless it is the default of its scheme.

    Raises `ValueError` for an invalid port.
    """
    # Without the path, so that the cache is effective.
    path = url.find("/", len("https://")) if url.startswith(("http://", "https://")) else -1
    return _authority(url if path < 0 else url[:path])


@lru_cache(maxsize=256)
def _authority(url: str) -> str:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        # With a user name or password, it must not match that of a start URL.
        return parts.netloc
    host = (parts.hostname or "").lower()
    if parts.port is None or parts.port == DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def parse_utc(moment: str) -> datetime:
    """Parse the format of `utc`."""
    return datetime.fromisoformat(moment.removesuffix("Z")).replace(tzinfo=UTC)
