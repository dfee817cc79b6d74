"""Requests tokens from an authority, and checks them offline."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import requests
from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from vokcrawl.errors import UsageError
from vokcrawl.normalize import utc
from vokcrawl.storage.output_folder import (
    TIMESTAMP_ENDING,
    OutputFolder,
    in_run_order,
    matching,
    translate_os_errors,
    write_whole,
)

# A token with its certificates has some kilobytes.
_MAX_BYTES = 1 << 16
_CONNECT_SECONDS, _READ_SECONDS = 5, 10
# The start of an integer of one byte in DER.
_SMALL_INTEGER = b"\x02\x01"
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class TokenError(Exception):
    """A token cannot be obtained, or does not prove anything. The message says why."""


def add_token(folder: OutputFolder, url: str) -> Path | None:
    """Request a token for the newest manifest, and return the file written; None if it has one.

    Because manifests are a chain, this token vouches for all before it, too. Raises `TokenError` or `StorageError`.
    """
    manifest = in_run_order(matching(folder.runs, ".json"))[-1]
    token = manifest.with_suffix(TIMESTAMP_ENDING)
    if token.exists():
        return None
    with translate_os_errors(manifest):
        content = manifest.read_bytes()
    write_whole(token, request_token(url, content))
    return token


def request_token(url: str, content: bytes) -> bytes:
    """Request a token for some content, and return the response of the authority. Raises `TokenError`."""
    query = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        # Redirects are not followed: the URL is that of the authority.
        with requests.post(
            url,
            data=query.as_bytes(),
            headers=headers,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            allow_redirects=False,
            stream=True,
        ) as response:
            if response.status_code != 200:
                raise TokenError(f"the authority answered {response.status_code}")
            answer = response.raw.read(_MAX_BYTES + 1, decode_content=True)
    except requests.RequestException as failure:
        raise TokenError(f"no answer: {type(failure).__name__}") from failure
    except OSError as failure:
        raise TokenError(f"no complete answer: {type(failure).__name__}") from failure
    if len(answer) > _MAX_BYTES:
        raise TokenError(f"the answer is longer than {_MAX_BYTES} bytes")
    token = _parse(answer)
    _check_imprint(token, content)
    if token.tst_info.nonce != query.nonce:
        raise TokenError("the answer is not for this request (wrong nonce)")
    return bytes(answer)


def token_faults(folder: OutputFolder, certificates: Sequence[x509.Certificate]) -> Iterator[tuple[Path, str]]:
    """Yield the tokens that prove nothing, each with the reason.

    Without `certificates`, only their digest is compared with the manifest; anyone can make such a token.
    """
    for path in in_run_order(matching(folder.runs, TIMESTAMP_ENDING)):
        manifest = path.with_suffix(".json")
        try:
            with translate_os_errors(path):
                answer = path.read_bytes()
            if not manifest.exists():
                raise TokenError("the manifest that it belongs to is missing")
            with translate_os_errors(manifest):
                content = manifest.read_bytes()
            check_token(answer, content, certificates)
        except TokenError as fault:
            yield path, str(fault)


def check_token(answer: bytes, content: bytes, certificates: Sequence[x509.Certificate]) -> None:
    """Check a stored token. Raises `TokenError`."""
    token = _parse(answer)
    _check_imprint(token, content)
    if not certificates:
        return
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(certificates):
        add = builder.add_root_certificate if _is_root(certificate) else builder.add_intermediate_certificate
        builder = add(certificate)
    try:
        builder.build().verify_message(token, content)
    except VerificationError as fault:
        raise TokenError("its signature is not that of the given authority") from fault


def token_time(answer: bytes, content: bytes) -> datetime:
    """Return the time of a stored token for some content, in UTC. Its signature is not checked. Raises `TokenError`."""
    token = _parse(answer)
    _check_imprint(token, content)
    return token.tst_info.gen_time


def manifest_time(manifest: Path) -> str:
    """Return the time of the token of a manifest, in UTC, as records have it. Raises `TokenError`, `StorageError`."""
    token = manifest.with_suffix(TIMESTAMP_ENDING)
    with translate_os_errors(token):
        answer = token.read_bytes()
    with translate_os_errors(manifest):
        return utc(token_time(answer, manifest.read_bytes()))


def read_certificates(name: str) -> list[x509.Certificate]:
    """Read the certificates of authorities from a PEM file, with a root among them. Raises `UsageError`."""
    try:
        content = Path(name).read_bytes()
        with warnings.catch_warnings():
            # Certificates of old authorities break rules of today, which is no concern of the user.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            found = x509.load_pem_x509_certificates(content)
            has_root = any(map(_is_root, found))
    except OSError as failure:
        raise UsageError(f"--tsa-cert: {name}: {failure.strerror}; give a readable PEM file") from failure
    except ValueError as fault:
        raise UsageError(f"--tsa-cert: {name}: contains no certificate in PEM format") from fault
    if not has_root:
        raise UsageError(
            f"--tsa-cert: {name}: contains no root certificate, only certificates that others have signed; add that of "
            "the authority's root"
        )
    return found


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def _parse(answer: bytes) -> TimeStampResponse:
    try:
        token = decode_timestamp_response(answer)
        if PKIStatus(token.status) == PKIStatus.GRANTED_WITH_MODS:
            # A valid token with other options than requested. `VerifierBuilder` knows only the other status.
            token = decode_timestamp_response(_as_granted(answer))
        if PKIStatus(token.status) != PKIStatus.GRANTED:
            raise TokenError(f"the authority refused the request (status {token.status})")
        token.tst_info  # noqa: B018  raises without a token
    except ValueError as fault:
        raise TokenError("it is not a timestamp response (RFC 3161)") from fault
    return token


def _as_granted(answer: bytes) -> bytes:
    """Return a response with the status `granted`, which is not signed. It is the first value of the inner sequence."""
    at = _content_start(answer, _content_start(answer, 0))
    if answer[at : at + 2] != _SMALL_INTEGER:
        raise ValueError("no status")
    return answer[: at + 2] + bytes([PKIStatus.GRANTED]) + answer[at + 3 :]


def _content_start(der: bytes, at: int) -> int:
    """Return where the content of the value at an offset begins (X.690, 8.1.3)."""
    length = der[at + 1]
    return at + 2 + (length & 0x7F if length & 0x80 else 0)


def _check_imprint(token: TimeStampResponse, content: bytes) -> None:
    imprint = token.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(content).digest():
        raise TokenError("it is a token for other content than the manifest")
