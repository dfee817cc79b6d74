"""Faults that the hostile server can cause. Each one takes over the exchange and ends it badly."""

from __future__ import annotations

import asyncio
import gzip
import math
import re
import struct
import time
import zlib
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache

from tests.support.faulty_server import Exchange, Fault, head

HTML = ("Content-Type", "text/html; charset=utf-8")
MEGABYTE = 1024 * 1024
LOOP = re.compile(r"[?&]loop=(\d+)")


# The site says: not now


def asks(seconds: int, status: int = 429, *, by_date: bool = False) -> Fault:
    """A refusal with `Retry-After`, in seconds or as a date (which has whole seconds, and is never earlier)."""

    async def fault(exchange: Exchange) -> None:
        asked = float(str(seconds))
        if by_date:
            moment = datetime.fromtimestamp(math.ceil(time.time() + seconds), UTC)
            header = format_datetime(moment, usegmt=True)
            asked = (moment - datetime.now(UTC)).total_seconds()
        else:
            header = str(seconds)
        exchange.seen.asked = asked
        await exchange.send(status, [HTML, ("Retry-After", header)], b"<html><body>Slow down</body></html>")

    fault.__name__ = f"asks_{status}_{'date' if by_date else 'seconds'}"
    return fault


async def too_many(exchange: Exchange) -> None:
    """A 429 without `Retry-After`."""
    await exchange.send(429, [HTML], b"<html><body>Slow down</body></html>")


async def error_500(exchange: Exchange) -> None:
    await exchange.send(500, [HTML], b"<html><body>Error</body></html>")


async def unavailable(exchange: Exchange) -> None:
    await exchange.send(503, [HTML], b"<html><body>Back soon</body></html>")


# The connection


async def reset_before(exchange: Exchange) -> None:
    exchange.reset()


