"""Scrapy's own commands in this project: they work, open no run, and write nothing into the output directory."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.integration.scrapy_habits.conftest import Scrapy
from tests.support.expected_records import assert_same
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.sample.sources import KCNA_ENGLISH

LISTING = "/article/163/"
QUIET = ("-L", "ERROR")

FOREIGN = """
import scrapy

class Foreign(scrapy.Spider):
    name = "foreign"
    allowed_domains = ["127.0.0.1"]
    start_urls = [{url!r}]

    def parse(self, response):
        links = response.css("h4 a::attr(href)").getall()
        referer = response.request.headers.get("Referer", b"").decode()
        yield {{"page": response.url, "links": len(links), "referer": referer}}
        # Beyond the limit of the depth, and beyond the allowed domains.
        yield response.follow("?again=" + str(response.meta["depth"]))
        yield response.follow(response.url.replace("127.0.0.1", "localhost") + "?elsewhere")
"""


def article_url(site: SampleServer) -> str:
    url = str(site.site.truth()["articles"][0]["url"])
    return f"{site.url}/{url.split('/', 3)[3]}"


def test_shell_has_the_page_objects_of_a_listing_and_of_an_article(
    scrapy: Scrapy, site: SampleServer, output: Path
) -> None:
    done = scrapy("shell", site.url + LISTING, "-c", "len(page.teasers), page.more.route is not None, shelp()", *QUIET)
    assert done.returncode == 0, done.stderr
    assert "(10, True, None)" in done.stdout
    assert "page = ArticlePage(response)" in done.stdout
    assert "page = ListingPage(response)" in done.stdout

    title = site.site.truth()["articles"][0]["title"]
    code = "page.item['title'], ArticlePage(response).item == page.item, len(page.teasers) > 0"
    done = scrapy("shell", article_url(site), "-c", code, *QUIET)
    assert done.stdout.strip() == repr((title, True, True))

    done = scrapy("shell", site.url + "/robots.txt", "-c", "page, response.status", *QUIET)
    assert done.stdout.strip() == "(None, 200)"
    assert scrapy("shell", "--spider", "vok", "-c", "1 + 1", *QUIET).stdout.strip() == "2"
    assert not output.exists()


@pytest.mark.thorough
def test_fetch_view_and_bench_work_as_in_any_project(scrapy: Scrapy, site: SampleServer, output: Path) -> None:
    plain = scrapy("fetch", site.url + LISTING, "--nolog")
    with_spider = scrapy("fetch", site.url + LISTING, "--spider", "vok", "--nolog")
    assert plain.returncode == with_spider.returncode == 0
    assert "More Articles" in plain.stdout
    assert plain.stdout == with_spider.stdout
    view = scrapy("view", site.url + LISTING, *QUIET, env={"BROWSER": "true"})
    assert view.returncode == 0, view.stderr
    # It needs no Redis server in the profile of workers.
    bench = scrapy(
        "bench", "-s", "CLOSESPIDER_PAGECOUNT=5", "-s", "DOWNLOAD_DELAY=0", env={"SCRAPY_PROJECT": "distributed"}
    )
    assert bench.returncode == 0
    assert "'response_received_count'" in bench.stderr
    assert not output.exists()


def test_parse_prints_items_and_requests_of_a_listing_without_a_callback_name(
    scrapy: Scrapy, site: SampleServer, output: Path
) -> None:
    done = scrapy("parse", site.url + LISTING, "--nocolour", *QUIET)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("'schema': 'vokcrawl.teaser/1'") >= 9
    assert f"<GET {article_url(site)}>" in done.stdout
    assert f"<GET {site.url}{LISTING}page/2/>" in done.stdout
    assert done.stderr == ""
    assert not output.exists()


@pytest.mark.parametrize("words", [(), ("-c", "parse")])
def test_parse_prints_the_record_of_an_article(
    words: tuple[str, ...], scrapy: Scrapy, site: SampleServer, output: Path, tmp_path: Path
) -> None:
    file = tmp_path / "items.jsonl"
    done = scrapy("parse", article_url(site), "--nocolour", "-o", str(file), *words, *QUIET)
    assert done.returncode == 0, done.stderr
    (record,) = [
        item for item in map(json.loads, file.read_text().splitlines()) if item["schema"].endswith("article/1")
    ]
    assert record["body"] == site.site.truth()["articles"][0]["body"]
    assert repr(record["id"]) in done.stdout
    assert "'title'" not in scrapy("parse", article_url(site), "--noitems", "--nolinks", *QUIET).stdout
    assert not output.exists()


def test_parse_beside_a_run_changes_nothing_and_is_not_refused(
    scrapy: Scrapy, site: SampleServer, output: Path
) -> None:
    assert scrapy("crawl", "vok", "-a", f"start_url={site.url}{LISTING}", *QUIET).returncode == 0
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    times = {path: path.stat().st_mtime_ns for path in before}
    done = scrapy("parse", site.url + LISTING, "--pipelines", "-d", "2", *QUIET)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before
    assert {path: path.stat().st_mtime_ns for path in before} == times


@pytest.mark.thorough
def test_the_profile_of_workers_needs_no_redis_server_to_fetch_a_page(
    scrapy: Scrapy, site: SampleServer, output: Path
) -> None:
    env = {"SCRAPY_PROJECT": "distributed", "DOWNLOAD_DELAY": "0"}
    done = scrapy("parse", site.url + LISTING, "--nocolour", *QUIET, env=env)
    assert done.returncode == 0, done.stderr
    assert f"<GET {article_url(site)}>" in done.stdout
    done = scrapy("shell", site.url + LISTING, "-c", "len(page.teasers)", *QUIET, env=env)
    assert done.stdout.strip() == "10"
    assert not output.exists()


def test_parse_of_a_page_that_does_not_answer_ends_with_14(scrapy: Scrapy, output: Path) -> None:
    done = scrapy("parse", "http://127.0.0.1:1/article/163/", "-s", "RETRY_TIMES=0", "--nolog")
    assert done.returncode == 14
    assert done.stderr == "scrapy parse: http://127.0.0.1:1/article/163/: no response; the log says why\n"
    assert not output.exists()


def test_parse_of_a_missing_page_names_its_status(scrapy: Scrapy, site: SampleServer, output: Path) -> None:
    missing = article_url(site).replace("/newstream/", "/newstream/9")
    done = scrapy("parse", missing, "--nolog")
    assert done.returncode == 10
    assert done.stderr == f"scrapy parse: {missing}: status 404, so there is no page to parse\n"
    assert not output.exists()


@pytest.mark.parametrize("words", [("fetch",), ("view",), ("shell", "-c", "1")])
def test_a_page_that_does_not_answer_ends_with_14_and_one_sentence(words: tuple[str, ...], scrapy: Scrapy) -> None:
    done = scrapy(*words, "http://127.0.0.1:1/", "-s", "RETRY_TIMES=0", "-s", "ROBOTSTXT_OBEY=0", "--nolog")
    assert done.returncode == 14
    assert done.stderr.startswith(f"scrapy {words[0]}: http://127.0.0.1:1/: no response")
    assert done.stderr.count("\n") == 1


def test_a_command_that_does_not_exist_ends_with_2_and_names_the_closest(scrapy: Scrapy) -> None:
    done = scrapy("crwal", "vok")
    assert done.returncode == 2
    assert done.stderr == "scrapy: 'crwal': no such command; did you mean crawl? `scrapy --help` lists them\n"


def test_check_of_a_page_that_does_not_answer_ends_with_14(scrapy: Scrapy, output: Path) -> None:
    url = "http://127.0.0.1:1/article/163/"
    done = scrapy("check", "vok", "-s", f"VOK_START_URLS={url}", "-s", "RETRY_TIMES=0")
    assert done.returncode == 14
    assert done.stderr.endswith(f"scrapy check: {url}: could not be fetched (robots_unreadable)\n")
    assert "no article to check: none was delivered to" in done.stderr
    assert not output.exists()


def test_check_holds_the_callbacks_to_their_contracts(scrapy: Scrapy, site: SampleServer, output: Path) -> None:
    assert scrapy("check", "-l").stdout.split() == ["vok", "*", "parse", "*", "parse_article"]
    both = ("-s", f"VOK_START_URLS={site.url}{LISTING},{article_url(site)}")
    done = scrapy("check", "vok", *both)
    assert done.returncode == 0, done.stderr
    assert "Ran 5 contracts" in done.stderr
    assert not output.exists()


def test_check_of_a_page_that_is_not_understood_ends_with_12(scrapy: Scrapy, site: SampleServer, output: Path) -> None:
    wrong = f"VOK_START_URLS={site.url}/robots.txt,{article_url(site)}"
    done = scrapy("check", "vok", "-s", wrong)
    assert done.returncode == 12
    assert "[vok] parse" in done.stderr
    assert not output.exists()


def test_runspider_runs_a_foreign_spider_without_the_components_of_this_project(
    scrapy: Scrapy, site: SampleServer, output: Path, tmp_path: Path
) -> None:
    spider, feed = tmp_path / "foreign.py", tmp_path / "links.csv"
    spider.write_text(FOREIGN.format(url=site.url + LISTING))
    done = scrapy("runspider", str(spider), "-O", str(feed), "-L", "WARNING", "-s", "DEPTH_LIMIT=2")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with feed.open(newline="") as file:
        found = list(csv.DictReader(file))
    # Scrapy's own middlewares are at work: three levels, with a Referer, on the allowed domain.
    pages = [site.url + LISTING, f"{site.url}{LISTING}?again=0", f"{site.url}{LISTING}?again=1"]
    assert [each["page"] for each in found] == pages
    assert [each["referer"] for each in found] == ["", *pages[:2]]
    assert all(int(each["links"]) > 9 for each in found)
    assert not output.exists()


def test_genspider_makes_a_spider_for_a_second_source_that_crawls_with_exit_codes(
    scrapy: Scrapy, tmp_path: Path, output: Path
) -> None:
    package = tmp_path / "more_spiders"
    package.mkdir()
    (package / "__init__.py").touch()
    env = {"PYTHONPATH": str(tmp_path)}
    ours = ("-s", "NEWSPIDER_MODULE=more_spiders", "-s", "SPIDER_MODULES=vokcrawl.spiders,more_spiders")
    with SampleServer(SampleSite(3, others=20, faults=())) as server:
        made = scrapy("genspider", "kcna", server.url, "--source", "KCNA (En)", *ours, env=env)
        assert made.returncode == 0, made.stderr
        assert len((package / "kcna.py").read_text().split("\n\n\n")[1].splitlines()) <= 5
        assert scrapy("list", *ours, env=env).stdout.split() == ["kcna", "vok"]
        edited = scrapy("edit", "kcna", *ours, env={**env, "EDITOR": "cat"})
        assert edited.stdout == (package / "kcna.py").read_text()
        own = ("-s", f"VOK_OUTPUT_DIR={output}")
        done = scrapy("crawl", "kcna", *ours, *own, *QUIET, env=env)
        assert done.returncode == 0, done.stderr
        truth = server.site.truth(KCNA_ENGLISH)["articles"]
    files = (output / "articles").glob("*.jsonl")
    assert_same([json.loads(line) for file in files for line in file.read_text().splitlines()], truth)
    assert "source (another source of the site; the default)" in scrapy("genspider", "--list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("parse", "--spider", "vox", "http://127.0.0.1:1/"), "spider not found: vox; did you mean vok?"),
        (("fetch", "--spider", "vox", "http://127.0.0.1:1/"), "spider not found: vox; did you mean vok?"),
        (("shell", "--spider", "vox", "-c", "1"), "spider not found: vox; did you mean vok?"),
        (("shell", "-c", "nosuch"), "scrapy shell: -c: NameError: name 'nosuch' is not defined"),
        (("check", "vox"), "spider not found: vox; did you mean vok?"),
        (("list", "extra"), "'extra': unexpected argument: `scrapy list [options]`"),
        (("version", "--nosuch"), "--nosuch: no such option; `scrapy version -h` lists them"),
        (("fetch", "kcnawatch.org"), "'kcnawatch.org' is not a URL"),
        (("runspider", "nowhere.py"), "file not found: nowhere.py"),
        (("runspider", "README.md"), "README.md: cannot be loaded: Not a Python source file"),
        (("parse", "-a", "page=1", "http://127.0.0.1:1/"), "page: no such argument"),
        (("parse", "http://127.0.0.1:1/", "-s", "VOK_PAGINATION=scroll"), "VOK_PAGINATION: 'scroll' is not one of"),
    ],
)
def test_a_wrong_word_ends_with_2_and_one_sentence(words: tuple[str, ...], said: str, scrapy: Scrapy) -> None:
    done = scrapy(*words)
    assert done.returncode == 2
    assert said in done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_scrapy_without_a_command_lists_the_commands_in_groups(words: tuple[str, ...], scrapy: Scrapy) -> None:
    done = scrapy(*words)
    assert done.returncode == 0
    assert "\nMaintain:\n" in done.stdout
    assert "\n  verify        Check records" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
