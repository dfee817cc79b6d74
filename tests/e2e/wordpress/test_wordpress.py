"""Crawls and visits of a real WordPress with two of its own themes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import scrapy
from tests.support.crawling import Crawl, run_crawl
from tests.support.wordpress_posts import Post, posts
from tests.support.wordpress_server import PERMALINKS, WordPressServer

SOURCE = "Voice of Korea (EN)"
# What a user writes into a site profile after a visit of `scrapy doctor`: a classic theme and a block theme.
PROFILES = {
    "twentytwentyone": """
[listing]
item = "article.post"
title = ".entry-title"
excerpt = ".entry-content p"
date = "time.entry-date"
[article]
content = ".entry-content"
headline = "h1.entry-title"
date = "time.entry-date"
source = ".cat-links a"
""",
    "twentytwentytwo": """
[listing]
item = "li.wp-block-post"
title = ".wp-block-post-title"
excerpt = ".wp-block-post-excerpt__excerpt"
date = ".wp-block-post-date"
[article]
content = ".wp-block-post-content"
headline = "h1.wp-block-post-title"
date = ".wp-block-post-date"
source = ".taxonomy-category a"
""",
}
FAST = {"DOWNLOAD_DELAY": 0, "AUTOTHROTTLE_ENABLED": 0}


@dataclass
class Site:
    """A WordPress with posts; `rendered` has the title and the text of each as WordPress shows them, by id."""

    server: WordPressServer
    posts: list[Post]
    numbers: list[int]
    rendered: dict[str, dict[str, str]]


def publish(server: WordPressServer, chosen: list[Post]) -> Site:
    published = [each["post"] for each in server.publish(chosen, SOURCE, "163")]
    texts = server.manage({"command": "rendered", "post": number} for number in published)
    return Site(server, chosen, published, {post.item: text for post, text in zip(chosen, texts, strict=True)})


@pytest.fixture(scope="module")
def filled() -> Iterator[Site]:
    with WordPressServer() as server:
        yield publish(server, list(posts(36)))


@pytest.fixture(params=PROFILES)
def theme(request: pytest.FixtureRequest, filled: Site) -> str:
    filled.server.use_theme(request.param)
    return str(request.param)


def profile(theme: str, folder: Path) -> Path:
    file = folder / "profile.toml"
    file.write_text(f'name = "{theme}"\n{PROFILES[theme]}', encoding="utf-8")
    return file


def crawl(start_url: str, theme: str, output: Path, at: datetime | None = None) -> Crawl:
    settings = {**FAST, "VOK_SITE_PROFILE": profile(theme, output.parent)}
    return run_crawl(start_url, output, settings=settings, at=at)


def visit(url: str, output: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    file = output.parent / "results.json"
    words = [part for name, value in FAST.items() for part in ("-s", f"{name}={value}")]
    done = scrapy("doctor", url, "--json", str(file), *arguments, *words, output=output)
    return done.code, json.loads(file.read_text(encoding="utf-8"))


def squeezed(text: str) -> str:
    return "".join(text.split())


def assert_all_posts(done: Crawl, site: Site, theme: str) -> None:
    """The crawl has each post with the values of the database, except the one that needs a password, which it names."""
    assert done.code == 10, done.stderr
    [secret] = [each for each in site.posts if "password" in each.options]
    [headline] = [each for each in site.posts if not each.content]
    named = {
        reason: [url.split("/")[4] for url in error["examples"]] for reason, error in done.manifest["errors"].items()
    }
    assert named == {"article_blocked_password": [secret.item], "article_without_body": [headline.item]}
    articles = {each["id"]: each for each in done.articles()}
    assert len(done.articles()) == len(articles) == len(site.posts) - 1
    assert "secret" not in json.dumps(done.articles())
    for post in site.posts:
        if post is secret:
            continue
        found, shown = articles[post.item], site.rendered[post.item]["text"]
        if post.kind == "parts" and theme == "twentytwentytwo":
            # This theme shows no link to the other parts if the author has not used the block for it.
            shown = shown.partition("Part two")[0]
        assert squeezed(found["body"]) == squeezed(shown), post.kind
        assert found["title"] == site.rendered[post.item]["title"], post.kind
        assert (found["published_on"], found["source"]) == (f"{post.date:%Y-%m-%d}", SOURCE), post.kind
        assert [each["caption"] or "" for each in found["images"]] == list(post.captions), post.kind
        assert not found["truncated"]


def test_crawl_of_a_category_has_every_post(theme: str, filled: Site, output: Path) -> None:
    done = crawl(f"{filled.server.url}/article/163/", theme, output)
    assert_all_posts(done, filled, theme)
    teasers = {each["id"]: each for each in done.teasers()}
    assert len(done.teasers()) == len(teasers) == len(filled.posts)
    for post in filled.posts:
        found = teasers[post.item]
        assert found["published_on"] == f"{post.date:%Y-%m-%d}"
        assert found["title"].removeprefix("Protected: ") == site_title(filled, post)
        assert (found["excerpt"] is None) == (not post.content), post.kind
    [listing] = done.manifest["listings"]
    assert (listing["strategy"], listing["pages"], listing["complete"]) == ("link", 4, True)


def site_title(site: Site, post: Post) -> str:
    return site.rendered[post.item]["title"].removeprefix("Protected: ")


# The front page has the sticky post first, and lists it again in its place.
@pytest.mark.parametrize(("path", "strategy"), [("/", "link"), ("/?s=", "link"), ("/wp-sitemap.xml", "sitemap")])
def test_crawl_of_another_listing_has_every_post(path: str, strategy: str, filled: Site, output: Path) -> None:
    filled.server.use_theme("twentytwentyone")
    done = crawl(f"{filled.server.url}{path}", "twentytwentyone", output)
    assert_all_posts(done, filled, "twentytwentyone")
    [listing] = done.manifest["listings"]
    assert (listing["strategy"], listing["complete"]) == (strategy, True)


def test_doctor_says_what_a_theme_needs_and_proposes_a_profile_that_has_it(
    theme: str, filled: Site, output: Path
) -> None:
    url = f"{filled.server.url}/article/163/"
    proposed = output.parent / "proposed.toml"
    code, found = visit(url, output, "--suggest", str(proposed))
    assert (code, found["conclusion"]) == (12, "not ready")
    assert {each["remedy"] for each in found["remarks"] if each["severity"] == "error"} == {
        "set article.date in a site profile",
        "set article.source in a site profile",
    }
    code, found = visit(url, output, "-s", f"VOK_SITE_PROFILE={profile(theme, output.parent)}")
    assert (code, found["conclusion"]) == (0, "ready with remarks")
    assert [each["text"] for each in found["remarks"]] == ["1 of 20 teasers have no excerpt"]
    results = {(each["name"], each["result"]) for article in found["articles"] for each in article["fields"]}
    assert {(name, "confirmed") for name in ("title", "published_on", "source", "body")} <= results
    assert not {"missing", "contradicted"} & {result for _, result in results}
    [sitemap] = [each for url, each in found["sitemaps"].items() if "posts-post" in url]
    assert (sitemap["urls"], sitemap["articles"]) == (len(filled.posts), len(filled.posts))
    # Of 36 posts 10 are on a page; the sitemap has no other posts than these.
    bounds = {each["bound"]: each["entries"] for each in found["estimate"]["totals"]}
    assert (bounds["at least"], bounds["at most"]) == (31, len(filled.posts))
    assert {each["more_kind"] for each in found["listings"]} == {"link"}
    # The proposed profile reads all of it, too, without a line by hand.
    done = run_crawl(url, output.parent / "crawled", settings={**FAST, "VOK_SITE_PROFILE": proposed})
    assert_all_posts(done, filled, theme)


def test_permalinks_of_another_form_are_named(filled: Site, output: Path) -> None:
    filled.server.use_permalinks("/%year%/%monthnum%/%day%/%postname%/")
    try:
        code, found = visit(f"{filled.server.url}/", output)
        done = crawl(f"{filled.server.url}/", "twentytwentyone", output)
    finally:
        filled.server.use_permalinks(PERMALINKS)
    assert (code, found["conclusion"], done.code) == (12, "not ready", 12)
    text = f"no teasers were found on {filled.server.url}/, and no link to an article"
    assert found["remarks"][0]["text"] == f"{text} (/newstream/<10 digits>-<number>/)"
    assert "urls.article" in found["remarks"][0]["remedy"]


def test_edits_deletions_and_new_posts_are_found(output: Path) -> None:
    begin = datetime(2026, 12, 1, tzinfo=UTC)
    with WordPressServer() as server:
        server.use_theme("twentytwentyone")
        chosen = [each for each in posts(36) if each.kind in ("plain", "sticky")]
        site = publish(server, chosen)
        url = f"{server.url}/article/163/"

        def run(hours: int) -> Crawl:
            return crawl(url, "twentytwentyone", output, at=begin + timedelta(hours=hours))

        first = run(0)
        assert (first.code, len(first.articles())) == (0, len(chosen))
        edited, deleted = site.numbers[1], site.numbers[2]
        new = replace(chosen[0], title="A new post", item="1734800000-777777", date=chosen[0].date + timedelta(days=9))
        values = {"post_content": "<p>This is the corrected text of the report.</p>"}
        server.manage([{"command": "update", "post": edited, "values": values}, {"command": "delete", "post": deleted}])
        server.manage([{**server.command(new, 2, ()), "command": "post"}])
        # A change is recorded when it was seen twice, a deletion when it was seen twice some days apart.
        second, last = run(30), run(24 * 9)
    assert (second.code, last.code) == (10, 0)
    assert set(last.manifests()[1]["errors"]) == {"article_not_found", "article_unconfirmed_change"}
    assert [(each["id"], each["revision"]) for each in last.articles()[len(chosen) :]] == [
        (new.item, 1),
        (chosen[1].item, 2),
    ]
    assert last.articles()[-1]["body"] == "This is the corrected text of the report."
    assert [(each["id"], each["status"]) for each in last.removals()] == [(chosen[2].item, 404)]
    assert len(last.teasers()) == len(chosen) + 1
