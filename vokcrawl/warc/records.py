"""Builds WARC records as bytes (WARC 1.1, ISO 28500:2017).

No library is used, because they parse and rewrite the HTTP head, which changes white space and malformed lines.
docs/performance.md has the cost.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

Fields = Iterable[tuple[str, str]]

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
RENDERED = "urn:rendered:"
# A field of this project: the page that sent the request in a browser.
REQUESTED_BY = "Vokcrawl-Requested-By"


def digest(data: bytes | memoryview) -> str:
    """Return the labelled SHA-256 digest; revisit records need a digest without collisions."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def new_id() -> str:
    """Return a random UUID (version 4) as a URN; ten times as fast as `uuid.uuid4`, and each page needs two."""
    drawn = os.urandom(16).hex()
    return f"<urn:uuid:{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:]}>"


def moment(at: datetime) -> str:
    """Format a time for WARC-Date, with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def record(kind: str, identity: str, date: str, fields: Fields, content_type: str, block: bytes) -> bytes:
    """Build a record with block digest, length, and the two CRLFs after the block."""
    lines = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: {identity}",
        f"WARC-Date: {date}",
        *(f"{name}: {value}" for name, value in fields),
        f"WARC-Block-Digest: {digest(block)}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(block)}",
        "\r\n",
    ]
    return "\r\n".join(lines).encode() + block + b"\r\n\r\n"


def warcinfo(filename: str, values: Mapping[str, str]) -> bytes:
    """Build the first record of a file, which describes how its records were created."""
    block = "".join(f"{name}: {value}\r\n" for name, value in values.items()).encode()
    now = moment(datetime.now(UTC))
    return record("warcinfo", new_id(), now, [("WARC-Filename", filename)], "application/warc-fields", block)


def response(identity: str, date: str, fields: Fields, payload_digest: str, head: bytes, body: bytes) -> bytes:
    """Build a response record from the head (status line and headers) and the body."""
    fields = [*fields, ("WARC-Payload-Digest", payload_digest)]
    return record("response", identity, date, fields, "application/http; msgtype=response", head + body)


def revisit(identity: str, date: str, fields: Fields, payload_digest: str, head: bytes, refers_to: Fields) -> bytes:
    """Build a record for a response whose body is in an earlier record, which `refers_to` names."""
    fields = [*fields, ("WARC-Profile", IDENTICAL_PAYLOAD), *refers_to, ("WARC-Payload-Digest", payload_digest)]
    return record("revisit", identity, date, fields, "application/http; msgtype=response", head)


def request(date: str, fields: Fields, answered_by: str, message: bytes) -> bytes:
    """Build the record of the request whose response is in the record `answered_by`."""
    fields = [*fields, ("WARC-Concurrent-To", answered_by)]
    return record("request", new_id(), date, fields, "application/http; msgtype=request", message)


def rendered(url: str, content_type: str, body: bytes) -> bytes:
    """Build the record of a page rendered by a browser: a `resource` with a URN of its own.

    A `conversion` would need an archived original, but the browser fetched the page itself and the response is unknown.
    With the URL of the page it would be replayed as if the site had sent it.
    """
    fields = [("WARC-Target-URI", RENDERED + url), ("WARC-Payload-Digest", digest(body))]
    return record("resource", new_id(), moment(datetime.now(UTC)), fields, content_type, body)
