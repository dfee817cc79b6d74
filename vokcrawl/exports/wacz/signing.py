"""The signature of a WACZ file by a local key and certificate (https://specs.webrecorder.net/wacz-auth/0.1.0/).

The key signs the digest of `datapackage.json`, which has the digests of everything else.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from vokcrawl import __version__
from vokcrawl.errors import UsageError

_EXAMPLE = "create one with `openssl ecparam -genkey -name prime256v1 -noout`"


@dataclass(frozen=True)
class LocalSigner:
    """Signs with a key; the certificates are its own and those above it, as PEM."""

    key: EllipticCurvePrivateKey
    certificates: str
    domain: str
    created: str

    @classmethod
    def read(cls, key_file: str, certificate_file: str) -> LocalSigner:
        """Read key and certificates from PEM files. Raises `UsageError` if they are invalid or do not match."""
        try:
            key = load_pem_private_key(_read("--sign-key", key_file), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
            raise UsageError(
                f"--sign-key: {key_file}: not an unencrypted private key in PEM format; {_EXAMPLE}"
            ) from fault
        if not isinstance(key, EllipticCurvePrivateKey):
            raise UsageError(f"--sign-key: {key_file}: not an elliptic curve key; {_EXAMPLE}")
        try:
            certificates = x509.load_pem_x509_certificates(_read("--sign-cert", certificate_file))
        except ValueError as fault:
            raise UsageError(f"--sign-cert: {certificate_file}: contains no certificate in PEM format") from fault
        if _public(certificates[0].public_key()) != _public(key.public_key()):
            raise UsageError(
                f"--sign-cert: {certificate_file}: the first certificate is not that of the key {key_file}"
            )
        pem = "".join(each.public_bytes(Encoding.PEM).decode() for each in certificates)
        return cls(key, pem, _name(certificates[0]), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")

    def sign(self, digest: str) -> dict[str, str]:
        """Return the signed data for the labelled digest of `datapackage.json`."""
        signature = self.key.sign(digest.encode("ascii"), ECDSA(SHA256()))
        return {
            "hash": digest,
            "signature": base64.b64encode(signature).decode(),
            "domain": self.domain,
            "domainCert": self.certificates,
            "created": self.created,
            "software": f"vokcrawl/{__version__}",
            "version": "0.1.0",
        }


def _read(option: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as failure:
        raise UsageError(f"{option}: {name}: {failure.strerror}; give a readable PEM file") from failure


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]


def _name(certificate: x509.Certificate) -> str:
    """Return the name that a certificate was issued for: its first DNS name, or else its common name."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if domains := names.get_values_for_type(x509.DNSName):
            return domains[0]
    except x509.ExtensionNotFound:
        pass
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else ""
