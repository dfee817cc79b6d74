"""The certificate of the site: who issued it, for which names and how long, and why a connection is refused."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from cryptography import x509
from cryptography.x509.oid import NameOID

from vokcrawl.doctor.checks import shorten

__all__ = ["Certificate", "Refusal", "find_refusal", "received_certificate"]

_MOST_NAMES = 5
# Results of OpenSSL (X509_V_ERR_…).
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _UNKNOWN_ISSUERS, _OTHER_NAMES = 9, 10, 18, (2, 19, 20, 21), (62, 64)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate. `names` are the hosts that it is for; `valid_from` and `valid_until` are in UTC, in ISO 8601."""

    issuer: str
    names: list[str]
    valid_from: str
    valid_until: str

    def days_left(self, now: datetime) -> int:
        """For how many days it is still valid."""
        return (datetime.fromisoformat(self.valid_until) - now).days


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no TLS connection to the site: a sentence, and the certificate, if one was sent."""

    text: str
    certificate: Certificate | None = None


def received_certificate(certificate: Any) -> Certificate | None:
    """The certificate of a response of Scrapy; None without TLS."""
    original = getattr(certificate, "original", None)
    return _certificate(original.to_cryptography()) if original is not None else None


def find_refusal(url: str, seconds: float) -> Refusal | None:
    """Connect to the host of an https URL, without a request, and say why TLS fails.

    None if it does not, or if there is no connection at all. `seconds` is the time for each connection.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or ("https" in getproxies() and not proxy_bypass(host)):
        return None
    try:
        plain = socket.create_connection((host, port), seconds)
    except OSError:
        return None
    try:
        _handshake(plain, host, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        certificate = _sent_certificate(host, port, seconds)
        return Refusal(_reason(host, error, certificate), certificate)
    except OSError as error:
        reason = (getattr(error, "reason", None) or str(error) or type(error).__name__).replace("_", " ").lower()
        return Refusal(f"{host}:{port} does not complete a TLS handshake ({shorten(reason)})")
    return None


def _handshake(plain: socket.socket, host: str, context: ssl.SSLContext) -> bytes:
    """The certificate of a host in DER form; the connection is closed. Raises `OSError`."""
    with plain, context.wrap_socket(plain, server_hostname=host) as secure:
        return secure.getpeercert(binary_form=True) or b""


def _sent_certificate(host: str, port: int, seconds: float) -> Certificate | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is sent or read; only the certificate is read.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        sent = _handshake(socket.create_connection((host, port), seconds), host, context)
        return _certificate(x509.load_der_x509_certificate(sent))
    except (OSError, ValueError):
        return None


def _reason(host: str, error: ssl.SSLCertVerificationError, certificate: Certificate | None) -> str:
    subject = f"the certificate of {host}"
    if certificate is None:
        return f"{subject} is not valid ({error.verify_message})"
    sentences = {
        _NOT_YET_VALID: f"is valid only from {certificate.valid_from} on",
        _EXPIRED: f"expired on {certificate.valid_until}",
        _SELF_SIGNED: "is self-signed: no authority confirms that this is the site",
        **dict.fromkeys(_UNKNOWN_ISSUERS, f"was issued by {certificate.issuer!r}, which this system does not trust"),
        **dict.fromkeys(_OTHER_NAMES, f"is for {', '.join(certificate.names) or 'no host'}"),
    }
    return f"{subject} {sentences.get(error.verify_code, f'is not valid ({error.verify_message})')}"


def _certificate(found: x509.Certificate) -> Certificate:
    return Certificate(
        _issuer(found.issuer),
        _names(found)[:_MOST_NAMES],
        _iso(found.not_valid_before_utc),
        _iso(found.not_valid_after_utc),
    )


def _issuer(name: x509.Name) -> str:
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(kind):
            return shorten(str(attribute.value))
    return "unknown"


def _names(found: x509.Certificate) -> list[str]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    hosts = extension.get_values_for_type(x509.DNSName)
    return [shorten(str(each)) for each in (*hosts, *extension.get_values_for_type(x509.IPAddress))]


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
