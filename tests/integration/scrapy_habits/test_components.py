"""The user's own components, settings and programs around the spider."""

from __future__ import annotations

import json
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.children import run
from tests.support.crawling import Crawl, environment
from tests.support.expected_records import assert_whole
from vokcrawl.sample import SampleServer
from vokcrawl.sample.sources import KCNA_ENGLISH
from vokcrawl.settings import base

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
LISTING = "/article/163/"

MIDDLEWARES = """
class SpiderRaises:
    def process_spider_input(self, response):
        raise RuntimeError("boom")


class ResultsRaise:
    async def process_spider_output(self, response, result):
        async for each in result:
            if "/newstream/" in response.url:
                raise LookupError("boom")
            yield each


class DownloaderRaises:
    def process_request(self, request):
        if "/newstream/" in request.url:
            raise ConnectionError("boom")


class DropsRequests:
    async def process_spider_output(self, response, result):
        async for each in result:
            if not hasattr(each, "url"):
                yield each
"""

COMPONENTS = """
import os

from scrapy import signals

WHERE = os.environ["WHERE"]


def reach(place):
    if WHERE == place:
        raise RuntimeError("boom")


class Extension:
    def __init__(self):
        reach("extension created")

    @classmethod
    def from_crawler(cls, crawler):
        extension = cls()
        for name in ("spider_opened", "item_scraped", "spider_closed"):
            crawler.signals.connect(getattr(extension, name), signal=getattr(signals, name))
        return extension

    def spider_opened(self):
        reach("extension open")

    def item_scraped(self):
        reach("extension item")

    async def spider_closed(self):
        reach("extension close")


class Pipeline:
    def open_spider(self):
        reach("pipeline open")

    def close_spider(self):
        reach("pipeline close")

    def process_item(self, item):
        return item
"""


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str], dict[str, object]]:
    """Settings and environment of a crawl with an extension and a pipeline, one of which fails at a place."""

    def make(where: str) -> dict[str, object]:
        (tmp_path / "my_components.py").write_text(COMPONENTS)
        settings = {
            "EXTENSIONS": json.dumps({**base.EXTENSIONS, "my_components.Extension": 500}),
            "ITEM_PIPELINES": json.dumps({**base.ITEM_PIPELINES, "my_components.Pipeline": 500}),
        }
        return {"settings": settings, "env": {"PYTHONPATH": str(tmp_path), "WHERE": where}}

    return make


@pytest.mark.parametrize("where", ["extension open", "extension item", "extension close", "pipeline close"])
def test_a_component_that_fails_in_the_crawl_makes_it_incomplete_and_loses_nothing(
    where: str, crawl: Crawling, serve: Serving, output: Path, broken: Callable[[str], dict[str, object]]
) -> None:
    server = serve(5)
    done = crawl(server.url + LISTING, output, **broken(where))
    assert done.code == 10, done.stderr
    assert_whole(done, server.site)
    assert done.manifest["exit_code"] == 10
    (example,) = done.manifest["errors"]["component_error"]["examples"]
    assert example.endswith("raised RuntimeError: boom")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("raised RuntimeError: boom; the records in the output directory are not affected") == 1

    after = crawl(server.url + LISTING, output, **broken("nowhere"))
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)


@pytest.mark.parametrize("where", ["extension created", "pipeline open"])
def test_a_component_that_cannot_start_ends_with_2_and_one_sentence(
    where: str, crawl: Crawling, serve: Serving, output: Path, broken: Callable[[str], dict[str, object]]
) -> None:
    server = serve(5)
    done = crawl(server.url + LISTING, output, **broken(where))
    assert done.code == 2, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("scrapy crawl: a component could not be started: RuntimeError: boom (")
    assert "my_components.py, line " in last
    assert "Traceback" not in done.stderr

    after = crawl(server.url + LISTING, output, **broken("nowhere"))
    assert after.code == 0, after.stderr
    assert "crashed" not in after.stderr
    assert_whole(after, server.site)


