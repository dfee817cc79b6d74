"""Articles are re-checked: a change that a reader would notice is a new revision, nothing else is."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from tests.support.altered_responses import all_of, replacing
from tests.support.commands import ALWAYS, QUIET, T0, Crawling, Serving, articles_asked, faults, scrapy, times_asked
from tests.support.crawling import Crawl, Record
from tests.support.expected_records import assert_same
from tests.support.hostile_site import HostileSite, with_body
from vokcrawl.sample import Answer


def versions(done: Crawl, identity: str) -> list[Record]:
    return [each for each in done.articles() if each["id"] == identity]


def test_a_changed_body_or_title_is_a_new_revision_that_names_the_version_before(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(5)
    url = f"{server.url}/article/163/"
    ids = [each["id"] for each in server.site.truth()["articles"]]
    before = crawl(url, output, settings=ALWAYS, at=T0).articles()
    server.site.edit(ids[1])
    server.site.edit(ids[3], title=True)
    done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=5))
    assert (done.code, done.manifest["counts"]) == (0, {"articles": 2}), done.stderr
    truth = {each["id"]: each for each in server.site.truth()["articles"]}
    for identity, changed in ((ids[1], ["body"]), (ids[3], ["title", "body"])):
        old, new = versions(done, identity)
        assert old in before
        assert (new["revision"], new["previous_hash"], new["changed"]) == (2, old["content_hash"], changed)
        assert new["content_hash"] != old["content_hash"]
        assert (new["first_seen_at"][:13], new["fetched_at"][:13]) == ("2030-01-01T06", "2030-01-01T11")
        assert_same([new], [truth[identity]])
    server.site.edit(ids[1])
    done = crawl(url, output, settings=ALWAYS, at=T0 + timedelta(hours=6))
    assert [each["revision"] for each in versions(done, ids[1])] == [1, 2, 3]
    assert faults(output) == []

    result = scrapy("status", "--changes", output=output).stdout.splitlines()
    result = [line.partition("  ")[2] for line in result]
    assert sorted(result[:2]) == sorted(
        [f"revision 2 (body)  {truth[ids[1]]['url']}", f"revision 2 (title, body)  {truth[ids[3]]['url']}"]
    )
    assert result[2:] == [f"revision 3 (body)  {truth[ids[1]]['url']}"]

    shown = scrapy("diff", ids[3], output=output).stdout.splitlines()
    old, new = versions(done, ids[3])
    assert "-" + old["title"] in shown
    assert "+" + new["title"] in shown
    assert any(line.startswith("+") and line[1:] in new["body"].split("\n\n") for line in shown[4:])
    # By its address too; three versions are two differences.
    by_url = scrapy("diff", truth[ids[1]]["url"], output=output)
    assert by_url.stdout.count(f"--- {ids[1]} revision ") == 2
    assert "only one revision" in scrapy("diff", ids[0], output=output).stdout
    assert scrapy("diff", "1733788800-1", output=output).code == 2


def spread(answer: Answer) -> Answer:
    """The same page with other white space in its headline and paragraphs."""
    body = re.sub(rb"<(p|h2)>(.*?)</\1>", lambda found: found[0].replace(b" ", b" \r\n\t  "), answer.body)
    assert body != answer.body
    return with_body(answer, body)


def test_changed_white_space_and_page_furniture_are_no_new_version(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    site = HostileSite(3)
    server = serve(site=site)
    url = f"{server.url}/article/163/"
    crawl(url, output, settings=ALWAYS)
    for each in site.truth()["articles"]:
        furniture = replacing("</header>", "<p>Subscribe to our letters</p></header>")
        site.change(each["id"], all_of(spread, furniture, replacing("</footer>", "<p>Terms of use</p></footer>")))
    server.reset()
    done = crawl(url, output, settings=ALWAYS)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new"), done.stderr
    assert [each.status for each in articles_asked(server)] == [200, 200, 200]
    assert len(done.articles()) == 3


def test_a_truncated_copy_never_replaces_a_full_one_and_a_full_one_replaces_a_truncated_one(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(4)
    url = f"{server.url}/article/163/"
    full, truncated, *_ = (each["id"] for each in server.site.truth()["articles"])
    server.site.truncate(truncated)
    first = crawl(url, output, settings=ALWAYS)
    assert first.code == 0, first.stderr
    assert [each["truncated"] for each in versions(first, truncated)] == [True]

    server.site.truncate(full)
    server.site.show_in_full(truncated)
    done = crawl(url, output, settings=ALWAYS)
    assert done.code == 0, done.stderr
    assert done.manifest["counts"] == {"articles": 1}
    assert done.errors["article_truncated_copy"] == 1
    assert [each["truncated"] for each in versions(done, full)] == [False]
    short, whole = versions(done, truncated)
    assert (whole["truncated"], whole["revision"], whole["changed"]) == (False, 2, ["body", "truncated"])
    assert whole["previous_hash"] == short["content_hash"]
    assert len(whole["body"]) > len(short["body"])

    server.site.show_in_full(full)
    server.site.truncate(truncated)
    done = crawl(url, output, settings=ALWAYS)
    assert (done.code, done.manifest["outcome"]) == (0, "nothing new")
    assert faults(output) == []


def test_articles_are_asked_for_again_at_the_ages_of_the_setting_and_with_conditions(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(4)
    url, settings = f"{server.url}/article/163/", {**QUIET, "VOK_RECHECK_DAYS": "1,3"}
    crawl(url, output, settings=settings, at=T0)
    edited = server.site.truth()["articles"][2]["id"]
    asked = []
    for hours in (12, 25, 26, 73, 24 * 400):
        if hours == 73:
            server.site.edit(edited)
        server.reset()
        done = crawl(url, output, settings=settings, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        assert all("If-None-Match" in each.headers for each in articles_asked(server))
        asked.append(sorted(each.status for each in articles_asked(server)))
    assert asked == [[], [304] * 4, [], [200, 304, 304, 304], []]
    assert [each["revision"] for each in versions(done, edited)] == [1, 2]


def test_an_age_that_passed_between_two_runs_is_made_up_for_once(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    url, settings = f"{server.url}/article/163/", {**QUIET, "VOK_RECHECK_DAYS": "1,3,7"}
    crawl(url, output, settings=settings, at=T0)
    identity = server.site.truth()["articles"][0]["id"]
    asked = []
    for days in (5, 6, 8):
        server.reset()
        crawl(url, output, settings=settings, at=T0 + timedelta(days=days))
        asked.append(times_asked(server, identity))
    assert asked == [1, 0, 1]