async def reset_middle(exchange: Exchange) -> None:
    """Half of the page, then an RST."""
    status, headers, body = exchange.answer()
    await exchange.write(head(status, headers) + body[: len(body) // 2])
    # So that the half is on its way before the reset overtakes it.
    await asyncio.sleep(0.02)
    exchange.reset()


async def empty_reply(exchange: Exchange) -> None:
    """Closed without a byte."""
    exchange.close()


async def drip(exchange: Exchange) -> None:
    """A byte now and then, without end."""
    status, headers, body = exchange.answer()
    await exchange.write(head(status, headers))
    for place in range(len(body)):
        await exchange.write(body[place : place + 1])
        await asyncio.sleep(0.1)


async def silence(exchange: Exchange) -> None:
    """Nothing for a minute."""
    await asyncio.sleep(60)
    exchange.close()


# What the answer says of itself


async def length_too_long(exchange: Exchange) -> None:
    """The Content-Length is greater than the body."""
    status, headers, body = exchange.answer()
    await exchange.write(head(status, _with_length(headers, len(body) + 1000)) + body)
    exchange.close()


async def length_too_short(exchange: Exchange) -> None:
    """The Content-Length is less than the page: it is cut off in the middle, without a sign of it on the wire."""
    status, headers, body = exchange.answer()
    await exchange.write(head(status, _with_length(headers, len(body) // 2)) + body)
    exchange.close()


async def ends_in_the_middle(exchange: Exchange) -> None:
    """Half of a page with a matching Content-Length: the program behind the server has died."""
    status, headers, body = exchange.answer()
    half = body[: len(body) // 2]
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(half), half)
    kept = [(name, value) for name, value in headers if name != "Content-Length"]
    await exchange.write(head(status, [*kept, ("Transfer-Encoding", "chunked")]) + chunk)


async def truncated_gzip(exchange: Exchange) -> None:
    """Half of a compressed page, with a matching Content-Length."""
    status, headers, body = exchange.answer()
    packed = gzip.compress(body)
    await _packed(exchange, status, headers, packed[: len(packed) // 2])


async def corrupt_gzip(exchange: Exchange) -> None:
    """A compressed page with some bytes changed."""
    status, headers, body = exchange.answer()
    packed = bytearray(gzip.compress(body))
    for place in range(len(packed) // 2, len(packed) // 2 + 8):
        packed[place] ^= 0xFF
    await _packed(exchange, status, headers, bytes(packed))


async def no_gzip(exchange: Exchange) -> None:
    """Declared as gzip, but not compressed."""
    status, headers, body = exchange.answer()
    await _packed(exchange, status, headers, body)


async def good_gzip(exchange: Exchange) -> None:
    """No fault: gzip with two members, which is valid."""
    status, headers, body = exchange.answer()
    half = len(body) // 2
    await _packed(exchange, status, headers, gzip.compress(body[:half]) + gzip.compress(body[half:]))


async def wrong_charset(exchange: Exchange) -> None:
    """UTF-8, declared as Korean."""
    status, headers, body = exchange.answer()
    kept = _without(headers, "content-type", "content-length")
    body += "<!-- 모란봉 -->".encode()
    await exchange.send(status, [("Content-Type", "text/html; charset=euc-kr"), *kept], body)


# Where it leads


async def redirect_loop(exchange: Exchange) -> None:
    """From each URL to another one, without end."""
    found = LOOP.search(exchange.seen.target)
    path = exchange.seen.target.partition("?")[0]
    await _redirect(exchange, f"{path}?loop={int(found[1]) + 1 if found else 1}")


def leads_to(url: str) -> Fault:
    """A redirect to another host or port, with the same path."""

    async def fault(exchange: Exchange) -> None:
        await _redirect(exchange, url + exchange.seen.target)

    fault.__name__ = "leads_elsewhere"
    return fault


async def header_injection(exchange: Exchange) -> None:
    """A Location with an encoded line break and a header, and one with them unencoded."""
    path = exchange.seen.target.partition("?")[0]
    lines = [
        "HTTP/1.1 302 Found",
        f"Location: {path}%0d%0aX-Injected:%20yes%0d%0a/",
        "Set-Cookie: injected=yes",
        "Content-Length: 0",
    ]
    await exchange.write("\r\n".join([*lines, "", ""]).encode())


async def header_injection_raw(exchange: Exchange) -> None:
    """A Location with bare line feeds and a NUL in it."""
    path = exchange.seen.target.partition("?")[0]
    await exchange.write(
        f"HTTP/1.1 302 Found\r\nLocation: {path}\rX-Injected: yes\r/\0\r\nContent-Length: 0\r\n\r\n".encode()
    )


async def path_traversal(exchange: Exchange) -> None:
    """A redirect to a URL whose slug has `..` segments."""
    path = exchange.seen.target.partition("?")[0].rstrip("/").rpartition("/")[0]
    await _redirect(exchange, f"{path}/..%2f..%2f..%2f..%2f..%2f..%2ftmp%2fclimbed/")


# Too much of it


async def huge(exchange: Exchange) -> None:
    """Fifty megabytes, with a Content-Length."""
    await exchange.write(head(200, [HTML, ("Content-Length", str(50 * MEGABYTE))]))
    await _pour(exchange, b"<p>" + b"x" * (MEGABYTE - 3), 50)


async def huge_unannounced(exchange: Exchange) -> None:
    """Fifty megabytes, without a Content-Length."""
    await exchange.write(head(200, [HTML, ("Connection", "close")]))
    await _pour(exchange, b"<p>" + b"x" * (MEGABYTE - 3), 50)
    exchange.close()


async def bomb(exchange: Exchange) -> None:
    """Five hundred megabytes of zeros in half a megabyte; this server never holds them in memory either."""
    first = zlib.compressobj(9, wbits=-15)
    # Each block is compressed on its own, so one compressed megabyte serves for all.
    block = first.compress(bytes(MEGABYTE)) + first.flush(zlib.Z_FULL_FLUSH)
    await exchange.write(head(200, [HTML, ("Content-Encoding", "gzip"), ("Connection", "close")]))
    await exchange.write(gzip.compress(b"")[:10])
    await _pour(exchange, block, 500)
    checks = struct.pack("<II", _crc_of_zeros(500), 500 * MEGABYTE)
    await exchange.write(zlib.compressobj(9, wbits=-15).flush() + checks)
    exchange.close()


@cache
def _crc_of_zeros(megabytes: int) -> int:
    crc, zeros = 0, bytes(MEGABYTE)
    for _ in range(megabytes):
        crc = zlib.crc32(zeros, crc)
    return crc


async def deeply_nested(exchange: Exchange) -> None:
    """A hundred thousand nested elements."""
    depth = 100_000
    await exchange.send(
        200, [HTML], b"<html><body>" + b"<div>" * depth + b"deep" + b"</div>" * depth + b"</body></html>"
    )


async def entity_bomb(exchange: Exchange) -> None:
    """A "billion laughs" XML feed instead of a page."""
    await exchange.send(200, [("Content-Type", "application/rss+xml")], _laughs("rss"))


async def entity_bomb_as_html(exchange: Exchange) -> None:
    """The same, declared as HTML."""
    await exchange.send(200, [HTML], _laughs("html"))


def _laughs(root: str) -> bytes:
    entities = ['<!ENTITY lol "lol">', *(f'<!ENTITY lol{n} "{f"&lol{n - 1 or str()};" * 10}">' for n in range(1, 10))]
    doctype = f"<!DOCTYPE {root} [{''.join(entities)}]>"
    return (
        f'<?xml version="1.0"?>{doctype}<{root}><channel><item><title>&lol9;</title></item></channel></{root}>'.encode()
    )


async def _pour(exchange: Exchange, piece: bytes, times: int) -> None:
    for _ in range(times):
        await exchange.write(piece)


async def _redirect(exchange: Exchange, location: str) -> None:
    await exchange.send(302, [("Location", location)])


async def _packed(exchange: Exchange, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    kept = _without(headers, "content-length", "etag", "last-modified")
    await exchange.send(status, [*kept, ("Content-Encoding", "gzip")], body)


def _with_length(headers: list[tuple[str, str]], length: int) -> list[tuple[str, str]]:
    return [*_without(headers, "content-length"), ("Content-Length", str(length))]


def _without(headers: list[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in names]
