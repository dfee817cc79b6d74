"""Writes the archive of a run."""

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
from vokcrawl.warc.gzip_members import compress_member
from vokcrawl.warc.http_exchange import Exchange, merge_chunks, split_message, with_crlf

# `archived_as` of a record: file, offset and digest.
Place = dict[str, Any]

_OMITTED = (
    "cookies (Cookie, Set-Cookie), credentials (Authorization, Proxy-Authorization and similar headers), "
    "and user names and passwords in URLs are omitted from requests and responses"
)


class Archive:
    """Writes exchanges to `archive/<run_id>.warc.gz`, and to another file when one exceeds `max_bytes`.

    `files` are the files so far; only the last one grows. The run fsyncs them and commits their lengths with everything
    else. Payloads are noted in the open transaction of the state, so no record refers to an uncommitted one.
    `settings` are those that differ from the defaults, without secrets.
    """

    def __init__(
        self, folder: OutputFolder, run_id: str, state: State, settings: Mapping[str, Any], max_bytes: int
    ) -> None:
        self.files: list[PartFile] = []
        self._folder = folder
        self._run_id = run_id
        self._state = state
        self._settings = settings
        self._most_bytes = max_bytes

    def add(self, exchange: Exchange) -> Place:
        """Write a response and its request, and return the location of the response. Raises `StorageError`."""
        file = self._file()
        url, date, identity = redaction.redact_url(exchange.url), records.moment(exchange.began), records.new_id()
        head, body = split_message(exchange.response)
        head = with_crlf(redaction.redact_response(head))
        body = merge_chunks(head, body)
        digest = records.digest(body)
        address = [("WARC-Target-URI", url)]
        if exchange.ip is not None:
            address.append(("WARC-IP-Address", exchange.ip))
        if exchange.requested_by is not None:
            address.append((records.REQUESTED_BY, redaction.redact_url(exchange.requested_by)))
        place = {"file": file.name, "offset": file.bytes, "digest": digest}
        before = None
        # An incomplete body cannot be compared, and an empty one saves nothing.
        if body and exchange.truncated is None:
            self._state.begin()
            before = self._state.meet_payload(PayloadRow(digest, url, date, file.name, file.bytes))
        if before is not None:
            response = records.revisit(identity, date, address, digest, head, _refers_to(before))
        else:
            truncated = [("WARC-Truncated", exchange.truncated)] if exchange.truncated is not None else []
            response = records.response(identity, date, [*address, *truncated], digest, head, body)
        request_head, request_body = split_message(exchange.request)
        request = records.request(date, address, identity, redaction.redact_request(request_head) + request_body)
        file.write(compress_member(response) + compress_member(request), records=2)
        return place

    def add_rendered(self, url: str, content_type: str, body: bytes) -> Place:
        """Write a rendered page as the browser returned it, and return its location. Raises `StorageError`."""
        file = self._file()
        place = {"file": file.name, "offset": file.bytes, "digest": records.digest(body)}
        file.write(compress_member(records.rendered(redaction.redact_url(url), content_type, body)))
        return place

    def _file(self) -> PartFile:
        """Return the file to write to; it is created for the first record, so a run without responses has none."""
        if not self.files or self.files[-1].bytes >= self._most_bytes:
            file = PartFile(self._folder, archive_name(self._run_id, len(self.files) + 1))
            self.files.append(file)
            file.write(compress_member(records.warcinfo(file.path.name, self._description())))
        return self.files[-1]

    def _description(self) -> dict[str, str]:
        return {
            "software": f"vokcrawl/{__version__} Scrapy/{scrapy.__version__}",
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
            "isPartOf": f"run {self._run_id}",
            "description": f"responses of the site, before any decoding; {_OMITTED}",
            "settings": orjson.dumps(self._settings).decode(),
        }


def _refers_to(before: PayloadRow) -> list[tuple[str, str]]:
    """Return the fields that name the earlier record: URL and date for all readers, its location for fast access."""
    return [
        ("WARC-Refers-To-Target-URI", before.url),
        ("WARC-Refers-To-Date", before.date),
        ("WARC-Refers-To-Filename", before.file.rpartition("/")[2]),
        ("WARC-Refers-To-File-Offset", str(before.offset)),
    ]
