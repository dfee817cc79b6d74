"""`scrapy browse` in a child process, and an archive to open with it."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.support.archive_builder import T0, Archive, Record, article, removal, revised
from tests.support.children import launch
from tests.support.crawling import environment
from tests.support.servers import ready
from vokcrawl.browse.database import BrowseDatabase
from vokcrawl.browse.frozen_site import FrozenResult, FrozenSite
from vokcrawl.browse.others import OtherArchive
from vokcrawl.browse.rendering import ArticlePages
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.warc import records
from vokcrawl.warc.gzip_members import compress_member

HOSTILE = '"><script>window.owned = 1</script><img src=x onerror="window.owned = 1"> \u202e{{ 7 * 7 }}'
LATER = T0 + timedelta(days=40)
WARC = f"archive/{T0:%Y%m%dT%H%M%SZ}.warc.gz"


# Everything by which a page could load, run, redirect or report something.
CAPTURED = """<!doctype html><html><head><meta charset="utf-8"><title>Captured</title>
<meta http-equiv="refresh" content="0; url={trap}/refresh"><base href="{trap}/">
<link rel="preconnect" href="{trap}"><link rel="dns-prefetch" href="{trap}"><link rel="prefetch" href="{trap}/prefetch">
<link rel="stylesheet" href="{trap}/style.css"><link rel="icon" href="{trap}/icon.png">
<style>@import url({trap}/import.css); body {{ background: url({trap}/background.png) }}
@font-face {{ font-family: x; src: url({trap}/font.woff) }} p {{ font-family: x }}</style>
<script src="{trap}/script.js"></script><script>window.top.owned = 1; fetch("{trap}/fetch")</script></head>
<body onload="window.top.owned = 1"><p id="text">As it was captured.</p>
<img src="{trap}/image.png" onerror="window.top.owned = 1">
<video src="{trap}/video.mp4" poster="{trap}/poster.png"></video>
<iframe src="{trap}/frame"></iframe><object data="{trap}/object"></object><embed src="{trap}/embed">
<svg><image href="{trap}/svg.png"></image><use href="{trap}/use.svg#x"></use></svg>
<form action="{trap}/form"><button id="send">Send</button></form>
<a id="link" href="{trap}/link" ping="{trap}/ping">A link</a> <a id="top" target="_top" href="{trap}/top">Another</a>
</body></html>"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


@dataclass(frozen=True)
class Browsing:
    """A running server: its address, and its output so far."""

    url: str
    log: Path

    def get(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """The answer to a request; `path` begins with a slash."""
        request = Request(self.url + path, headers=dict(headers or {}), method=method)  # noqa: S310  our own server
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                return Answer(answer.status, answer.headers, answer.read().decode())
        except HTTPError as failure:
            with failure:
                return Answer(failure.code, failure.headers, failure.read().decode())

    def said(self) -> str:
        """What the command has printed."""
        return self.log.read_text(encoding="utf-8")


def command(output: Path, port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "scrapy", "browse", "--port", str(port), *options, "-s", f"VOK_OUTPUT_DIR={output}"]


@contextmanager
def browsing(output: Path, *options: str) -> Iterator[Browsing]:
    """The server on an output directory, until the block ends."""
    log = output.parent / "browse.log"

    def url() -> str:
        found = re.search(r"^(http://127\.0\.0\.1:\d+)/ ", log.read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else ""

    with (
        log.open("wb") as printed,
        launch(command(output, 0, *options), env=environment(), stdout=printed, stderr=printed) as process,
        ready(process, url, log),
    ):
        yield Browsing(url(), log)


def captured(archive: Archive, record: Record, page: bytes) -> Record:
    """The record with an archived page, which is the only one of the archive."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    digest = records.digest(page)
    target = [("WARC-Target-URI", record["url"])]
    path = archive.folder.path / WARC
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        compress_member(records.response(records.new_id(), records.moment(T0), target, digest, head, page))
    )
    return {**record, "archived_as": {"file": WARC, "offset": 0, "digest": digest}}


def archive(path: Path, page: bytes = b"<!doctype html><p>As it was</p>", articles: int = 60) -> Archive:
    """Two runs: 1 is edited, 2 removed, 3 has an archived page, 4 no day, 5 another source; 900 is hostile."""
    made = Archive(path)
    first = [article(number, T0, title=f"Harvest begins in county {number}") for number in range(1, articles + 1)]
    first[2] = captured(made, first[2], page)
    first[3] = {**first[3], "published_on": None}
    first[4] = {**first[4], "source": "Rodong Sinmun", "truncated": True}
    made.run(T0, first)
    body = "The first paragraph of that very story.\n\nThe second one.\n\nA third one."
    made.run(
        LATER,
        [
            revised(first[0], LATER, title="Harvest ends in county 1", body=body),
            article(900, LATER, title=HOSTILE, body=f"{HOSTILE}\n\nThe end.", source=HOSTILE),
            article(901, LATER, title="새 공장", body="평양에서 새 공장이 문을 열었다.", language="ko"),
        ],
        [removal(first[1], LATER)],
    )
    return made


def opened(output: Path) -> OtherArchive:
    """The archive of an output directory with its database."""
    folder = OutputFolder(output)
    database = BrowseDatabase(folder, output.parent / "spare")
    database.refresh()
    return OtherArchive(folder, database, ArticlePages(folder))


def freeze(output: Path, target: Path, others: Sequence[Path] = (), *, captures: bool = False) -> FrozenResult:
    """Write the static site of an output directory."""
    archives = [opened(each) for each in others]
    return FrozenSite(str(target), opened(output), "The archive", archives, captures=captures).write()


def identity(number: int) -> str:
    """The id of an article of `archive`."""
    return f"{int((LATER if number >= 900 else T0).timestamp())}-{number}"


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A server that nothing should connect to: its address, and what has connected."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            seen.append("connection")
            super().setup()

        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()
