"""The archive of a run: its files while they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import scrapy

from vokcrawl import __version__
from vokcrawl.storage.output_folder import OutputFolder, archive_name
from vokcrawl.storage.part_files import PartFile
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.rows import PayloadRow
from vokcrawl.warc import records, redaction
from vokcrawl.warc.gzip_members import packed
from vokcrawl.warc.http_exchange import Exchange, in_one_chunk, parted, well_ended

# A record's `archived_as`: file, offset and digest.
Place = dict[str, Any]

_LEFT_OUT = (
    "cookies (Cookie, Set-Cookie), credentials (Authorization, Proxy-Authorization and the like), "
    "and users and passwords in addresses are left out of requests and answers"
)


class Archive:
    """Writes exchanges into `archive/<run_id>.warc.gz`, and into further files when one has `most_bytes`.

    `files` are the files so far, the last one growing; the run brings them to the disk and commits their lengths
    with everything else. What was seen is noted in the open transaction of the state, so that no record ever refers
    to one that was not committed. `settings` are those that differ from the defaults, without secrets.
    """

    def __init__(
        self, folder: OutputFolder, run_id: str, state: State, settings: Mapping[str, Any], most_bytes: int
    ) -> None:
        self.files: list[PartFile] = []
        self._folder = folder
        self._run_id = run_id
        self._state = state
        self._settings = settings
        self._most_bytes = most_bytes

    def add(self, exchange: Exchange) -> Place:
        """Writes an answer and its request, and says where the answer stands. Raises `StorageError`."""
        file = self._file()
        url, date, identity = redaction.of_address(exchange.url), records.moment(exchange.began), records.new_id()
        head, body = parted(exchange.answer)
        head = well_ended(redaction.of_answer(head))
        body = in_one_chunk(head, body)
        digest = records.digest(body)
        address = [("WARC-Target-URI", url)]
        if exchange.ip is not None:
            address.append(("WARC-IP-Address", exchange.ip))
        place = {"file": file.name, "offset": file.bytes, "digest": digest}
        before = None
        # Half a body says nothing of the whole one, and of an empty one there is nothing to spare.
        if body and exchange.truncated is None:
            self._state.begin()
            before = self._state.meet_payload(PayloadRow(digest, url, date, file.name, file.bytes))
        if before is not None:
            answer = records.revisit(identity, date, address, digest, head, _refers_to(before))
        else:
            truncated = [("WARC-Truncated", exchange.truncated)] if exchange.truncated is not None else []
            answer = records.response(identity, date, [*address, *truncated], digest, head, body)
        asked_head, asked_body = parted(exchange.request)
        asked = records.request(date, address, identity, redaction.of_request(asked_head) + asked_body)
        file.write(packed(answer) + packed(asked), records=2)
        return place

    def add_rendered(self, url: str, content_type: str, body: bytes) -> Place:
        """Writes what a browser made of a page, as the browser gave it. Raises `StorageError`."""
        file = self._file()
        place = {"file": file.name, "offset": file.bytes, "digest": records.digest(body)}
        file.write(packed(records.rendered(redaction.of_address(url), content_type, body)))
        return place

    def _file(self) -> PartFile:
        """The file to write to. A run that gets no answer leaves none."""
        if not self.files or self.files[-1].bytes >= self._most_bytes:
            file = PartFile(self._folder, archive_name(self._run_id, len(self.files) + 1))
            self.files.append(file)
            file.write(packed(records.warcinfo(file.path.name, self._told())))
        return self.files[-1]

    def _told(self) -> dict[str, str]:
        return {
            "software": f"vokcrawl/{__version__} Scrapy/{scrapy.__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "isPartOf": f"run {self._run_id}",
            "description": f"what the site sent, before any decoding; {_LEFT_OUT}",
            "settings": orjson.dumps(self._settings).decode(),
        }


def _refers_to(before: PayloadRow) -> list[tuple[str, str]]:
    """The record that a revisit is of: by address and date for any reader, by its place for a quick one."""
    return [
        ("WARC-Refers-To-Target-URI", before.url),
        ("WARC-Refers-To-Date", before.date),
        ("WARC-Refers-To-Filename", before.file.rpartition("/")[2]),
        ("WARC-Refers-To-File-Offset", str(before.offset)),
    ]
