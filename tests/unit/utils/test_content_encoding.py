"""A compressed body that is not complete is not taken for a page."""

from __future__ import annotations

import contextlib
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError
from scrapy.utils._compression import brotli, zstd

from vokcrawl.utils.content_encoding import CorruptBody, decompress

PAGE = b"<html><body>" + bytes(range(256)) * 40 + b"</body></html>"
MOST = 100_000


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKED = {
    "gzip": (b"gzip", gzip.compress),
    "x-gzip": (b" X-GZip ", gzip.compress),
    "deflate": (b"deflate", zlib.compress),
    "deflate without its header": (b"deflate", raw_deflate),
    "br": (b"br", brotli.compress),
    "zstd": (b"zstd", zstd.compress),
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_whole_body_is_unpacked(kind: str) -> None:
    name, pack = PACKED[kind]
    assert decompress(pack(PAGE), [name], MOST) == PAGE
    assert decompress(b"", [name], MOST) == b""


@pytest.mark.parametrize("kind", PACKED)
def test_a_body_without_its_end_is_a_loss(kind: str) -> None:
    name, pack = PACKED[kind]
    packed = pack(PAGE)
    for kept in (2, len(packed) // 2, len(packed) - 1):
        with pytest.raises(ResponseDataLossError):
            decompress(packed[:kept], [name], MOST)


@pytest.mark.parametrize("kind", PACKED)
def test_a_body_that_is_not_packed_so_is_corrupt(kind: str) -> None:
    name, _ = PACKED[kind]
    with pytest.raises((CorruptBody, ResponseDataLossError)):
        decompress(PAGE, [name], MOST)


@pytest.mark.parametrize("kind", PACKED)
def test_a_decompression_bomb_is_not_expanded(kind: str) -> None:
    name, pack = PACKED[kind]
    with pytest.raises(DownloadCancelledError):
        decompress(pack(bytes(50 * MOST)), [name], MOST)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_streams_may_follow_each_other_but_not_without_end(name: str) -> None:
    encoding, pack = PACKED[name]
    assert decompress(pack(PAGE) + pack(PAGE), [encoding], MOST) == PAGE + PAGE
    assert decompress(pack(PAGE) + bytes(40), [encoding], MOST) == PAGE
    with pytest.raises(CorruptBody):
        decompress(pack(b"") * 100_000, [encoding], MOST)


def test_a_body_packed_twice_is_unpacked_twice_and_what_is_not_known_stays_packed() -> None:
    twice = gzip.compress(zlib.compress(PAGE))
    assert decompress(twice, [b"deflate, gzip"], MOST) == PAGE
    assert decompress(twice, [b"deflate", b"gzip"], MOST) == PAGE
    assert decompress(PAGE, [b"x-unknown"], MOST) == PAGE
    assert decompress(PAGE, [b"identity"], MOST) == PAGE
    assert decompress(PAGE, [], MOST) == PAGE


@given(st.binary(max_size=200), st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"gzip, br", b",", b"\xff"]))
def test_any_bytes_are_unpacked_or_refused(body: bytes, encoding: bytes) -> None:
    with contextlib.suppress(ResponseDataLossError, DownloadCancelledError):
        assert len(decompress(body, [encoding], MOST)) <= MOST
