"""The examples of docs/extending.md, run as printed. The one for PostgreSQL is in tests/e2e/extending."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

from aiohttp import web

from tests.support.children import ROOT, run
from tests.support.crawling import Crawl, environment
from tests.support.expected_records import assert_same, assert_whole
from tests.support.extending_examples import write_examples
from tests.support.notification_servers import Receiver
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.sample.sources import KCNA_ENGLISH

Crawling = Callable[..., Crawl]
LISTING = "/article/163/"
# The examples build on the profile `production`: without the delays of a live site.
FAST = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": 0, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}


def test_images_are_downloaded_into_the_output_directory_and_records_stay_as_they_are(
    crawl: Crawling, output: Path, tmp_path: Path
) -> None:
    write_examples(tmp_path)
    with SampleServer(SampleSite(25, faults=())) as server:
        done = crawl(
            server.url + LISTING,
            output,
            settings=FAST,
            env={
                "PYTHONPATH": str(tmp_path),
                "SCRAPY_SETTINGS_MODULE": "my_image_settings",
                "VOK_OUTPUT_DIR": str(output),
            },
        )
        assert done.code == 0, done.stderr
        assert_whole(done, server.site)
    urls = {image["url"] for article in done.articles() for image in article["images"]}
    assert len(urls) >= 3
    names = {f"{hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()}.jpg" for url in urls}
    assert {path.name for path in (output / "images" / "full").iterdir()} == names
    assert done.manifest["errors"] == {} or "image" not in str(done.manifest["errors"])


def test_a_webhook_gets_each_article_once_and_its_failure_loses_nothing(
    crawl: Crawling, serve: Callable[..., SampleServer], output: Path, tmp_path: Path
) -> None:
    write_examples(tmp_path)
    server = serve(6)
    env = {"PYTHONPATH": str(tmp_path), "SCRAPY_SETTINGS_MODULE": "my_webhook_settings"}
    with Receiver("answers") as receiver:
        settings = {**FAST, "WEBHOOK_URL": receiver.url}
        done = crawl(server.url + LISTING, output, settings=settings, env=env)
        assert done.code == 0, done.stderr
        sent = [each.json for each in receiver.posted]
    # Messages are sent beside each other, so their order is not that of the file.
    assert_same(sent, done.articles())
    assert len(sent) == 6

    server.site.publish(1)
    # Nobody listens any more.
    after = crawl(server.url + LISTING, output, settings={**settings, "VOK_RESCAN_HOURS": 1_000_000}, env=env)
    assert after.code == 10
    assert after.errors["pipeline_error"] == 1
    assert_whole(after, server.site)


def test_the_program_and_the_spider_of_the_page_run(tmp_path: Path) -> None:
    write_examples(tmp_path)
    with SampleServer(SampleSite(3, others=20, faults=())) as server:
        env = {
            "VOK_START_URLS": server.url + "/newstream/",
            "VOK_OUTPUT_DIR": str(tmp_path / "program"),
            "PYTHONPATH": str(ROOT),
        }
        done = run([sys.executable, str(tmp_path / "my_program.py")], env=environment(env))
        assert done.returncode == 0, done.stderr
        assert_whole(Crawl(0, "", "", tmp_path / "program"), server.site)

        spider = tmp_path / "kcna.py"
        # What the page shows is the live site's.
        spider.write_text(
            spider.read_text()
            .replace("https://kcnawatch.org", server.url)
            .replace("output/kcna", str(tmp_path / "kcna_output"))
        )
        done = run([sys.executable, "-m", "scrapy", "runspider", str(spider)], env=environment())
        assert done.returncode == 0, done.stderr
        found = {each["id"] for each in Crawl(0, "", "", tmp_path / "kcna_output").articles()}
        assert found == {each["id"] for each in server.site.truth(KCNA_ENGLISH)["articles"]}


def test_genspider_makes_the_spider_that_the_page_shows(tmp_path: Path) -> None:
    def meaning(code: str) -> str:
        return re.sub(r"[\s,]", "", code.partition("\n\n\n")[2])

    examples = write_examples(tmp_path)
    package = tmp_path / "made"
    package.mkdir()
    (package / "__init__.py").touch()
    words = ["genspider", "kcna", "kcnawatch.org", "--source", "KCNA (En)", "-s", "NEWSPIDER_MODULE=made"]
    done = run([sys.executable, "-m", "scrapy", *words], env=environment({"PYTHONPATH": str(tmp_path)}))
    assert done.returncode == 0, done.stderr
    assert meaning((package / "kcna.py").read_text()) == meaning(examples["kcna.py"])


def test_the_sample_site_is_served_until_it_is_interrupted() -> None:
    words = [sys.executable, "-m", "vokcrawl", "sample", "--port", "0", "--articles", "3", "--faults", "none"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ}, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urlopen(f"{url}article/163/") as answer:  # noqa: S310
            assert b"Voice of Korea" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    done = run([sys.executable, "-m", "scrapy", "sample", "--nosuch"], env=environment())
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].endswith("--nosuch: no such option; `scrapy sample -h` lists them")


class NewLayoutServer(SampleServer):
    """The sample site, whose listings name the next page, which cannot be guessed, in an attribute."""

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        if "/page/" in request.path and not request.query_string:
            return web.Response(status=404)
        answer = await super()._handle(request)
        text = (answer.body or b"").decode() if request.path.startswith("/article/163/") else ""
        link = re.search(r'<a[^>]*href="([^"]*/page/\d+/)"[^>]*>[^<]*</a>', text)
        if link is None:
            return answer
        path = link[1].removeprefix(self.url)
        text = text.replace(link[0], f'<div data-next-page="{path}?new"></div>')
        return web.Response(text=text, content_type="text/html")


def test_a_page_layout_and_an_export_format_of_the_page_work(crawl: Crawling, output: Path, tmp_path: Path) -> None:
    write_examples(tmp_path)
    env = {"PYTHONPATH": str(tmp_path), "SCRAPY_SETTINGS_MODULE": "my_layout"}
    with NewLayoutServer(SampleSite(25, faults=())) as server:
        done = crawl(server.url + LISTING, output, settings=FAST, env=env)
        assert done.code == 0, done.stderr
        assert_whole(done, server.site)
        assert {each["extractor"].partition("+")[0] for each in done.articles()} == {"my-article/1"}
    target = tmp_path / "articles.tsv"
    words = ["export", "--to", str(target), "-s", f"VOK_OUTPUT_DIR={output}"]
    exported = run(
        [sys.executable, "-m", "scrapy", *words],
        env=environment({"PYTHONPATH": str(tmp_path), "SCRAPY_SETTINGS_MODULE": "my_export"}),
    )
    assert exported.returncode == 0, exported.stderr
    header, *rows = [line.split("\t") for line in target.read_text(encoding="utf-8").splitlines()]
    assert {row[header.index("id")] for row in rows} == {each["id"] for each in done.articles()}
