"""The "More Articles" button of the sample site that needs JavaScript."""

from __future__ import annotations

import pytest
from lxml import etree

from vokcrawl.pages.more import read_more
from vokcrawl.pages.tree import parse
from vokcrawl.sample import SampleSite
from vokcrawl.sample.views import AJAX_PATH, MORE_LABEL, SCRIPT_PATH


def served(target: str, skin: str) -> str:
    site = SampleSite(25, skin=skin, more="script", faults=())
    site.base_url = "http://sample.test"
    answer = site.answer("GET", target.replace("ARTICLE", site.truth()["articles"][3]["id"]), {})
    assert answer.status == 200
    return answer.body.decode()


@pytest.mark.parametrize("skin", ["classic", "plain"])
@pytest.mark.parametrize("target", ["/article/163/", "/newstream/", "/newstream/ARTICLE/x/"])
def test_the_page_has_the_label_but_not_the_call(skin: str, target: str) -> None:
    page = served(target, skin)
    more = read_more(parse(page), f"http://sample.test{target}", 10)
    assert (more.label_found, more.route) == (True, None)
    assert AJAX_PATH not in page


@pytest.mark.parametrize("skin", ["classic", "plain"])
def test_the_script_finds_its_list_and_its_button_in_either_skin(skin: str) -> None:
    root = etree.HTML(served("/article/163/", skin))
    script = root.find(f".//script[@src='{SCRIPT_PATH}']")
    assert "".join(script.getprevious().itertext()) == MORE_LABEL
    name = script.get("data-list").removeprefix("ul.").removeprefix("#")
    assert len(root.xpath("//*[@class=$name or @id=$name]/*", name=name)) == 10


def test_the_script_exists_only_where_pages_refer_to_it() -> None:
    assert SampleSite(5, more="script").answer("GET", SCRIPT_PATH, {}).status == 200
    assert SampleSite(5, more="ajax").answer("GET", SCRIPT_PATH, {}).status == 404
