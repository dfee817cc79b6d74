"""Manifests get timestamp tokens of a real authority, which never change a run, and can be checked offline."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.browse_server import archive as sample_archive
from tests.support.browse_server import freeze, identity, opened
from tests.support.children import ROOT
from tests.support.commands import ALWAYS, scrapy
from tests.support.crawling import Crawl, run_crawl
from tests.support.in_process import run_command
from tests.support.timestamp_authority import Authority, timestamp_authority
from vokcrawl.browse import queries
from vokcrawl.browse.others import OtherArchive
from vokcrawl.commands.verify import Command
from vokcrawl.errors import UsageError
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.storage.output_folder import in_run_order
from vokcrawl.timestamps.tokens import TokenError, check_token, read_certificates, request_token
from vokcrawl.warc.validation import responses

Crawling = Callable[..., Crawl]


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[Authority]:
    with timestamp_authority(tmp_path / "tsa") as made:
        yield made


def tokens(output: Path) -> list[str]:
    return [path.name for path in in_run_order((output / "runs").glob("*.tsr"))]


def citation(archive: OtherArchive) -> str:
    """The citation on the page of the first article."""
    with archive.connection() as db:
        article = queries.article(db, identity(1))
    assert article is not None
    context = archive.pages.context(article, article.latest, permanent=False)
    return str(context["citation"])


def test_the_token_of_the_next_run_vouches_for_a_run_without_one_and_verify_checks_all(
    authority: Authority, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    settings = {**ALWAYS, "VOK_TIMESTAMP_URL": authority.url}
    with SampleServer(SampleSite(3, faults=())) as server:
        start = f"{server.url}/article/163/"
        authority.status = 503
        first = run_crawl(start, output, settings=settings)
        assert (first.code, tokens(output)) == (0, [])
        assert (
            "No timestamp token: the authority answered 503; that of the next run vouches for this one, too"
            in first.stderr
        )
        authority.status = 200
        requests = authority.requests
        second = run_crawl(start, output, settings=settings)
        assert (second.code, authority.requests - requests) == (0, 1)
        # The manifest of the second run has the digest of the first one.
        assert tokens(output) == [f"{second.manifest['run_id']}.tsr"]
        third = run_crawl(start, output, settings=settings)
    assert tokens(output) == [f"{each['run_id']}.tsr" for each in third.manifests()[1:]]
    # The URL may contain a key of the customer.
    kept = "".join(path.read_text("utf-8", "replace") for path in (output / "runs").iterdir())
    assert "s3cret" not in first.stderr + second.stderr + third.stderr + kept
    done = scrapy("verify", "--tsa-cert", str(authority.certificate), output=output)
    assert (done.code, "2 timestamp tokens checked" in done.stdout) == (0, True), done.stdout
    # A citation names the token of the manifest and its time; here the first one gets a token of its own.
    article = first.articles()[0]
    manifest, stamped = output / "runs" / f"{article['run_id']}.json", output / "runs" / f"{article['run_id']}.tsr"
    assert "timestamp token" not in scrapy("show", article["id"], "--cite", output=output).stdout
    stamped.write_bytes(request_token(authority.url, manifest.read_bytes()))
    cited = scrapy("show", article["id"], "--cite", output=output).stdout
    found = re.search(rf", timestamp token runs/{stamped.name} of ([0-9T:Z-]{{20}})\.$", cited.strip())
    assert found, cited
    assert abs((datetime.fromisoformat(found[1]) - datetime.now(UTC)).total_seconds()) < 600
    stamped.write_bytes(request_token(authority.url, b"other content"))
    refused = scrapy("show", article["id"], "--cite", output=output)
    assert (refused.code, refused.stdout) == (15, "")
    assert refused.stderr.endswith("than the manifest; move it away, or restore it from a copy\n")
    stamped.unlink()
    # The certificate of another authority, and a changed manifest.
    with timestamp_authority(tmp_path / "other") as other:
        done = scrapy("verify", "--tsa-cert", str(other.certificate), output=output)
    assert (done.code, done.stdout.count("its signature is not that of the given authority")) == (15, 2)
    token, moved = sorted((output / "runs").glob("*.tsr"))
    moved.write_bytes(token.read_bytes())
    done = scrapy("verify", output=output)
    assert done.code == 15
    assert f"{moved}: it is a token for other content than the manifest" in done.stdout
    assert "give --tsa-cert to check who signed them" in done.stdout
    moved.write_bytes(b"nothing")
    assert f"{moved}: it is not a timestamp response (RFC 3161)" in scrapy("verify", output=output).stdout


def test_pages_cite_the_token_of_a_manifest_as_soon_as_it_is_there(authority: Authority, tmp_path: Path) -> None:
    output = sample_archive(tmp_path / "output", articles=5).folder.path
    site, page = tmp_path / "site", tmp_path / "site" / "article" / f"{identity(1)}.html"
    shown = opened(output)
    freeze(output, site)
    assert "timestamp token" not in citation(shown) + page.read_text("utf-8")
    manifest = in_run_order((output / "runs").glob("*.json"))[-1]
    token = manifest.with_suffix(".tsr")
    token.write_bytes(request_token(authority.url, manifest.read_bytes()))
    freeze(output, site)
    assert (found := re.search(r", timestamp token runs/(\S+) of ([0-9T:Z-]{20})\.$", citation(shown)))
    assert found[1] == token.name
    assert found[0] in page.read_text("utf-8")
    # A token that proves nothing is not cited.
    token.write_bytes(request_token(authority.url, b"other content"))
    assert "timestamp token" not in citation(opened(output))


@pytest.mark.thorough
def test_an_authority_that_does_not_answer_delays_no_run_for_long(
    authority: Authority, crawl: Crawling, serve: Callable[..., SampleServer], tmp_path: Path
) -> None:
    authority.delay.clear()
    done = crawl(f"{serve(3).url}/article/163/", tmp_path / "output", settings={"VOK_TIMESTAMP_URL": authority.url})
    assert (done.code, len(done.articles())) == (0, 3)
    assert "No timestamp token: no answer: ReadTimeout" in done.stderr
    assert tokens(tmp_path / "output") == []


def test_answers_that_prove_nothing_are_refused(authority: Authority) -> None:
    good = request_token(authority.url, b"content")
    check_token(good, b"content", [])
    for answer, saying in (
        (good, "wrong nonce"),
        (b"<html>", "not a timestamp response"),
        (bytes(100_000), "longer than 65536 bytes"),
    ):
        authority.answer = answer
        with pytest.raises(TokenError, match=saying):
            request_token(authority.url, b"content")
    authority.answer = good
    with pytest.raises(TokenError, match="other content"):
        request_token(authority.url, b"another")
    authority.answer, authority.status = None, 302
    with pytest.raises(TokenError, match="the authority answered 302"):
        request_token(authority.url, b"content")


def test_a_token_that_was_granted_with_modifications_is_valid(authority: Authority) -> None:
    good = request_token(authority.url, b"content")
    status = good.index(b"\x02\x01\x00")
    modified = good[: status + 2] + b"\x01" + good[status + 3 :]
    certificates = read_certificates(str(authority.certificate))
    for answer in (good, modified):
        check_token(answer, b"content", certificates)
        with pytest.raises(TokenError, match="other content"):
            check_token(answer, b"another", certificates)
    refused = good[: status + 2] + b"\x02" + good[status + 3 :]
    with pytest.raises(TokenError, match="the authority refused the request"):
        check_token(refused, b"content", [])


def test_certificates_without_a_root_are_refused_in_plain_words(authority: Authority) -> None:
    file = authority.folder / "tsa.pem"
    with pytest.raises(UsageError) as refused:
        read_certificates(str(file))
    assert str(refused.value) == (
        f"--tsa-cert: {file}: contains no root certificate, only certificates that others have signed; add that of the "
        "authority's root"
    )


@pytest.fixture
def checked_folder(tmp_path: Path) -> Path:
    """An output directory with one run, which has no token."""
    with SampleServer(SampleSite(2, faults=())) as server:
        done = run_crawl(f"{server.url}/article/163/", tmp_path / "output", settings=ALWAYS)
    assert done.code == 0, done.stderr
    return done.output


def test_verify_says_what_it_did_not_check(
    authority: Authority,
    checked_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    certificate = str(authority.certificate)
    done = run_command(Command(), "--tsa-cert", certificate, output=checked_folder, capsys=capsys)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith(": no faults\nno timestamp tokens: nothing was checked against --tsa-cert\n")
    # Without the optional package everything else is checked, and a fault keeps its exit code.
    (manifest,) = (checked_folder / "runs").glob("*.json")
    manifest.with_suffix(".tsr").write_bytes(b"")
    monkeypatch.delitem(sys.modules, "vokcrawl.timestamps.tokens")
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    for words in ((), ("--tsa-cert", certificate)):
        done = run_command(Command(), *words, output=checked_folder, capsys=capsys)
        assert done.code == 2
        assert done.stdout.endswith(": no faults\n1 timestamp token not checked\n")
        assert "timestamp tokens need the package rfc3161_client, which is not installed" in done.stderr
    (records,) = (checked_folder / "articles").glob("*.jsonl")
    records.write_bytes(records.read_bytes()[:-1])
    done = run_command(Command(), output=checked_folder, capsys=capsys)
    assert done.code == 15
    assert str(records) in done.stdout


def test_certificates_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "20241210T060000Z.json").write_bytes(b"{}")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "20241210T060000Z.jsonl").write_bytes(b"")
    for name, saying in (("missing.pem", "No such file"), ("runs/20241210T060000Z.json", "contains no certificate")):
        done = scrapy("verify", "--tsa-cert", str(tmp_path / name), output=tmp_path)
        assert (done.code, saying in done.stderr) == (2, True), done.stderr


def commands() -> str:
    """The commands of docs/evidence.md, in order."""
    text = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))


def block_length(path: Path, offset: int) -> int:
    (found,) = (record for at, record in responses(path) if at == offset)
    return len(found.block)


def test_a_stranger_checks_an_archive_with_openssl_and_sha256sum(authority: Authority, tmp_path: Path) -> None:
    """Runs what docs/evidence.md prints, on an output directory with three runs."""
    output = tmp_path / "output"
    site = SampleSite(5, faults=())
    with SampleServer(site) as server:
        for _ in range(3):
            done = run_crawl(
                f"{server.url}/article/163/", output, settings={**ALWAYS, "VOK_TIMESTAMP_URL": authority.url}
            )
            assert done.code == 0, done.stderr
            site.edit(site.truth()["articles"][0]["id"])
    article = done.records("articles")[0]
    place = article["archived_as"]
    (tmp_path / "tsa.pem").write_bytes(authority.certificate.read_bytes())
    runs = [each["run_id"] for each in done.manifests()]
    values = {"RUN_ID": runs[0], "NEXT_ID": runs[1], "LAST_ID": runs[2], "OFFSET": str(place["offset"])}
    script = commands()
    programs = set(re.findall(r"(?:^ *|\| )(\w+)", script, re.MULTILINE))
    assert programs == {"openssl", "sha256sum", "grep", "head", "tail", "sed", "gzip"}
    values["LENGTH"] = str(block_length(output / place["file"], place["offset"]))
    for name, value in values.items():
        script = re.sub(rf"\b{name}\b", value, script)

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)

    checked = check()
    assert "Verification: OK" in checked.stdout + checked.stderr, checked.stdout + checked.stderr
    lines = checked.stdout.splitlines()
    manifest = (output / "runs" / f"{runs[1]}.json").read_text(encoding="utf-8")
    # The digests that the page compares are equal.
    first = next(line for line in lines if line.endswith(f"runs/{runs[0]}.json")).split()[0]
    assert first in manifest
    archive = next(line for line in lines if line.endswith(f"archive/{runs[0]}.warc.gz")).split()[0]
    assert archive in (output / "runs" / f"{runs[0]}.json").read_text(encoding="utf-8")
    assert f"WARC-Payload-Digest: {place['digest']}" in checked.stdout
    assert f"Content-Length: {values['LENGTH']}" in checked.stdout
    assert lines[-1].split() == [place["digest"].removeprefix("sha256:"), "-"]
    # A changed manifest is not that of the token.
    path = output / "runs" / f"{runs[2]}.json"
    path.write_bytes(path.read_bytes().replace(b'"exit_code"', b'"exit_c0de"'))
    changed = check()
    assert "Verification: OK" not in changed.stdout + changed.stderr
