"""Writes WARC files of a sample site as other programs write them, or as no correct program would, without a crawl."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vokcrawl.sample import Answer, SampleSite

HOST = "http://site.example"
START = f"{HOST}/article/163/"
# When the first answer of an archive was captured, where a test does not say otherwise.
AT = datetime(2024, 12, 10, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Capture:
    """A response of a site: its URL, the response, and the time."""

    url: str
    answer: Answer
    at: datetime


def site_of(articles: int = 12, **options: object) -> SampleSite:
    """A sample site without faults under an invented host."""
    site = SampleSite(articles, **{"faults": (), **options})  # type: ignore[arg-type]
    site.base_url = HOST
    return site


def captured(site: SampleSite, paths: Iterable[str], at: datetime = AT) -> list[Capture]:
    """The responses of the site, a second apart."""
    return [
        Capture(HOST + path, site.answer("GET", path, {}), at + timedelta(seconds=second))
        for second, path in enumerate(paths)
    ]


def whole(site: SampleSite, at: datetime = AT) -> list[Capture]:
    """All pages of the source: each listing page before the articles that it shows."""
    articles = [each["url"].removeprefix(HOST) for each in site.truth()["articles"]]
    paths: list[str] = []
    for start in range(0, len(articles), 10):
        number = start // 10 + 1
        paths.append("/article/163/" if number == 1 else f"/article/163/page/{number}/")
        paths += articles[start : start + 10]
    return captured(site, paths, at)


def http(answer: Answer, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    """A response as sent over the wire; `headers` replace or add headers. The body stays if `body` is None."""
    sent = {name: value for name, value in answer.headers if name != "Content-Length"}
    sent |= headers or {}
    content = answer.body if body is None else body
    if "Transfer-Encoding" not in sent:
        sent.setdefault("Content-Length", str(len(content)))
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in sent.items())]
    return "\r\n".join([*lines, "", ""]).encode() + content


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()


def record(
    url: str,
    block: bytes,
    at: datetime = AT,
    kind: str = "response",
    version: str = "WARC/1.1",
    content_type: str = "application/http; msgtype=response",
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """An uncompressed WARC record; `fields` replace or add header fields."""
    sent = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{hashlib.md5(url.encode() + block, usedforsecurity=False).hexdigest()}>",
        "WARC-Date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "WARC-Target-URI": url,
        "Content-Type": content_type,
        "Content-Length": str(len(block)),
    }
    sent |= fields or {}
    lines = [version, *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def records(pages: Iterable[Capture]) -> list[bytes]:
    """Each response as a record with a block digest."""
    return [
        record(page.url, block, page.at, fields={"WARC-Block-Digest": sha1(block)})
        for page in pages
        for block in [http(page.answer)]
    ]


def packed(given: Sequence[bytes], path: Path) -> Path:
    """A file with one gzip member per record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(gzip.compress(each) for each in given))
    return path


def member_starts(given: Sequence[bytes]) -> list[int]:
    """The offsets of the members of such a file, and its length."""
    starts = [0]
    for each in given:
        starts.append(starts[-1] + len(gzip.compress(each)))
    return starts
