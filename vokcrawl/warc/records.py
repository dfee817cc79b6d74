"""WARC records as bytes, by the WARC 1.1 specification (IIPC, ISO 28500:2017).

They are put together here, and not by a library: those at hand write the head of an answer anew from what they have
parsed of it, and so change what was sent (white space, lines that are no headers). docs/performance.md has what that
costs and saves.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

Fields = Iterable[tuple[str, str]]

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
RENDERED = "urn:rendered:"


def digest(data: bytes) -> str:
    """A labelled digest. SHA-256, for what is taken for the same payload as another must be the same."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def new_id() -> str:
    """A random UUID (version 4) as a URN. What `uuid.uuid4` gives, in a tenth of its time: each page needs two."""
    drawn = os.urandom(16).hex()
    return f"<urn:uuid:{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:]}>"


def moment(at: datetime) -> str:
    """A moment as WARC-Date has it, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def record(kind: str, identity: str, date: str, fields: Fields, content_type: str, block: bytes) -> bytes:
    """A whole record, with its block digest and length, and the two line ends behind it."""
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


def warcinfo(filename: str, told: Mapping[str, str]) -> bytes:
    """The record that begins a file and says how its records came to be."""
    block = "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode()
    now = moment(datetime.now(UTC))
    return record("warcinfo", new_id(), now, [("WARC-Filename", filename)], "application/warc-fields", block)


def response(identity: str, date: str, fields: Fields, payload_digest: str, head: bytes, body: bytes) -> bytes:
    """An answer: `head` is its status line and headers, `body` what followed them."""
    fields = [*fields, ("WARC-Payload-Digest", payload_digest)]
    return record("response", identity, date, fields, "application/http; msgtype=response", head + body)


def revisit(identity: str, date: str, fields: Fields, payload_digest: str, head: bytes, refers_to: Fields) -> bytes:
    """An answer whose body stands in an earlier record, which `refers_to` names."""
    fields = [*fields, ("WARC-Profile", IDENTICAL_PAYLOAD), *refers_to, ("WARC-Payload-Digest", payload_digest)]
    return record("revisit", identity, date, fields, "application/http; msgtype=response", head)


def request(date: str, fields: Fields, answered_by: str, message: bytes) -> bytes:
    """The request that the record `answered_by` is the answer to."""
    fields = [*fields, ("WARC-Concurrent-To", answered_by)]
    return record("request", new_id(), date, fields, "application/http; msgtype=request", message)


def rendered(url: str, content_type: str, body: bytes) -> bytes:
    """What a browser made of a page: no answer of the site's, so a `resource`, and under an address of its own.

    WARC 1.1 has `conversion` for what was made out of an archived record; here there is none, the browser has
    fetched the page itself, and what the site answered it is not known. Under the page's own address it would be
    replayed as if the site had sent it.
    """
    fields = [("WARC-Target-URI", RENDERED + url), ("WARC-Payload-Digest", digest(body))]
    return record("resource", new_id(), moment(datetime.now(UTC)), fields, content_type, body)
