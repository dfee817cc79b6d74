"""The sample site's search and sitemap, without a network."""

from __future__ import annotations

from tests.support.sample_reading import ID, get, ids, site
from vokcrawl.sample import SampleSite


def searched(served: SampleSite, query: str) -> list[str]:
    """The ids of all pages of a search's results."""
    found: list[str] = []
    following: str | None = f"/?{query}"
    while following:
        status, page = get(served, following)
        assert status == 200
        found += ids(page)
        following = page.xpath("//a[.='More Articles']/@href").get()
    return found


def test_the_search_finds_by_source_and_by_shown_day() -> None:
    served = site(search="link")
    teasers = served.truth()["teasers"]
    _, page = get(served, "/?s=&sort=recent")
    number = page.xpath("//select[@name='source']/option[.='Voice of Korea (EN)']/@value").get()
    assert searched(served, f"s=&source={number}&sort=recent") == [each["id"] for each in teasers]
    day = teasers[20]["published_on"]
    written = "-".join(reversed(day.split("-")))
    found = searched(served, f"s=&source={number}&start={written}&end={written}&sort=recent")
    assert found == [each["id"] for each in teasers if each["published_on"] == day]
    assert set(searched(served, "s=")) > set(searched(served, f"s=&source={number}"))
    assert searched(served, "s=%22no+such+words%22") == []


def test_without_a_search_the_front_page_answers_and_a_button_needs_a_browser() -> None:
    _, front = get(site(), "/")
    _, answered = get(site(), "/?s=&start=01-01-1997&end=02-01-1997")
    assert ids(answered) == ids(front)
    _, page = get(site(search="button"), "/?s=&sort=recent")
    assert page.xpath("//button[.='More Articles']")
    assert not page.xpath("//a[.='More Articles']")


def test_the_sitemap_names_every_listed_article_newest_file_last() -> None:
    served = site(search="link", sitemap=True)
    status, index = get(served, "/sitemap_index.xml")
    files = index.xpath("//*[local-name()='loc']/text()").getall()
    assert status == 200
    named = [ID.search(url)[1] for each in files[1:] for url in locations(served, each)]  # type: ignore[index]
    assert sorted(named) == named == sorted(searched(served, "s="))
    assert get(site(), "/sitemap_index.xml")[0] == get(served, "/post-sitemap9.xml")[0] == 404


def locations(served: SampleSite, url: str) -> list[str]:
    return get(served, url)[1].xpath("//*[local-name()='loc']/text()").getall()
