"""`scrapy doctor` on sites with TLS: what it says of a good certificate, and why it refuses a bad one."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.commands.test_doctor import visit
from tests.support.altered_responses import redirect
from tests.support.commands import Serving
from tests.support.hostile_site import HostileSite
from tests.support.recording_server import RecordingServer
from vokcrawl.doctor.certificates import Refusal, find_refusal

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
LISTING = "/article/163/"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this system trusts as long as the test."""
    made = trustme.CA(organization_name="Test Authority")
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def secure(stack: ExitStack, certificate: trustme.LeafCert) -> RecordingServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return stack.enter_context(RecordingServer(HostileSite(25), tls=context))


def refused(server: RecordingServer) -> Refusal:
    found = find_refusal(server.url, 10)
    assert found is not None
    # Only the certificate was asked for.
    assert server.exchanged == []
    return found


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    begun = begun.serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(begun.sign(key, hashes.SHA256()).public_bytes(pem))
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, kind, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_good_certificate_is_no_refusal(authority: trustme.CA, stack: ExitStack) -> None:
    assert find_refusal(secure(stack, authority.issue_cert("127.0.0.1")).url, 10) is None


def test_certificate_of_an_unknown_authority(authority: trustme.CA, stack: ExitStack) -> None:
    other = trustme.CA(organization_name="Another Authority").issue_cert("127.0.0.1")
    found = refused(secure(stack, other))
    assert (
        found.text == "the certificate of 127.0.0.1 was issued by 'Another Authority', which this system does not trust"
    )


def test_certificate_for_another_name(authority: trustme.CA, stack: ExitStack) -> None:
    found = refused(secure(stack, authority.issue_cert("a.test", "b.test")))
    assert found.text == "the certificate of 127.0.0.1 is for a.test, b.test"
    assert found.certificate is not None
    assert found.certificate.issuer == "Test Authority"


@pytest.mark.parametrize(
    ("begin", "end", "text"),
    [(-9, -2, "expired on {end}"), (2, 9, "is valid only from {begin} on")],
    ids=["expired", "not yet valid"],
)
def test_certificate_at_another_time(authority: trustme.CA, stack: ExitStack, begin: int, end: int, text: str) -> None:
    days = {"begin": NOW + begin * DAY, "end": NOW + end * DAY}
    issued = authority.issue_cert("127.0.0.1", not_before=days["begin"], not_after=days["end"])
    shown = {name: day.strftime("%Y-%m-%dT%H:%M:%SZ") for name, day in days.items()}
    assert refused(secure(stack, issued)).text == f"the certificate of 127.0.0.1 {text.format(**shown)}"


def test_self_signed_certificate(authority: trustme.CA, stack: ExitStack, tmp_path: Path) -> None:
    server = stack.enter_context(RecordingServer(HostileSite(2), tls=self_signed(tmp_path)))
    assert refused(server).text == (
        "the certificate of 127.0.0.1 is self-signed: no authority confirms that this is the site"
    )


def test_server_without_tls(serve: Serving) -> None:
    server = serve(2)
    found = find_refusal(server.url.replace("http://", "https://"), 10)
    assert found is not None
    assert f"{server.url[7:]} does not complete a TLS handshake (" in found.text
    assert find_refusal(server.url, 10) is None


def test_visit_shows_issuer_and_end_of_the_certificate_and_redirects_down_to_http(
    authority: trustme.CA, stack: ExitStack, output: Path
) -> None:
    server = secure(stack, authority.issue_cert("127.0.0.1", not_after=NOW + 5 * DAY))
    site = server.site
    assert isinstance(site, HostileSite)
    plain = server.url.replace("https://", "http://")
    site.change(LISTING, redirect(f"{plain}{LISTING}?all=1"), times=1)
    done, found = visit(server.url + LISTING, output)
    end = (NOW + 5 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert done.code == 0, done.stdout
    assert f"certificate: issued by Test Authority for 127.0.0.1, valid until {end}" in done.stdout
    texts = [each["text"] for each in found["remarks"]]
    assert f"the certificate of the site is valid until {end} only" in texts
    assert f"{server.url}{LISTING} is redirected from https to http ({plain}{LISTING}?all=1)" in texts
    assert len(server.exchanged) <= 15


def test_visit_of_a_site_with_a_bad_certificate_ends_with_14_and_one_sentence(
    authority: trustme.CA, stack: ExitStack, output: Path
) -> None:
    server = secure(stack, authority.issue_cert("127.0.0.1", not_before=NOW - 9 * DAY, not_after=NOW - DAY))
    done, found = visit(server.url + LISTING, output)
    end = (NOW - DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (done.code, found["conclusion"]) == (14, "not ready")
    assert [each["text"] for each in found["remarks"]] == [
        f"no secure connection: the certificate of 127.0.0.1 expired on {end}"
    ]
    assert found["refusal"]["certificate"]["issuer"] == "Test Authority"
    assert server.exchanged == []
    done, found = visit(server.url + LISTING, output, "-s", "DOWNLOAD_VERIFY_CERTIFICATES=0")
    assert done.code == 10
    assert f"expired on {end}; DOWNLOAD_VERIFY_CERTIFICATES is off" in found["remarks"][0]["text"]
