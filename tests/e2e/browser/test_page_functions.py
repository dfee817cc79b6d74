"""The functions that run in a page, in a real Chromium: what a click has added, and how many nodes they read for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from vokcrawl.downloader.rendering.page_functions import CLICK, FRESH, HAS_MORE, TAKE
from vokcrawl.normalize import article_shape
from vokcrawl.pages.profile import site

WORDS = site().more.button.pattern
SIZE = 10
LINK = re.compile(r'href="/newstream/(\d{10}-\d+)/')
# What the script of a site does with the HTML of a batch; `button` is "More Articles" in its paragraph.
STRATEGIES = {
    "at the end": "list.insertAdjacentHTML('beforeend', batch());",
    "at the start": "list.insertAdjacentHTML('afterbegin', batch());",
    "one by one": "parts().forEach(each => { const item = document.createElement('li'); list.append(item); "
    "item.innerHTML = each; });",
    "with a label that changes": "button.textContent = 'Loading'; list.insertAdjacentHTML('beforeend', batch()); "
    "button.textContent = 'More Articles';",
    "with the button moved behind them": "list.insertAdjacentHTML('beforeend', batch()); list.append(button);",
    "with a new button": "list.insertAdjacentHTML('beforeend', batch()); const old = button; "
    "button = old.cloneNode(true); old.replaceWith(button); button.onclick = more;",
    "with a new button, the old ones hidden": "list.insertAdjacentHTML('beforeend', batch()); const old = button; "
    "button = old.cloneNode(true); old.hidden = true; old.after(button); button.onclick = more;",
    "in a list of its own": "list = list.cloneNode(false); list.innerHTML = batch(); button.before(list);",
    "while the list is not in the page": "const place = list.parentNode; list.remove(); "
    "list.insertAdjacentHTML('beforeend', batch()); place.prepend(list);",
}
# A script that takes the whole list out of the page reads all of it for each click, too.
LINEAR = [name for name in STRATEGIES if name != "while the list is not in the page"]


def page_of(strategy: str) -> str:
    return f"""<!DOCTYPE html><body><main><ul></ul><p><button>More Articles</button></p></main><script>
      let count = 0, list = document.querySelector("ul"), button = document.querySelector("button");
      const parts = () => Array.from({{length: {SIZE}}}, () => {{
        const number = ++count;
        return `<h2><a href="/newstream/${{1700000000 + number}}-${{number}}/a/">Title ${{number}}</a></h2><p>Text</p>`;
      }});
      const batch = () => parts().map(each => `<li>${{each}}</li>`).join("\\n");
      function more() {{ {strategy} }}
      list.innerHTML = batch();
      button.onclick = more;
    </script></body>"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


def run(page: Page, function: str, *args: object) -> Any:
    return page.evaluate(f"args => ({function}).apply(null, args)", list(args))


def opened(page: Page, strategy: str) -> dict[str, Any]:
    page.set_content(page_of(strategy))
    assert run(page, FRESH, article_shape()) == SIZE
    taken: dict[str, Any] = run(page, TAKE, article_shape(), WORDS, True)
    return taken


def clicked(page: Page) -> dict[str, Any]:
    assert run(page, HAS_MORE, WORDS, False)
    assert run(page, CLICK, WORDS)
    assert run(page, FRESH, article_shape()) == SIZE
    taken: dict[str, Any] = run(page, TAKE, article_shape(), WORDS, True)
    assert run(page, FRESH, article_shape()) == 0
    return taken


def numbers(taken: dict[str, Any]) -> list[int]:
    return [int(found.partition("-")[2]) for found in LINK.findall(taken["html"])]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_click_gives_what_it_has_added_in_the_order_of_the_page(page: Page, strategy: str) -> None:
    assert numbers(opened(page, STRATEGIES[strategy])) == list(range(1, SIZE + 1))
    for batch in range(1, 4):
        taken = clicked(page)
        assert numbers(taken) == list(range(batch * SIZE + 1, batch * SIZE + SIZE + 1))
        assert taken["text"].count("Title") == SIZE


@pytest.mark.parametrize("strategy", LINEAR)
def test_click_reads_as_many_nodes_behind_many_entries_as_behind_few(page: Page, strategy: str) -> None:
    opened(page, STRATEGIES[strategy])
    read = [clicked(page)["visited"] for _ in range(12)]
    # Hidden buttons that nobody removes are looked at again, one node each.
    most = len(read) if "hidden" in strategy else 0
    assert max(read[-4:]) <= max(read[2:6]) + most
    # An entry of this page has about ten nodes.
    assert max(read) < SIZE * 10 * 5


def test_button_whose_words_come_later_is_found_when_the_whole_page_is_read(page: Page) -> None:
    opened(page, "list.insertAdjacentHTML('beforeend', batch());")
    page.evaluate("document.querySelector('button').remove()")
    assert not run(page, HAS_MORE, WORDS, True)
    page.evaluate("document.querySelector('h2').firstChild.firstChild.nodeValue = 'More Articles'")
    assert not run(page, HAS_MORE, WORDS, False)
    assert run(page, HAS_MORE, WORDS, True)


def test_hidden_button_is_ignored(page: Page) -> None:
    opened(page, "")
    page.evaluate("document.querySelector('button').style.visibility = 'hidden'")
    assert not run(page, HAS_MORE, WORDS, True)


def test_new_document_begins_again(page: Page) -> None:
    opened(page, "document.body = document.createElement('body'); document.body.innerHTML = batch();")
    taken = clicked_away(page)
    assert numbers(taken) == list(range(SIZE + 1, 2 * SIZE + 1))
    assert taken["html"].startswith("<html>")


def clicked_away(page: Page) -> dict[str, Any]:
    """A click behind which the body is another one."""
    assert run(page, CLICK, WORDS)
    assert run(page, FRESH, article_shape()) == SIZE
    taken: dict[str, Any] = run(page, TAKE, article_shape(), WORDS, True)
    return taken
