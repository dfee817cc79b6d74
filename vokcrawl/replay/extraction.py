"""Extracts results from archived records. Pure functions, which run in worker processes."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit, urlunsplit

from vokcrawl.crawling.article_result import article_page, find_article, led_elsewhere
from vokcrawl.downloader.rendering.pages import rendered_pages
from vokcrawl.downloader.rendering.result import read_answer
from vokcrawl.normalize import absolute_url, article_id, authority, utc
from vokcrawl.pages.block_pages import find_block_page
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.extractors import extractor_at
from vokcrawl.pages.profile import use_files
from vokcrawl.replay.results import ExtractionResult, Kind, to_json
from vokcrawl.utils.content_encoding import ends_as_page
from vokcrawl.warc.http_exchange import split_message, strip_interim
from vokcrawl.warc.http_response import Answer, Unreadable, answer_of
from vokcrawl.warc.reader import CapturedRecord
from vokcrawl.warc.records import RENDERED

logger = logging.getLogger(__name__)


class Task(NamedTuple):
    """A record to read.

    `url` and `file` are its URL and file as delivered records name them; `payload` is that of a revisit, from the
    record that it refers to.
    """

    captured: CapturedRecord
    url: str
    file: str
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """The hosts (with ports) of the site, each with the scheme of its URLs in records.

    `largest` is the maximum size of a decoded body in bytes; `profiles` are the files of `VOK_SITE_PROFILE`.
    """

    schemes: Mapping[str, str]
    largest: int
    profiles: Sequence[str] = ()

    def address(self, url: str) -> str | None:
        """Return a URL of the site as records have it; None for other URLs."""
        sound = absolute_url(url, url)
        scheme = self.schemes.get(authority(sound)) if sound is not None else None
        if sound is None or scheme is None:
            return None
        if sound.startswith(f"{scheme}://"):
            return sound
        # Captured with http although the site uses https, or vice versa.
        parts = urlsplit(sound)
        return sound if parts.port is not None else urlunsplit((scheme, *parts[1:]))


def extract_all(tasks: Sequence[Task], site: Site) -> bytes:
    """Extract the results of records, in order, as JSON."""
    use_files(site.profiles)
    # Teasers in blocks of earlier pages are skipped: each page has twenty.
    shown: set[tuple[str | None, str]] = set()
    return to_json([_extract(task, site, shown) for task in tasks])


def _extract(task: Task, site: Site, shown: set[tuple[str | None, str]]) -> ExtractionResult:
    captured = task.captured
    digest = captured.payload_digest or f"sha256:{hashlib.sha256(task.payload or _payload(captured)).hexdigest()}"
    place = {"file": task.file, "offset": captured.place.offset, "digest": digest}
    found = ExtractionResult(Kind.OTHER, task.url, utc(captured.at), place)
    if (flaw := _flaw(captured)) is not None:
        found.kind, found.reason = Kind.FLAWED, flaw
        return found
    found.identity = article_id(task.url)
    try:
        if captured.url.startswith(RENDERED):
            _rendered(found, captured, site)
            return found
        if captured.requested_by is not None:
            # What it has added to the page is in the record of the rendered page.
            found.identity, found.reason = None, "requested_in_browser"
            return found
        answer = answer_to(task, site)
        if found.identity is not None:
            _article(found, answer, captured, shown)
        else:
            _listing(found, answer, captured)
    except Unreadable as fault:
        found.kind = Kind.FAILED if found.identity is not None else Kind.FLAWED
        found.reason = fault.name if found.identity is not None else str(fault)
    except PageFault as fault:
        found.kind = Kind.FAILED if found.identity is not None else Kind.OTHER
        found.reason = fault.name
    except Exception:
        # A bug that affects one page: it is reported, and the others are read.
        logger.exception("%s: at %d: internal error while reading %s", task.file, captured.place.offset, task.url)
        found.kind, found.reason = Kind.ERROR, "error"
    return found


def answer_to(task: Task, site: Site) -> Answer:
    """The archived response of a record. Raises `Unreadable`."""
    captured = task.captured
    if captured.kind == "resource":
        return Answer(200, {"content-type": captured.content_type}, captured.block[: site.largest])
    # A revisit is truncated by its nature, and "length" says so (ISO 28500, 6.7.2).
    if captured.truncated and (captured.kind, captured.truncated.lower()) != ("revisit", "length"):
        raise Unreadable("cut_off", f"incomplete response ({captured.truncated[:40]!r})")
    return answer_of(captured.block, site.largest, task.payload)


def _article(
    found: ExtractionResult, answer: Answer, captured: CapturedRecord, shown: set[tuple[str | None, str]]
) -> None:
    identity = found.identity or ""
    found.status = answer.status
    if answer.status == 304:
        found.kind = Kind.UNCHANGED
    elif answer.status in (404, 410):
        found.kind = Kind.MISSING
    elif 300 <= answer.status < 400:
        target = absolute_url(found.url, answer.headers.get("location", "")) or found.url
        elsewhere = led_elsewhere(found.url, target, identity)
        # The target of a redirect to the same article has its own record.
        found.kind, found.reason = (Kind.OTHER, "redirect") if elsewhere is None else (Kind.FAILED, elsewhere)
    elif answer.status != 200:
        found.kind = Kind.FAILED
        found.reason = find_block_page(answer.body, answer.status, answer.headers) or f"http_{answer.status}"
    else:
        document = _document(found, answer)
        extractor = extractor_at(captured.at)
        root = article_page(extractor, document.root, found.url, answer.body)
        page = find_article(root, identity, found.url, answer.body)
        found.kind, found.item = Kind.ARTICLE, page.item
        found.source, found.block_source, found.unfit = page.source, page.block_source, page.unfit
        found.has_meta, found.has_date, found.parts = page.has_meta, page.has_date, page.parts
        found.validators = answer.headers.get("etag"), answer.headers.get("last-modified")
        known = {each for source, each in shown if source == page.block_source}
        found.teasers = page.block(known)
        shown.update((page.block_source, raw.id) for raw in found.teasers)


def _listing(found: ExtractionResult, answer: Answer, captured: CapturedRecord) -> None:
    found.status = answer.status
    if answer.status != 200:
        found.reason = f"http_{answer.status}"
    elif not _is_listing(found.url):
        found.reason = "front_page_or_search"
    else:
        document = _document(found, answer)
        found.teasers = extractor_at(captured.at).teasers(document.root)
        found.kind = Kind.LISTING if found.teasers else Kind.OTHER
        found.reason = "" if found.teasers else "without_teasers"


def _rendered(found: ExtractionResult, captured: CapturedRecord, site: Site) -> None:
    """Read a rendered listing: the pages that the clicks have added."""
    # The rendered page of an article is read as a listing, too.
    found.identity = None
    try:
        rendered = read_answer(captured.block)
    except (ValueError, RecursionError) as fault:
        found.reason = f"invalid result of the script: {fault}"
        return
    pages = rendered_pages(rendered, found.url, site.schemes, extractor_at(captured.at).teasers)
    found.kind, found.teasers = Kind.LISTING, [raw for page in pages for raw in page]


def _is_listing(url: str) -> bool:
    """Return whether a crawl reads records from a page that is not an article.

    The front page and a search for words only lead to articles; a search without words is crawled as a listing
    (`crawling.paginators.search`).
    """
    parts = urlsplit(url)
    words = parse_qs(parts.query, keep_blank_values=True).get("s")
    return words == [""] if words is not None else parts.path not in ("", "/")


def _document(found: ExtractionResult, answer: Answer) -> Any:
    content_type = answer.headers.get("content-type", "")
    if answer.status == 200 and "html" in content_type.lower():
        ends = ends_as_page(answer.body)
        found.closed, found.unclosed = ends is True, len(answer.body) if ends is False else 0
    document = read_document(answer.body, content_type)
    found.wrong_charset = document.wrong_charset
    return document


def _payload(captured: CapturedRecord) -> bytes:
    """Return the payload of a record: its block without the HTTP head."""
    return captured.block if captured.kind == "resource" else split_message(strip_interim(captured.block))[1]


def _flaw(captured: CapturedRecord) -> str | None:
    """Return which digest of a record is wrong; None if all known ones are correct."""
    if captured.block_digest is not None:
        # GNU wget gives revisits the digest of an empty block.
        blocks = (captured.block, b"") if captured.kind == "revisit" else (captured.block,)
        if all(_agrees(captured.block_digest, block) is False for block in blocks):
            return "its block does not match its digest"
        return None
    if captured.kind == "revisit" or captured.payload_digest is None:
        return None
    # Some programs compute it with chunks, others without; so it is not checked for chunked bodies.
    chunked = b"transfer-encoding" in split_message(captured.block)[0].lower()
    wrong = not chunked and _agrees(captured.payload_digest, _payload(captured)) is False
    return "its payload does not match its digest" if wrong else None


def _agrees(labelled: str, data: bytes) -> bool | None:
    """Return whether data has this digest; None if its algorithm is unknown."""
    name, _, value = labelled.partition(":")
    try:
        found = hashlib.new(name.strip().lower().replace("-", ""), data, usedforsecurity=False)
    except ValueError:
        return None
    if not found.digest_size:
        # The length of SHAKE digests is arbitrary, so they prove nothing.
        return False
    if len(value) == 2 * found.digest_size:
        return found.hexdigest() == value.lower()
    return base64.b32encode(found.digest()).decode().rstrip("=") == value.upper().rstrip("=")
