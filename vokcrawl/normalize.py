"""The pure functions that bring one raw value into the form that the records promise.

Each takes any string (also an empty, a huge or a damaged one), never raises, and is idempotent where what it
gives has the form of what it takes. What is not understood is ``None``: nothing is guessed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from urllib.parse import urljoin, urlsplit, urlunsplit

from w3lib.url import safe_url_string

# Invisible characters that are no text: zero-width space and its kin, byte order mark, word joiner.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))
# What JSON in UTF-8 cannot carry (lone surrogates), and what no page means to say: control characters, and those that
# turn the direction of what follows.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_BULLET = re.compile(r"^(?:[·•‧∙▪●]\s*)+")
_DATE_IN_WORDS = re.compile(r"([A-Z][a-z]{2,8}) (\d{1,2}), (\d{4})", re.ASCII)
_DATE_IN_NUMBERS = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_ARTICLE_PATH = re.compile(r"/newstream/(\d{10}-\d{1,12})(?=/|$)", re.ASCII)
# The same for a whole address, in an expression that a browser knows, too.
ARTICLE_SHAPE = r"/newstream/\d{10}-\d{1,12}(?=[/?#]|$)"
_ENCODED_INVISIBLE = re.compile(r"%e2%80%8b|%e2%81%a0|%ef%bb%bf", re.IGNORECASE)
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_VOK_ORIGINAL_ID = re.compile(r"/i[a-z]([a-z]\d{9})(?=/|$)", re.ASCII)
_LANGUAGE_SUFFIX = re.compile(r"\((\w+)\)\s*$")
_MONTHS = {
    name: number
    for number, name in enumerate(
        "January February March April May June July August September October November December".split(),  # noqa: SIM905
        1,
    )
}
# The two suffixes seen on the site; another one is unknown, not guessed.
_LANGUAGES = {"en": "en", "kr": "ko"}
# Longer addresses are none of the site's, and would not fit into a record.
LONGEST_URL = 4096
# So long is a text that may show a day, and is worth keeping.
_LONGEST_DAY = 40
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid)(?:=|$)", re.IGNORECASE)
_DPRK = timezone(timedelta(hours=9))
_DEFAULT_PORTS = {"http": 80, "https": 443}
# An address in which nothing has to be resolved, encoded or doubted: what nearly every link of the site is.
_SOUND_ORIGIN = re.compile(r"https?://[a-z0-9]+(?:[.-][a-z0-9]+){0,9}(?::(?:[1-9]\d{1,3}|[1-5]\d{4}))?(?=/)", re.ASCII)
_SOUND_URL = re.compile(_SOUND_ORIGIN.pattern + r"(?:/(?!\.\.?(?:/|$))[\w.~%-]++)+/?", re.ASCII)
# What a canonical address writes otherwise, or not at all, though it is sound.
_CHANGES = re.compile(r"%|:(?:80|443)/|/amp/?$")
# The copy of an article for mobile readers: the same article.
_AMP = re.compile(r"(/newstream/\d{10}-\d{1,12}/(?:[^/]+/)+?)(?:amp/)*amp/?", re.ASCII)
# Where the path begins at the latest: a longer host may have a label of more than 63 characters.
_FARTHEST_PATH = 70


def clean_text(raw: str) -> str:
    r"""White space (line breaks and no-break spaces too) becomes one space, invisible characters go.

    >>> clean_text("  A stay\r\n in\xa0the hills\u200b ")
    'A stay in the hills'
    """
    # Nearly all text of the site: what is printable holds nothing invisible, and no white space but the space.
    if raw.isprintable() and "  " not in raw and raw[:1] != " " and raw[-1:] != " ":
        return raw
    text = " ".join(raw.split())
    if text.isprintable():
        return text
    return " ".join(_UNPRINTABLE.sub("", raw.translate(_INVISIBLE)).split())


def clean_title(raw: str) -> str | None:
    """A headline without the bullet that some listings put before it; ``None`` when nothing is left.

    >>> clean_title(" · Orchard harvest begins")
    'Orchard harvest begins'
    """
    return _BULLET.sub("", clean_text(raw)) or None


def clean_line(raw: str) -> str | None:
    """Text on one line, ``None`` when empty: excerpts, captions, paragraphs, source names."""
    return clean_text(raw) or None


def join_paragraphs(paragraphs: Iterable[str]) -> str:
    """The body: paragraphs on one line each, joined by a blank line."""
    return "\n\n".join(paragraphs)


def date_in_words(raw: str) -> str | None:
    """``December 10, 2024`` as ``2024-12-10``: the day that a teaser shows. Strict: no other form, no shifting.

    >>> date_in_words(" December 09, 2024")
    '2024-12-09'
    >>> date_in_words("February 30, 2024") is None
    True
    """
    match = _DATE_IN_WORDS.fullmatch(clean_text(raw))
    if match is None:
        return None
    try:
        # Not by `strptime`: it would go by the month names of the machine's locale.
        return date(int(match[3]), _MONTHS.get(match[1], 0), int(match[2])).isoformat()
    except ValueError:
        return None


def date_in_numbers(raw: str) -> str | None:
    """``26/06/2025`` (day first) as ``2025-06-26``: the day in an article's meta line. Strict.

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


