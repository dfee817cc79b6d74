"""The parts of a WACZ file: keys and blocks of its index, and its signature."""

from __future__ import annotations

import base64
import gzip
import io
import json
import subprocess
from pathlib import Path

import pytest

from tests.support.warc_captures import record
from vokcrawl.errors import UsageError
from vokcrawl.exports.wacz.captures import Captures
from vokcrawl.exports.wacz.cdxj import index_line, search_key, write_index
from vokcrawl.exports.wacz.package import Package
from vokcrawl.exports.wacz.signing import LocalSigner


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://kcnawatch.org/newstream/17-1/Works-Done/", "org,kcnawatch)/newstream/17-1/works-done"),
        ("http://www.kcnawatch.org", "org,kcnawatch)/"),
        ("https://www2.example.com:443/?b=2&a=1", "com,example)/?a=1&b=2"),
        ("http://127.0.0.1:8080/x?s=", "1,0,0,127:8080)/x?s="),
        ("urn:rendered:http://example.com/", "urn:rendered:http://example.com/"),
    ],
)  # fmt: skip
def test_keys_of_urls(url: str, key: str) -> None:
    assert search_key(url) == key


def test_the_index_has_blocks_that_can_be_read_alone() -> None:
    lines = [
        index_line(f"com,example)/{number:05}", "20241210060000", {"offset": str(number)}) for number in range(2500)
    ]
    file = io.BytesIO()
    header, *blocks = write_index(lines, file)
    assert header == b'!meta 0 {"format":"cdxj-gzip-1.0","filename":"index.cdx.gz"}\n'
    assert gzip.decompress(file.getvalue()) == b"".join(lines)
    assert len(blocks) == 3
    for number, block in enumerate(blocks):
        key, timestamp, place = block.decode().split(" ", 2)
        found = json.loads(place)
        packed = file.getvalue()[found["offset"] : found["offset"] + found["length"]]
        assert gzip.decompress(packed).splitlines(keepends=True)[0] == lines[1024 * number]
        assert lines[1024 * number].startswith(f"{key} {timestamp} ".encode())


def openssl(folder: Path, *command: str) -> bytes:
    return subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    openssl(tmp_path, "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "key.pem")
    subject = ["-subj", "/CN=archive", "-addext", "subjectAltName=DNS:archive.example"]
    openssl(tmp_path, "req", "-x509", "-new", "-key", "key.pem", "-out", "cert.pem", "-days", "2", *subject)
    return tmp_path


def test_openssl_verifies_a_signature(keys: Path) -> None:
    signed = LocalSigner.read(str(keys / "key.pem"), str(keys / "cert.pem")).sign("sha256:ab")
    assert (signed["hash"], signed["domain"]) == ("sha256:ab", "archive.example")
    (keys / "signature").write_bytes(base64.b64decode(signed["signature"]))
    (keys / "signed").write_text("sha256:ab", encoding="ascii")
    (keys / "sent.pem").write_text(signed["domainCert"], encoding="ascii")
    (keys / "public.pem").write_bytes(openssl(keys, "x509", "-in", "sent.pem", "-pubkey", "-noout"))
    openssl(keys, "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed")
    (keys / "signed").write_text("sha256:ac", encoding="ascii")
    with pytest.raises(subprocess.CalledProcessError):
        openssl(keys, "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed")


def test_keys_that_cannot_sign_are_named(keys: Path) -> None:
    openssl(keys, "genrsa", "-out", "rsa.pem", "2048")
    openssl(keys, "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "other.pem")
    for key, certificate, saying in (
        ("missing.pem", "cert.pem", "--sign-key: .*missing.pem: No such file"),
        ("cert.pem", "cert.pem", "not an unencrypted private key"),
        ("rsa.pem", "cert.pem", "not an elliptic curve key"),
        ("key.pem", "key.pem", "--sign-cert: .*key.pem: contains no certificate"),
        ("other.pem", "cert.pem", "the first certificate is not that of the key"),
    ):
        with pytest.raises(UsageError, match=saying):
            LocalSigner.read(str(keys / key), str(keys / certificate))


def test_progress_counts_the_bytes_that_are_read_and_copied(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    path.write_bytes(b"".join(record(f"http://site.example/{number}", bytes(5000)) for number in range(500)))
    read: list[int] = []
    captures = Captures()
    captures.add(path, read.append)
    captures.close()
    assert len(read) == 500
    assert 0.9 * path.stat().st_size < sum(read) < path.stat().st_size
    copied: list[int] = []
    package = Package(tmp_path / "x.wacz")
    package.add_file(path, "archive/x.warc", copied.append)
    package.finish({}, None)
    assert sum(copied) == path.stat().st_size
