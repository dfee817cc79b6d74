"""Requests tokens from an authority, and checks them offline."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests
from cryptography import x509
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
# Tokens that are requested after a run: for its manifest, and for the newest of those that have none.
_MAX_TOKENS = 5
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


class TokenError(Exception):
    """A token cannot be obtained, or does not prove anything. The message says why."""


def add_missing_tokens(folder: OutputFolder, url: str, seconds: float) -> list[Path]:
    """Request tokens for the newest manifests that have none, and return the files written.

    Stops after the first failure, or when `seconds` are over. Raises `TokenError` or `StorageError`.
    """
    deadline = time.monotonic() + seconds
    written: list[Path] = []
    for manifest in reversed(in_run_order(matching(folder.runs, ".json"))):
        token = manifest.with_suffix(TIMESTAMP_ENDING)
        if token.exists():
            continue
        if len(written) == _MAX_TOKENS or time.monotonic() > deadline:
            break
        with translate_os_errors(manifest):
            content = manifest.read_bytes()
        write_whole(token, request_token(url, content))
        written.append(token)
    return written


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
    try:
        for certificate in dict.fromkeys(certificates):
            is_root = certificate.issuer == certificate.subject
            builder = (builder.add_root_certificate if is_root else builder.add_intermediate_certificate)(certificate)
        verifier = builder.build()
    except ValueError as fault:
        raise UsageError(f"--tsa-cert: {fault}; give the root certificate of the authority") from fault
    try:
        verifier.verify_message(token, content)
    except VerificationError as fault:
        raise TokenError("its signature is not that of the given authority") from fault


def read_certificates(name: str) -> list[x509.Certificate]:
    """Read the certificates of authorities from a PEM file. Raises `UsageError`."""
    try:
        return x509.load_pem_x509_certificates(Path(name).read_bytes())
    except OSError as failure:
        raise UsageError(f"--tsa-cert: {name}: {failure.strerror}; give a readable PEM file") from failure
    except ValueError as fault:
        raise UsageError(f"--tsa-cert: {name}: contains no certificate in PEM format") from fault


def _parse(answer: bytes) -> TimeStampResponse:
    try:
        token = decode_timestamp_response(answer)
        if PKIStatus(token.status) != PKIStatus.GRANTED:
            raise TokenError(f"the authority refused the request (status {token.status})")
        token.tst_info  # noqa: B018  raises without a token
    except ValueError as fault:
        raise TokenError("it is not a timestamp response (RFC 3161)") from fault
    return token


def _check_imprint(token: TimeStampResponse, content: bytes) -> None:
    imprint = token.tst_info.message_imprint
    if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(content).digest():
        raise TokenError("it is a token for other content than the manifest")