def shown_date(raw: str) -> str | None:
    """A day in either of the site's two forms, as ``YYYY-MM-DD``; a day already in that form stays."""
    # Ten teasers of a page show the same day, and each is asked for it more than once.
    return _kept_day(raw) if len(raw) <= _LONGEST_DAY else _day(raw)


def _day(raw: str) -> str | None:
    text = clean_text(raw)
    try:
        if len(text) == 10 and text.isascii() and date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    return date_in_words(text) or date_in_numbers(text)


_kept_day = lru_cache(maxsize=256)(_day)


def article_id(url: str) -> str | None:
    """``<ts>-<number>`` of an article's URL (absolute or relative), the identity of an article.

    >>> article_id("/newstream/1750885366-665971553/some-slug?utm_source=x")
    '1750885366-665971553'
    """
    # The same links stand on one page after the other: twenty teasers, and what leads to other sources.
    return _kept_identity(url) if len(url) <= LONGEST_URL else _identity(url)


def _identity(url: str) -> str | None:
    match = _ARTICLE_PATH.search(url.partition("?")[0].partition("#")[0])
    return match[1] if match else None


_kept_identity = lru_cache(maxsize=1024)(_identity)


def absolute_url(base: str, href: str) -> str | None:
    """`href` resolved against the page's URL; ``None`` unless it is a sound http(s) URL of bounded length."""
    if len(href) > LONGEST_URL:
        return None
    return _as_it_stands(base, href) or _resolved(base, href)


def _as_it_stands(base: str, href: str) -> str | None:
    """What `_resolved` would give, many times faster; ``None`` for an address that has to go that way."""
    if href[:1] == "/":
        origin = _SOUND_ORIGIN.match(base)
        href = f"{origin[0]}{href}" if origin else href
    return href if _SOUND_URL.fullmatch(href) is not None and href.find("/", 8) <= _FARTHEST_PATH else None


def _resolved(base: str, href: str) -> str | None:
    try:
        url = urljoin(base, clean_text(href))
        parts = urlsplit(url)
        parts.port  # noqa: B018  a port out of range raises here rather than in the downloader
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        if not parts.path:
            # A host alone: its path is the root, and a query or fragment without one has no place to stand.
            url = urlunsplit((parts.scheme, parts.netloc, "/", parts.query, ""))
        url = str(safe_url_string(url))
        # Some host names become others when they are written in ASCII; and what is encoded is longer.
        return None if len(url) > LONGEST_URL or re.search(r"\s", urlsplit(url).netloc) else url
    except ValueError:
        return None


def canonical_url(url: str) -> str | None:
    """Scheme and host of the site, the path with its trailing slash; no query, fragment or user.

    Percent-encoding is lower-case, as in the site's own slugs; an encoded zero-width space goes.

    >>> canonical_url("HTTP://Example.org:80/newstream/1750885366-665971553/a%E2%80%8B?x=1#y")
    'http://example.org/newstream/1750885366-665971553/a/'
    """
    if len(url) < LONGEST_URL and _as_it_stands(url, url) is not None and not _CHANGES.search(url):
        return f"{url.removesuffix('/')}/"
    absolute = absolute_url(url, url)
    if absolute is None:
        return None
    parts = urlsplit(absolute)
    port = parts.port
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _amp_removed(parts.path)
    path = _PERCENT.sub(lambda found: found[0].lower(), path)
    # Taking one out can join two halves of another, so until none is left.
    while (shorter := _ENCODED_INVISIBLE.sub("", path)) != path:
        path = shorter
    canonical = urlunsplit((parts.scheme, host, path.rstrip("/") + "/", "", ""))
    return canonical if len(canonical) <= LONGEST_URL else None