@pytest.mark.parametrize(
    ("setting", "name", "hook"),
    [
        ("SPIDER_MIDDLEWARES", "SpiderRaises", "process_spider_input raised RuntimeError"),
        ("SPIDER_MIDDLEWARES", "ResultsRaise", "process_spider_output raised LookupError"),
        ("DOWNLOADER_MIDDLEWARES", "DownloaderRaises", "process_request raised ConnectionError"),
    ],
)
def test_a_middleware_that_fails_makes_the_crawl_incomplete_and_the_site_is_not_blamed(
    setting: str, name: str, hook: str, crawl: Crawling, serve: Serving, output: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_middlewares.py").write_text(MIDDLEWARES)
    middlewares = {**getattr(base, setting, {}), f"my_middlewares.{name}": 540}
    server = serve(5)
    given = {"settings": {setting: json.dumps(middlewares)}, "env": {"PYTHONPATH": str(tmp_path)}}
    done = crawl(server.url + LISTING, output, **given)
    assert done.code == 10, done.stderr
    assert done.articles() == []
    (example,) = done.manifest["errors"]["component_error"]["examples"]
    assert example.startswith(f"my_middlewares.{name}.{hook}: boom (")
    assert done.stderr.count(f"{hook}: boom") == 1
    assert "Traceback" not in done.stderr

    after = crawl(server.url + LISTING, output)
    assert after.code == 0, after.stderr
    assert_whole(after, server.site)


def test_a_middleware_that_drops_requests_makes_the_crawl_incomplete_with_a_sentence(
    crawl: Crawling, serve: Serving, output: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_middlewares.py").write_text(MIDDLEWARES)
    settings = {"SPIDER_MIDDLEWARES": json.dumps({"my_middlewares.DropsRequests": 540})}
    server = serve(25)
    done = crawl(server.url + LISTING, output, settings=settings, env={"PYTHONPATH": str(tmp_path)})
    assert done.code == 10, done.stderr
    assert f"{server.url}{LISTING}: a page was lost to an error, or to a middleware that drops requests" in done.stderr


def test_settings_without_our_components_end_with_2_and_one_sentence(tmp_path: Path, output: Path) -> None:
    (tmp_path / "bare_settings.py").write_text("SPIDER_MODULES = ['vokcrawl.spiders']\n")
    env = {"PYTHONPATH": str(tmp_path), "SCRAPY_SETTINGS_MODULE": "bare_settings", "VOK_OUTPUT_DIR": str(output)}
    done = run([sys.executable, "-m", "scrapy", "crawl", "vok"], env=environment(env))
    assert done.returncode == 2
    assert "EXTENSIONS: vokcrawl.extensions.run.RunExtension is missing" in done.stderr.strip().splitlines()[-1]
    assert "Traceback" not in done.stderr
    shown = run([sys.executable, "-m", "scrapy", "status"], env=environment(env))
    assert shown.returncode == 2
    hint = "SCRAPY_SETTINGS_MODULE: 'bare_settings' needs the line `from vokcrawl.settings.default import *`"
    assert shown.stderr == f"scrapy: 'status': no such command; {hint}\n"
    assert not output.exists()


@pytest.mark.parametrize("words", [["crawl", "vok", "--nosuch"], ["status", "--nosuch"], ["export", "--nosuch"]])
def test_an_option_that_does_not_exist_ends_with_2_and_one_sentence(words: list[str]) -> None:
    done = run([sys.executable, "-m", "scrapy", *words], env=environment())
    assert done.returncode == 2
    assert f"--nosuch: no such option; `scrapy {words[0]} -h` lists them" in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"CLOSESPIDER_PAGECOUNT": 3}, "closespider_pagecount"),
        ({"CLOSESPIDER_PAGECOUNT_NO_ITEM": 1}, "closespider_pagecount_no_item"),
        (
            {"CLOSESPIDER_ERRORCOUNT": 2, "SPIDER_MIDDLEWARES": '{"my_middlewares.ResultsRaise": 540}'},
            "closespider_errorcount",
        ),
        ({"CLOSESPIDER_TIMEOUT": 0.5, "DOWNLOAD_DELAY": 0.3}, "closespider_timeout"),
        ({"CLOSESPIDER_TIMEOUT_NO_ITEM": 1, "DOWNLOAD_DELAY": 1.5}, "closespider_timeout_no_item"),
    ],
)
def test_each_limit_of_scrapy_is_named_in_the_manifest(
    settings: dict[str, object], reason: str, crawl: Crawling, site: SampleServer, output: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_middlewares.py").write_text(MIDDLEWARES)
    given = {"settings": {**settings, "CONCURRENT_REQUESTS": 1}, "env": {"PYTHONPATH": str(tmp_path)}}
    done = crawl(site.url + LISTING, output, **given)
    assert done.code == 10, done.stderr
    assert done.errors[f"closed_{reason}"] == 1
    assert "Traceback" not in done.stderr


def test_the_telnet_console_is_opened_where_it_is_enabled(crawl: Crawling, site: SampleServer, output: Path) -> None:
    settings = {"TELNETCONSOLE_ENABLED": 1, "TELNETCONSOLE_PORT": "0,0", "VOK_ARCHIVE": 0}
    done = crawl(site.url + LISTING, output, args={"max_pages": 1}, settings=settings)
    assert done.code == 0, done.stderr
    assert "Telnet console listening on 127.0.0.1:" in done.stderr


def test_jobdir_and_closespider_end_a_crawl_that_the_next_one_continues(
    crawl: Crawling, serve: Serving, output: Path, tmp_path: Path
) -> None:
    server = serve(25)
    job = tmp_path / "job"
    first = crawl(server.url + LISTING, output, settings={"JOBDIR": job, "CLOSESPIDER_ITEMCOUNT": 8})
    assert first.code == 10, first.stderr
    assert "closed_closespider_itemcount" in first.errors
    assert "JOBDIR is not used: a crawl continues from the state in VOK_OUTPUT_DIR" in first.stderr
    second = crawl(server.url + LISTING, output, settings={"JOBDIR": job})
    assert second.code == 0, second.stderr
    assert_whole(second, server.site)
    assert not job.exists()


class Proxy(BaseHTTPRequestHandler):
    """Answers every request for the host `vok.test` from the sample site, and counts."""

    origin = ""
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        # As the site does in its links, where it names itself.
        with urllib.request.urlopen(self.origin + self.path.removeprefix("http://vok.test")) as answer:  # noqa: S310
            body = answer.read().replace(self.origin.encode(), b"http://vok.test")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def proxy(serve: Serving) -> Iterator[tuple[str, type[Proxy]]]:
    handler = type("Handler", (Proxy,), {"origin": serve(5).url, "asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


META = """
class ByMeta:
    def process_request(self, request):
        request.meta["proxy"] = {proxy!r}
"""


@pytest.mark.parametrize("strategy", ["environment", "meta"])
def test_a_proxy_is_used_by_environment_and_by_meta(
    strategy: str, crawl: Crawling, output: Path, tmp_path: Path, proxy: tuple[str, type[Proxy]]
) -> None:
    url, handler = proxy
    # robots.txt of the sample site exists only on the site itself.
    settings: dict[str, object] = {"ROBOTSTXT_OBEY": "0"}
    env = {"http_proxy": url, "no_proxy": ""}
    if strategy == "meta":
        (tmp_path / "my_proxy.py").write_text(META.format(proxy=url))
        settings["DOWNLOADER_MIDDLEWARES"] = json.dumps({**base.DOWNLOADER_MIDDLEWARES, "my_proxy.ByMeta": 740})
        env = {"PYTHONPATH": str(tmp_path), "http_proxy": "", "no_proxy": ""}
    done = crawl("http://vok.test" + LISTING, output, settings=settings, env=env)
    assert len(done.articles()) == 5, done.stderr
    assert "http://vok.test" + LISTING in handler.asked
    assert all(each["url"].startswith("http://vok.test/") for each in done.articles())


SCRIPT = """
import asyncio
import sys

from scrapy.crawler import AsyncCrawlerRunner, CrawlerProcess, CrawlerRunner
from scrapy.utils.log import configure_logging
from scrapy.utils.project import get_project_settings
from scrapy.utils.reactor import install_reactor

from vokcrawl.settings.sample import ITEM_PIPELINES
from vokcrawl.spiders.vok import VokSpider


class Seen:
    def process_item(self, item):
        print("seen", item["schema"], item["id"])
        return item


class Second(VokSpider):
    name = "second"
    custom_settings = {"VOK_SOURCE": "KCNA (En)", "ITEM_PIPELINES": {**ITEM_PIPELINES, Seen: 500}}


url, *folders = sys.argv[1:]
settings = get_project_settings()
if len(folders) == 1:
    settings.set("VOK_OUTPUT_DIR", folders[0])
    process = CrawlerProcess(settings)
    process.crawl("vok", start_url=url)
    process.start()
    sys.exit()


async def main():
    settings.set("VOK_OUTPUT_DIR", folders[0])
    await AsyncCrawlerRunner(settings).crawl("vok", start_url=url)
    settings.set("VOK_OUTPUT_DIR", folders[1])
    await CrawlerRunner(settings).crawl(Second, start_url=url).asFuture(asyncio.get_running_loop())


install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
configure_logging(settings)
from twisted.internet import reactor
from twisted.internet.defer import Deferred

task = Deferred.fromFuture(asyncio.ensure_future(main(), loop=reactor._asyncioEventloop))
task.addBoth(lambda result: (print(result), reactor.stop()))
reactor.run()
"""


def test_a_program_of_its_own_runs_the_spider_and_a_subclass_one_after_the_other(
    serve: Serving, tmp_path: Path
) -> None:
    script, server = tmp_path / "script.py", serve(5, others=20)
    script.write_text(SCRIPT)
    url = server.url + "/newstream/"
    env = environment({"LOG_LEVEL": "WARNING"})
    alone, first, second = (Crawl(0, "", "", tmp_path / name) for name in ("alone", "first", "second"))
    for crawls in ([alone], [first, second]):
        folders = [str(each.output) for each in crawls]
        done = run([sys.executable, str(script), url, *folders], env=env)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    for each in (alone, first):
        assert_whole(each, server.site)
    assert [each.manifest["spider"] for each in (alone, first, second)] == ["vok", "vok", "second"]
    assert {each["id"] for each in second.articles()} == {
        each["id"] for each in server.site.truth(KCNA_ENGLISH)["articles"]
    }
    seen = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("seen vokcrawl.article/1 ")]
    assert seen == [each["id"] for each in second.articles()]
