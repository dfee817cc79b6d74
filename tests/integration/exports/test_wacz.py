"""`scrapy export --to x.wacz`: other tools accept the file, and a replay of it gives the same records."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import pytest

from tests.support.children import run
from tests.support.commands import ALWAYS
from tests.support.crawling import Crawl, environment, run_crawl
from tests.support.replaying import all_of_the_site, replay
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.storage.output_folder import in_run_order

# Libraries of these tools warn about themselves.
QUIET = {"PYTHONWARNINGS": "ignore"}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    """Two runs of a site; in the second, one article has changed and the others are met again."""
    output = tmp_path_factory.mktemp("wacz") / "output"
    site = SampleSite(25, faults=())
    with SampleServer(site) as server:
        start = f"{server.url}/article/163/"
        first = run_crawl(start, output, settings=ALWAYS)
        assert first.code == 0, first.stderr
        site.edit(site.truth()["articles"][3]["id"])
        second = run_crawl(start, output, args={"full": 1}, settings={**ALWAYS, "VOK_RECHECK_DAYS": 4000})
        assert second.code == 0, second.stderr
    return second


def export(output: Path, to: Path, *options: str) -> Any:
    command = [sys.executable, "-m", "scrapy", "export", "--to", str(to), *options, "-s", f"VOK_OUTPUT_DIR={output}"]
    return run(command, env=environment(None), timeout=120)


@pytest.fixture(scope="module")
def wacz(crawled: Crawl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("exported") / "archive.wacz"
    done = export(crawled.output, path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.startswith(f"{path}: 2 WARC files, 26 pages; ")
    return path


def tool(*command: str, cwd: Path) -> str:
    start = [sys.executable, "-c", *command]
    done = subprocess.run(start, cwd=cwd, env=environment(QUIET), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def validate(path: Path, cwd: Path) -> None:
    start = "import sys; from wacz.main import main; sys.exit(main(sys.argv[1:]))"
    assert "the passed WACZ is valid" in tool(start, "validate", "-f", str(path), cwd=cwd)


def test_wacz_validate_accepts_it(wacz: Path, tmp_path: Path) -> None:
    validate(wacz, tmp_path)


def test_the_index_is_that_of_cdxj_indexer(crawled: Crawl, wacz: Path) -> None:
    start = "import sys; from cdxj_indexer.main import main; main(sys.argv[1:])"
    files = sorted(each.name for each in (crawled.output / "archive").iterdir())
    theirs = tool(start, "--sort", *files, cwd=crawled.output / "archive").splitlines()
    with ZipFile(wacz) as archive:
        ours = gzip.decompress(archive.read("indexes/index.cdx.gz")).decode().splitlines()

    def parsed(line: str) -> tuple[str, str, dict[str, str]]:
        key, timestamp, fields = line.split(" ", 2)
        return key, timestamp, json.loads(fields)

    assert any('"warc/revisit"' in line for line in ours)
    assert ours == sorted(ours, key=lambda line: line.split(" ")[:2])
    assert sorted(map(repr, map(parsed, ours))) == sorted(map(repr, map(parsed, theirs)))


def test_warc_files_and_manifests_are_in_it_as_they_are(crawled: Crawl, wacz: Path) -> None:
    with ZipFile(wacz) as archive:
        for folder, ending in (("archive", ".warc.gz"), ("runs", ".json")):
            files = [each for each in (crawled.output / folder).iterdir() if each.name.endswith(ending)]
            assert len(files) == 2
            for path in files:
                assert archive.read(f"{folder}/{path.name}") == path.read_bytes()
        assert all(each.compress_type == ZIP_STORED for each in archive.infolist() if each.filename.endswith(".gz"))


def test_each_version_of_an_article_is_a_page_with_its_text(crawled: Crawl, wacz: Path) -> None:
    with ZipFile(wacz) as archive:
        header, *pages = map(json.loads, archive.read("pages/pages.jsonl").splitlines())
    assert header["hasText"]
    articles = crawled.records("articles")
    assert len(pages) == len(articles) == 26
    for page, article in zip(pages, articles, strict=True):
        assert (page["title"], page["id"]) == (article["title"], f"{article['id']}-{article['revision']}")
        assert article["body"] in page["text"]
        # The URL of the capture, which may differ in spelling from that of the record.
        assert f"/newstream/{article['id']}/" in page["url"]


def test_a_replay_of_it_gives_the_same_records(crawled: Crawl, wacz: Path, tmp_path: Path) -> None:
    done = replay(wacz, to=tmp_path / "to", settings={})
    assert (done.code, done.stderr) == (0, "")
    assert all_of_the_site(done) == all_of_the_site(crawled)
    assert [each["run_id"] for each in done.manifests()] == [each["run_id"] for each in crawled.manifests()]


def test_the_same_archive_gives_the_same_bytes(crawled: Crawl, wacz: Path, tmp_path: Path) -> None:
    assert export(crawled.output, tmp_path / "again.wacz").returncode == 0
    assert (tmp_path / "again.wacz").read_bytes() == wacz.read_bytes()


def test_a_part_of_the_archive_has_the_files_of_its_pages(crawled: Crawl, tmp_path: Path) -> None:
    days = sorted(each["published_on"] for each in crawled.records("articles"))
    path = tmp_path / "part.wacz"
    done = export(crawled.output, path, "--since", days[-1])
    assert done.returncode == 0, done.stderr
    with ZipFile(path) as archive:
        pages = archive.read("pages/pages.jsonl").splitlines()[1:]
        assert len(pages) == days.count(days[-1])
        assert len([each for each in archive.namelist() if each.startswith("archive/")]) == 1
    nothing = export(crawled.output, tmp_path / "nothing.wacz", "--since", "2150-01-01")
    assert nothing.returncode == 2
    assert "nothing to export; no archived page is in the selection" in nothing.stderr
    assert not (tmp_path / "nothing.wacz").exists()


def test_a_signed_file_is_accepted_and_says_who_signed_it(crawled: Crawl, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    create = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=archive.example"
    )
    subprocess.run([*create.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    path = tmp_path / "signed.wacz"
    done = export(crawled.output, path, "--sign-key", str(key), "--sign-cert", str(certificate))
    assert done.returncode == 0, done.stderr
    validate(path, tmp_path)
    with ZipFile(path) as archive:
        digest = json.loads(archive.read("datapackage-digest.json"))
    assert digest["signedData"]["hash"] == digest["hash"]
    assert digest["signedData"]["domain"] == "archive.example"
    assert "PRIVATE" not in json.dumps(digest)


@pytest.mark.parametrize(
    ("options", "saying"),
    [
        (("--what", "teasers"), "--what: does not apply to .wacz files"),
        (("--sign-key", "k.pem"), "--sign-key and --sign-cert: give both, or none"),
        (("--spreadsheet",), "--spreadsheet: applies to .csv files only"),
    ],
)
def test_options_that_do_not_apply(options: tuple[str, ...], saying: str, crawled: Crawl, tmp_path: Path) -> None:
    done = export(crawled.output, tmp_path / "x.wacz", *options)
    assert (done.returncode, saying in done.stderr) == (2, True)


def test_a_damaged_archive_is_named_and_leaves_no_file(crawled: Crawl, tmp_path: Path) -> None:
    output = tmp_path / "output"
    for folder in ("archive", "articles", "runs"):
        (output / folder).mkdir(parents=True)
        for path in (crawled.output / folder).iterdir():
            (output / folder / path.name).write_bytes(path.read_bytes())
    path = in_run_order((output / "archive").iterdir())[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    done = export(output, tmp_path / "x.wacz")
    assert done.returncode == 15
    assert str(path) in done.stderr
    assert not list(tmp_path.glob("x.wacz*"))
    path.unlink()
    lost = export(output, tmp_path / "x.wacz")
    assert lost.returncode == 10
    assert "left out: 25 articles whose page is missing in the archive; run" in lost.stderr
    (tmp_path / "x.wacz").unlink()
    for other in (output / "archive").iterdir():
        other.unlink()
    lost = export(output, tmp_path / "x.wacz")
    assert lost.returncode == 15
    assert "the archived pages of all selected articles are missing; run `scrapy verify`" in lost.stderr
    assert not list(tmp_path.glob("x.wacz*"))