def _amp_removed(path: str) -> str:
    match = _AMP.fullmatch(path)
    return match[1] if match else path


def untracked(url: str) -> str:
    """An address without its fragment, and without what only says who passed it on.

    >>> untracked("https://site.test/newstream/?utm_source=mail&page=2&fbclid=x#top")
    'https://site.test/newstream/?page=2'
    """
    address, _, query = url.partition("#")[0].partition("?")
    kept = [each for each in query.split("&") if each and not _TRACKING.match(each)]
    return f"{address}?{'&'.join(kept)}" if kept else address


def ingested_at(identity: str) -> str | None:
    """When the site took the article in, from the ``<ts>`` of its id, as ``YYYY-MM-DDTHH:MM:SSZ``.

    >>> ingested_at("1750885366-665971553")
    '2025-06-25T21:02:46Z'
    """
    moment = _ingestion(identity)
    return utc(moment) if moment is not None else None


def ingested_on(identity: str) -> str | None:
    """The DPRK day of that moment, ``YYYY-MM-DD`` (its clocks were half an hour behind this from 2015 to May 2018).

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
    """An aware datetime as UTC to the second: ``YYYY-MM-DDTHH:MM:SSZ``."""
    return f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def language_of(source: str) -> str | None:
    """BCP 47 tag from the suffix of a source's name: ``Voice of Korea (EN)`` is ``en``, ``(Kr)`` is ``ko``."""
    match = _LANGUAGE_SUFFIX.search(source)
    return _LANGUAGES.get(match[1].lower()) if match else None


def source_name(raw: str) -> str | None:
    """A source's name as shown; ``None`` where nothing but its language is: ``(En)``.

    >>> source_name(" Voice of Korea (EN)")
    'Voice of Korea (EN)'
    >>> source_name("(En)") is None
    True
    """
    name = clean_text(raw)
    return name if _LANGUAGE_SUFFIX.sub("", name) else None


def story_of(original_url: str) -> str | None:
    """Kind, date and sequence of a Voice of Korea original: what joins one story's versions in all languages.

    The kind (``n`` is news, ``e`` a programme) is part of it: whether the two share one sequence is not known.

    >>> story_of("http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en")
    'n250625008'
    """
    try:
        parts = urlsplit(original_url)
    except ValueError:
        return None
    if not f".{parts.hostname or ''}".endswith(".vok.rep.kp"):
        return None
    match = _VOK_ORIGINAL_ID.search(parts.path)
    return match[1] if match else None


def content_hash(title: str, body: str) -> str:
    """``sha256:`` over title and body, blind to white space and to how Unicode composes a letter.

    So a page whose paragraphs are merely broken elsewhere has the same hash; a changed word has another.
    """
    return "sha256:" + hashlib.sha256(f"{fold(title)}\n{fold(body)}".encode()).hexdigest()


def fold(text: str) -> str:
    """The form in which two texts are compared: NFC, one space for any white space."""
    # Of paragraphs that are clean nothing else is left to do.
    text = clean_text(text.replace("\n\n", " "))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


_DEFAULT_PORTS = {"http": 80, "https": 443}


def authority(url: str) -> str:
    """Host and, unless it is its scheme's own, port of a URL: what a request is compared by.

    Raises `ValueError` for a port that is none.
    """
    # All addresses of a site begin in a few ways, and what stands behind the first slash of a path is not asked for.
    path = url.find("/", len("https://")) if url.startswith(("http://", "https://")) else -1
    return _authority(url if path < 0 else url[:path])


@lru_cache(maxsize=256)
def _authority(url: str) -> str:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        # A user or a password in an address is none of the site's: it equals no start URL's.
        return parts.netloc
    host = (parts.hostname or "").lower()
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def parse_utc(moment: str) -> datetime:
    """The inverse of `utc`."""
    return datetime.fromisoformat(moment.removesuffix("Z")).replace(tzinfo=UTC)
