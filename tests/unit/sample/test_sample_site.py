"""The sample site, without a network."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.sample_reading import (
    BASE,
    article_path,
    get,
    ids,
    listing_pages,
    read_article,
    site,
    squeeze,
    visible,
)
from vokcrawl.sample import ALL_FAULTS, SampleSite, views
from vokcrawl.sample.skins import ClassicSkin
from vokcrawl.sample.texts import METER_SENTENCE

AJAX = "/wp-admin/admin-ajax.php?action=get_cat_by_source&die=true&from={}&to=10&sort=&id={}"


def truth_ids(served: SampleSite, kind: str = "articles") -> list[str]:
    return [record["id"] for record in served.truth()[kind]]


def classes(served: SampleSite, targets: list[str]) -> set[str]:
    pages = [get(served, target)[1] for target in targets]
    return {name for page in pages for value in page.css("::attr(class)").getall() for name in value.split()}


@pytest.mark.parametrize("more", ["link", "ajax"])
def test_both_skins_carry_the_same_texts_and_addresses(more: str) -> None:
    classic, plain = site(skin="classic", more=more), site(skin="plain", more=more)
    targets = ["/", "/newstream/", "/newstream/page/3/", "/article/163/", "/article/156/", "/nowhere/"]
    targets += [article_path(article_id) for article_id in truth_ids(classic)]
    for target in targets:
        (status, ours), (same_status, theirs) = get(classic, target), get(plain, target)
        assert status == same_status
        assert visible(ours) == visible(theirs)
        assert ours.css("a::attr(href)").getall() == theirs.css("a::attr(href)").getall()
    assert classes(classic, targets) & classes(plain, targets) == set()


def test_the_plain_skin_has_no_ids() -> None:
    served = site(skin="plain", more="ajax")
    for target in ("/", "/article/163/", article_path(truth_ids(served)[0])):
        assert get(served, target)[1].css("[id]").getall() == []


def test_every_markup_quirk_is_served_by_forty_articles() -> None:
    pages = listing_pages(site())
    items = [item for page in pages for item in page.css("article.clearfix")]
    headings = [item.css("h4") for item in items]
    hrefs = [heading.css("a::attr(href)").get("") for heading in headings]
    texts = ["".join(heading.css("::text").getall()) for heading in headings]
    images = [heading.css("img::attr(alt)").get() for heading in headings]
    dates = [item.css(".articled-date span::text").get("") for item in items]
    assert any(href.startswith("/") for href in hrefs)
    assert any(href.startswith(BASE) for href in hrefs)
    assert any("?" not in href and not href.endswith("/") for href in hrefs)
    assert any("fbclid=" in href for href in hrefs)
    assert any("%e2%80%8b" in href for href in hrefs)
    assert any(text.startswith("· ") for text in texts)
    assert any("\n" in text for text in texts)
    assert any(image and text for image, text in zip(images, texts, strict=True))
    assert any(image and not text for image, text in zip(images, texts, strict=True))
    assert {date[0] == " " for date in dates} == {True, False}
    assert any(not item.css(".article-thumb img") for item in items)
    assert any("\n" in item.css(".article-excerpt::text").get("") for item in items)
    for item in items:
        first, second = item.css(".article-excerpt::text").getall()
        assert first == second
    assert [len(ids(page)) for page in pages] == [10, 10, 10, 10, 1]
    assert ids(pages[1])[-1] == ids(pages[2])[0]


def test_every_article_quirk_is_served_by_forty_articles() -> None:
    served = site()
    pages = [get(served, article_path(article_id))[1] for article_id in truth_ids(served)]
    metas = [squeeze("".join(page.css(".article-meta ::text").getall())) for page in pages]
    assert {page.css("title::text").get() for page in pages} == {"Newstream | KCNA Watch"}
    assert {views.ORIGINAL_LABEL in meta for meta in metas} == {True, False}
    assert all(re.match(r"Date: \d\d/\d\d/\d{4} \| Source: Voice of Korea \(EN\)", meta) for meta in metas)
    assert any(page.css(".article-content figure figcaption") for page in pages)
    assert any("\n" in page.css(".article-content p::text").get("") for page in pages)
    truncated = [read_article(page)[1] for page in pages if METER_SENTENCE in page.get()]
    assert truncated
    assert all(text[-1] == METER_SENTENCE and text[-2].endswith("...") for text in truncated)


def test_truth_is_what_is_served() -> None:
    served = site(faults=ALL_FAULTS - {"inserted"})
    for article_id in truth_ids(served):
        get(served, article_path(article_id))  # the faults of a first request are then over
    result = served.truth()
    json.dumps(result)
    for record in result["articles"]:
        status, page = get(served, record["url"])
        title, paragraphs = read_article(page)
        assert status == 200
        assert title == record["title"]
        if record["truncated"]:
            assert paragraphs.pop() == METER_SENTENCE
        assert "\n\n".join(paragraphs) == record["body"]
        assert page.xpath(f"//a[.='{views.ORIGINAL_LABEL}']/@href").get() == record["original_url"]
        assert len(page.css(".article-content figure")) == len(record["images"])
    shown: dict[str, Any] = {}
    for page in listing_pages(served):
        for article_id, item in zip(ids(page), page.css("article.clearfix"), strict=True):
            title = "".join(item.css("h4")[0].css("::text").getall()) or item.css("h4 img::attr(alt)").get("")
            shown[article_id] = (
                squeeze(title).removeprefix("· "),
                squeeze(item.css(".article-excerpt::text").get("")),
            )
    assert shown == {each["id"]: (each["title"], each["excerpt"]) for each in result["teasers"]}
    assert list(shown) == [each["id"] for each in result["teasers"]]
    assert {record["status"] for record in result["removed"]} == {404, 410}
    assert not {*result["blocked"], *(each["id"] for each in result["removed"])} & set(truth_ids(served))


def test_the_news_stream_mixes_all_sources() -> None:
    served = site()
    found = {article_id for page in listing_pages(served, "/newstream/") for article_id in ids(page)}
    assert found == {*truth_ids(served), *served.truth()["others"]}
    assert get(served, "/newstream/")[1].css("title::text").get() == "Newstream | KCNA Watch"


def test_the_block_of_the_classic_skin_shows_twenty_teasers_without_titles() -> None:
    served = site(skin="classic")
    newest = truth_ids(served)[:20]
    _, page = get(served, article_path(newest[5]))
    assert page.css("aside h3::text").get() == "More From Voice of Korea (EN)"
    assert ids(page) == newest
    assert page.css("aside h4") == []
    assert page.xpath("//aside//a[.='More Articles']/@href").get() == "/article/163/"


def test_a_current_article_page_has_the_order_of_the_real_site() -> None:
    served = site(41)
    truth = served.truth()["articles"]
    for record in truth:
        article = served._shelf.get(record["id"])
        lines = visible(get(served, record["url"])[1])
        if article.quirks & {"layout_of_2019", "truncated", "headline_only", "captioned_image"}:
            continue
        head = [record["title"], f"Date: {article.published_on:%d/%m/%Y} | Source: Voice of Korea (EN)"]
        at = lines.index(head[0])
        # The day of the visit, long and short, and the source's line stand above the headline.
        assert lines[at - 4 : at] == ["February 09, 2019", "Feb 09, 2019", "KCNA", "Voice of Korea (EN)"]
        assert squeeze(lines[at + 1]).removesuffix(" |") == head[1]
        below = lines[at + 2 + bool(record["original_url"]) :]
        body = record["body"].split("\n\n")
        below = [line for line in below if line]
        assert below[: len(body)] == body
        assert below[len(body)] == "More From Voice of Korea (EN)"
        assert len([line for line in below if line == "More Articles"]) == 1


def test_a_current_teaser_shows_its_title_twice_and_its_excerpt_twice() -> None:
    served = site(41)
    truth = served.truth()
    teasers = {each["id"]: each for each in truth["teasers"]}
    page = get(served, truth["articles"][0]["url"])[1]
    assert len(ids(page)) == 20
    kinds = set()
    for article_id, item in zip(ids(page), page.css("article.clearfix"), strict=True):
        titles = [squeeze("".join(each.css("::text").getall())).removeprefix("· ") for each in item.css("h4")]
        alts = [squeeze(alt).removeprefix("· ") for alt in item.css("h4 img::attr(alt)").getall()]
        kinds.add((len(titles), len(alts)))
        assert {*titles, *alts} - {""} == {teasers[article_id]["title"]}
        excerpts = [squeeze(each) for each in item.css(".article-excerpt::text").getall()]
        assert excerpts == [teasers[article_id]["excerpt"]] * 2
    # Two headings for two widths, and a picture in the heading that says the title.
    assert kinds == {(2, 0), (1, 1)}
    assert teasers[next(each["id"] for each in truth["articles"] if not each["body"])]["excerpt"]


def test_the_data_have_what_the_real_site_has() -> None:
    served = site(41)
    truth = served.truth()
    (bare,) = (each for each in truth["articles"] if not each["body"])
    excerpts = {each["id"]: each["excerpt"] for each in truth["teasers"]}
    assert excerpts[bare["id"]] == bare["title"]
    assert {each["story"][0] for each in truth["articles"] if each["story"]} == {"n", "e"}
    assert any("%e2%80%99" in each["url"] for each in truth["articles"])
    assert any("%E2%80%99" in page.get() for page in listing_pages(served))
    old = [each for each in truth["articles"] if "Share Button" in get(served, each["url"])[1].get()]
    assert old
    for each in old:
        lines = visible(get(served, each["url"])[1])
        assert lines[lines.index(each["title"]) + 1].startswith("Date: ")
        assert set(views.NEWSLETTER) < set(lines)
        assert not any(line.startswith("More From") for line in lines)
    assert any(
        page.css(".article-content p strong") for page in (get(served, each["url"])[1] for each in truth["articles"])
    )
    unnamed = [each for each in truth["others"] if "Source: (En)" in get(served, article_path(each))[1].get()]
    assert unnamed


def test_fragments_go_on_from_any_offset_until_they_are_empty() -> None:
    served = site(more="ajax")
    found: list[str] = []
    while len(found) < 41:
        status, page = get(served, AJAX.format(len(found), 189901))
        assert status == 200
        assert ids(page)
        found += ids(page)
    assert list(dict.fromkeys(found)) == truth_ids(served)
    end = served.answer("GET", AJAX.format(41, 189901), {})
    assert (end.status, end.body) == (200, b"")
    assert b"<html" not in served.answer("GET", AJAX.format(0, 189901), {}).body


@pytest.mark.parametrize(
    "target",
    [
        AJAX.format(0, 163),
        AJAX.format("x", 189901),
        AJAX.format(-1, 189901),
        "/wp-admin/admin-ajax.php",
        "/wp-admin/admin-ajax.php?action=heartbeat&from=0&to=10&id=189901",
    ],
)
def test_a_fragment_request_that_is_not_understood_gets_a_zero(target: str) -> None:
    answer = site().answer("GET", target, {})
    assert (answer.status, answer.body) == (200, b"0")


def test_the_page_shows_how_to_request_more() -> None:
    classic, plain = site(more="ajax"), site(more="ajax", skin="plain")
    article = article_path(truth_ids(classic)[0])
    for target, start in (("/article/163/", "10"), ("/article/163/page/2/", "20"), (article, "20")):
        button = get(classic, target)[1].css("a.load-more")
        asked = [button.attrib[f"data-{name}"] for name in ("action", "id", "from", "to")]
        assert asked == ["get_cat_by_source", "189901", start, "10"]
        script = get(plain, target)[1].xpath("string(//script)").get("")
        assert "/wp-admin/admin-ajax.php" in script
        assert f'action: "get_cat_by_source", die: true, from: {start}, to: 10, sort: "", id: 189901' in script
    assert get(classic, "/article/163/page/5/")[1].css("a.load-more") == []


def test_an_article_is_found_by_its_id_alone() -> None:
    served = site()
    article_id = truth_ids(served)[0]
    expected = served.answer("GET", article_path(article_id), {}).body
    for ending in ("", "/", "/x", "/laws/x/", "/x/?utm_source=a&fbclid=b"):
        assert served.answer("GET", f"/newstream/{article_id}{ending}", {}).body == expected
    assert get(served, article_path("1549206000-1234"))[0] == 404
    assert get(served, "/article/163/page/99/")[0] == 404
    assert get(served, "/article/9999/")[0] == 404


def test_an_inserted_article_shifts_the_offsets_once() -> None:
    served = site(faults={"inserted"})
    before = truth_ids(served)
    first, second, third = (ids(get(served, AJAX.format(start, 189901))[1]) for start in (0, 10, 20))
    assert first == before[:10]
    assert second == before[10:20]
    assert third[:2] == [before[18], before[19]]
    after = truth_ids(served)
    assert after[1:] == before
    get(served, "/article/163/")
    assert truth_ids(served) == after


def test_first_requests_can_be_refused_or_answered_with_a_listing() -> None:
    served = site(faults={"rate_limited", "listing_instead"})
    odd: dict[int | str, str | None] = {}
    for article_id in truth_ids(served):
        answer = served.answer("GET", article_path(article_id), {})
        if answer.status == 429:
            odd[429] = dict(answer.headers).get("Retry-After")
        elif b"article-content" not in answer.body:
            odd["listing"] = article_id
        assert b"article-content" in served.answer("GET", article_path(article_id), {}).body
    assert odd[429] == "1"
    assert odd["listing"]


def test_a_blocked_article_redirects_to_the_sign_up_form() -> None:
    served = site(faults={"sign_up"})
    (blocked,) = served.truth()["blocked"]
    answer = served.answer("GET", article_path(blocked), {})
    location = dict(answer.headers)["Location"]
    assert answer.status == 302
    assert location == f"{BASE}/free-member-form/"
    assert get(served, location)[1].css(".nk-paywall-free-member-form")


def test_an_edited_article_changes_after_it_was_first_served() -> None:
    served = site(faults={"edited"})
    changed = []
    for article_id in truth_ids(served):
        target = article_path(article_id)
        if read_article(get(served, target)[1]) != read_article(get(served, target)[1]):
            changed.append(article_id)
    assert len(changed) == 1


def test_what_is_published_stands_on_top_and_what_is_late_deep() -> None:
    served = site(12)  # the next indexes include those of the table's date quirks
    ids_before = truth_ids(served)
    published = served.publish(12)
    assert truth_ids(served) == published[::-1] + ids_before
    late = served.publish_late()
    assert truth_ids(served).index(late) > 12
    record = next(each for each in served.truth()["articles"] if each["id"] == late)
    assert late == max(truth_ids(served))
    assert record["published_on"] < record["ingested_at"][:10]
    very_late = served.publish_late(days=400)
    assert truth_ids(served)[-1] == very_late


def test_a_growing_site_equals_one_that_was_larger_from_the_start() -> None:
    small, large = site(50, others=20), site(60, others=20)
    small.publish(10)
    assert small.truth() == large.truth()
    for target in ("/article/163/", "/newstream/page/2/"):
        assert small.answer("GET", target, {}).body == large.answer("GET", target, {}).body


def test_an_edit_changes_one_paragraph_and_on_demand_the_title() -> None:
    served = site()
    article_id = truth_ids(served)[3]
    title, paragraphs = read_article(get(served, article_path(article_id))[1])
    served.edit(article_id)
    same_title, edited = read_article(get(served, article_path(article_id))[1])
    assert same_title == title
    assert [old == new for old, new in zip(paragraphs, edited, strict=True)].count(False) == 1
    served.edit(article_id, title=True)
    assert read_article(get(served, article_path(article_id))[1])[0] != title


def test_removed_articles_can_be_restored() -> None:
    served = site()
    before = served.truth()
    gone, listed = truth_ids(served)[2:4]
    served.remove(gone, 410)
    served.remove(listed, listed=True)
    assert get(served, article_path(gone))[0] == 410
    assert get(served, article_path(listed))[0] == 404
    shown = ids(get(served, "/article/163/")[1])
    assert gone not in shown
    assert listed in shown
    assert truth_ids(served, "removed") == [gone, listed]
    served.restore(gone)
    served.restore(listed)
    assert served.truth() == before


def test_metering_hides_text_and_can_be_lifted() -> None:
    served = site()
    record = next(each for each in served.truth()["articles"] if not each["truncated"])
    served.truncate(record["id"])
    truncated = next(each for each in served.truth()["articles"] if each["id"] == record["id"])
    assert truncated["truncated"]
    assert METER_SENTENCE in get(served, record["url"])[1].get()
    assert METER_SENTENCE not in truncated["body"]
    served.show_in_full(record["id"])
    assert record in served.truth()["articles"]


def test_failures_last_as_long_as_asked() -> None:
    served = site()
    article_id, other = truth_ids(served)[:2]
    served.fail(article_id, 503, 2)
    assert [get(served, article_path(article_id))[0] for _ in range(3)] == [503, 503, 200]
    served.fail(other, 500, -1)
    assert {get(served, article_path(other))[0] for _ in range(5)} == {500}
    served.fail("/article/163/", 429, 1, retry_after=7)
    answer = served.answer("GET", "/article/163/", {})
    assert (answer.status, dict(answer.headers)["Retry-After"]) == (429, "7")
    assert get(served, "/article/163/")[0] == 200


@pytest.mark.parametrize("header", [("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")])
def test_a_page_is_sent_again_only_when_it_changed(header: tuple[str, str]) -> None:
    mark, condition = header
    served = site()
    article_id = truth_ids(served)[0]
    for target in ("/article/163/", article_path(article_id)):
        known = {condition: dict(served.answer("GET", target, {}).headers)[mark]}
        assert served.answer("GET", target, known)[::2] == (304, b"")
        served.edit(article_id, title=True)
        assert served.answer("GET", target, known).status == 200
    bare = site(validators=False).answer("GET", "/article/163/", {})
    assert not {"ETag", "Last-Modified"} & {name for name, _ in bare.headers}


def test_every_response_has_content_type_and_length() -> None:
    served = site(faults=ALL_FAULTS)
    for target in ("/robots.txt", "/", "/article/163/", "/free-member-form/", "/nowhere"):
        answer = served.answer("GET", target, {})
        headers = dict(answer.headers)
        assert headers["Content-Type"].endswith("; charset=utf-8")
        assert headers["Content-Length"] == str(len(answer.body))
        head = served.answer("HEAD", target, {})
        assert head.body == b""
        assert dict(head.headers)["Content-Length"] == headers["Content-Length"]
    assert served.answer("POST", "/", {}).status == 405


def test_two_thousand_articles_are_each_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []
    render = ClassicSkin.article

    def counted(self: ClassicSkin, view: views.ArticleView) -> str:
        rendered.append(view.headline)
        return render(self, view)

    monkeypatch.setattr(ClassicSkin, "article", counted)
    served = site(2000)
    targets = [article_path(article_id) for article_id in truth_ids(served)]
    for _ in range(2):
        assert all(served.answer("GET", target, {}).status == 200 for target in targets)
    served.publish()  # the "More From" block changes, the articles do not
    assert all(served.answer("GET", target, {}).status == 200 for target in targets)
    assert len(rendered) == 2000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skin": "baroque"}, "skin: 'baroque' is not one of current, classic, plain"),
        ({"more": "scroll"}, "more: 'scroll' is not one of link, ajax"),
        ({"faults": {"flood"}}, "faults: 'flood' is not one of"),
        ({"articles": -1}, "articles and others must be 0 or more"),
    ],
)
def test_a_wrong_value_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SampleSite(**options)


def test_an_empty_site_still_answers() -> None:
    served = site(0)
    assert get(served, "/")[0] == get(served, "/article/163/")[0] == 200
    assert served.publish_late()
    assert len(ids(get(served, "/article/163/")[1])) == 1
