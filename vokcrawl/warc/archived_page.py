"""Reads the response of one article from the archive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vokcrawl.errors import StorageError
from vokcrawl.storage.output_folder import ARCHIVE, OutputFolder, translate_os_errors
from vokcrawl.utils.program import PROGRAM
from vokcrawl.warc.gzip_members import MAX_UNPACKED, read_member
from vokcrawl.warc.http_exchange import split_message
from vokcrawl.warc.http_response import Unreadable, answer_of
from vokcrawl.warc.record_head import parse_size
from vokcrawl.warc.records import digest
from vokcrawl.warc.validation import ArchivedRecord, InvalidRecordError, archive_path, location_fault, parse_record


def archived_message(folder: OutputFolder, place: Mapping[str, Any], url: str) -> bytes:
    """Return the HTTP response (head and body) as the site sent it for `url`.

    `place` is the `archived_as` of an article. A response that repeats an earlier one is archived without its body;
    the body of the earlier one is returned then. Raises `StorageError` if the record is missing or damaged.
    """
    record = _record(folder, dict(place), url)
    if record.kind != "revisit":
        return _checked(record, place, record.block)
    offset = parse_size(record.fields.get("warc-refers-to-file-offset", ""))
    earlier = {
        "file": f"{ARCHIVE}/{record.fields.get('warc-refers-to-filename')}",
        "offset": -1 if offset is None else offset,
        "digest": record.payload_digest,
    }
    body = split_message(_record(folder, earlier, record.fields.get("warc-refers-to-target-uri", "")).block)[1]
    return _checked(record, place, split_message(record.block)[0] + body)


def archived_page(folder: OutputFolder, place: Mapping[str, Any], url: str) -> bytes:
    """Return the body of the response without its transfer and content encoding. Raises `StorageError`."""
    try:
        return answer_of(archived_message(folder, place, url), MAX_UNPACKED).body
    except Unreadable as fault:
        raise _error(place, str(fault)) from fault


def _record(folder: OutputFolder, place: dict[str, Any], url: str) -> ArchivedRecord:
    fault = location_fault(folder, place, url)
    if fault is not None:
        raise StorageError(f"{fault}; restore the archive from a copy (`{PROGRAM} verify` lists all faults)")
    path = archive_path(folder, place["file"])
    with translate_os_errors(path), path.open("rb") as file:
        member = read_member(file, place["offset"])
    try:
        if member is None:
            raise InvalidRecordError("nothing is stored there")
        return parse_record(member)
    except InvalidRecordError as fault:
        raise _error(place, str(fault)) from fault


def _checked(record: ArchivedRecord, place: Mapping[str, Any], message: bytes) -> bytes:
    """Return the message if it matches the digests of its record. Raises `StorageError`."""
    payload = split_message(message)[1]
    checks = (
        ("block", record.fields.get("warc-block-digest"), record.block),
        ("payload", record.payload_digest, payload),
    )
    for what, expected, found in checks:
        # Another program's archive may use another algorithm.
        if expected is not None and expected.startswith("sha256:") and expected != digest(found):
            raise _error(place, f"its {what} does not match its digest")
    return message


def _error(place: Mapping[str, Any], text: str) -> StorageError:
    where = f"{place['file']} at {place['offset']}"
    return StorageError(f"{where}: {text}; restore the archive from a copy (`{PROGRAM} verify` lists all faults)")
