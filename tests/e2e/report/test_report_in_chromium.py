"""The report in a real browser: it loads and runs nothing, is complete, and is accessible."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.archive_builder import T0, Archive, Record, article, incomplete, removal, retry_entry, revised
from tests.support.browser_page import visit_page
from tests.support.children import ROOT
from tests.support.commands import scrapy

PHONE = {"width": 360, "height": 740}
WINDOW = {"width": 1180, "height": 900}
PICTURES = ROOT / "build" / "report"

HOSTILE = [
    "<script>window.owned = 1</script>",
    "<img src='/stolen.png' onerror='window.owned = 1'>",
    '"></title></style><script>window.owned = 1</script><style>*{display:none}',
    "{{ 7 * 7 }}{% raw %} ${7*7} <!-- ]]> &lt;b&gt; --> </bdi></td></table>",
    "right \u202eto left\u2066 and \u200bzero\u200d wide\ufeff",
    "control \x1b[2J\x07 and \x9b31m",
    "W" * 10_000,
    "\u0600\u0601 مرحبا بالعالم 1234 שלום",
    "e" + "\u0301\u0489" * 300,
    "조선의 소리 " * 60,
]


def archive(path: Path) -> Archive:
    """Some weeks with everything in them that the page tells of."""
    made = Archive(path)
    known: list[Record] = []
    for day in range(50):
        at = T0 + timedelta(days=day)
        if day in (20, 21, 22, 23, 31):
            made.run(at)
            continue
        known = [article(day * 10 + number, at) for number in range(1, 2 + day % 4)]
        made.run(at, known, **(incomplete({"article_http_503": 2}) if day % 9 == 4 else {}))
    at = T0 + timedelta(days=50)
    changed = revised(
        known[0],
        at,
        title="Story 491, corrected",
        body="The first paragraph of that very story.\n\nThe second one.\n\nA third one.",
    )
    made.run(
        at,
        [changed],
        [removal(known[1], at)],
        pending_retries=[retry_entry(1, at)],
        **incomplete({"article_http_503": 1}),
    )
    return made


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of that archive."""
    output = archive(tmp_path_factory.mktemp("archive") / "output").finish()
    done = scrapy("report", output=output)
    assert done.code == 0, done.stderr
    return output / "report.html"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an archive in which whoever could write something wrote something hostile."""
    made = Archive(tmp_path_factory.mktemp("hostile") / "output")
    first = [
        article(number, T0, title=text.replace("\n", " "), body=f"{text}\n\nThe end.", source=text)
        for number, text in enumerate(HOSTILE, 1)
    ]
    made.run(T0, first)
    at = T0 + timedelta(days=1)
    later = [revised(each, at, title=f"{each['title']} changed", body=f"So {each['body']}") for each in first]
    made.run(at, later, [removal(each, at) for each in later])
    debts = [
        retry_entry(number, at, reason=text, url=f"https://site.example/{number}")
        for number, text in enumerate(HOSTILE)
    ]
    reasons = {text: {"count": 1, "examples": []} for text in HOSTILE} | {"مرحبا": {"count": 5, "examples": []}}
    made.run(at + timedelta(days=1), outcome=HOSTILE[4], errors=reasons, pending_retries=debts)
    output = made.finish()
    # A line that is damaged names its fault, which quotes it.
    done = scrapy("report", "-s", f"VOK_SOURCE={HOSTILE[2]}", output=output)
    assert done.code == 0, done.stderr
    return output / "report.html"


def text_of(page: Page) -> str:
    return str(page.evaluate("document.body.textContent"))


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_nothing_is_fetched_and_nothing_runs(browser: Browser, report: Path) -> None:
    with visit_page(browser, report) as looked:
        looked.page.wait_for_load_state("networkidle")
        assert looked.requests == [looked.url]
        assert looked.served == ["/report.html"]
        assert looked.said == []
        assert looked.page.evaluate("document.scripts.length") == 0
    text = report.read_text(encoding="utf-8")
    # Neither would it be without the policy that forbids it: addresses stand in links alone.
    assert set(re.findall(r'(\w+)="https?://', text)) <= {"href", "xlink", "xmlns"}
    assert not re.search(
        r"url\((?!#)|@import|<(?:link|img|iframe|object|embed|form|base)\b(?! rel=\"icon\" href=\"data:,\")", text
    )


def test_even_what_came_in_could_load_and_run_nothing(browser: Browser, report: Path) -> None:
    with visit_page(browser, report) as looked:
        looked.page.evaluate("""() => {
            const script = document.createElement('script'), picture = document.createElement('img');
            script.textContent = 'window.owned = 1';
            picture.src = '/stolen.png';
            document.body.append(script, picture);
        }""")
        looked.page.wait_for_load_state("networkidle")
        assert looked.page.evaluate("window.owned") is None
        assert looked.served == ["/report.html"]
        assert len([each for each in looked.said if "Content Security Policy" in each]) == 2


def test_it_says_the_same_where_scripts_are_off(browser: Browser, report: Path) -> None:
    with visit_page(browser, report) as looked:
        result = looked.page.inner_text("body")
    with visit_page(browser, report, java_script_enabled=False) as looked:
        assert looked.page.inner_text("body") == result


def test_whatever_others_have_written_shows_as_text(browser: Browser, hostile: Path) -> None:
    with visit_page(browser, hostile, viewport=PHONE) as looked:
        page = looked.page
        assert looked.requests == [looked.url]
        assert looked.said == []
        assert page.evaluate("window.owned") is None
        assert page.evaluate("document.querySelectorAll('script, img, iframe, object, embed, form').length") == 0
        assert (
            page.evaluate(
                "[...document.querySelectorAll('*')].flatMap(each => [...each.attributes])"
                ".filter(each => each.name.startsWith('on') || /^\\s*javascript:/i.test(each.value)).length"
            )
            == 0
        )
        text = text_of(page)
        for each in HOSTILE[:4]:
            assert each in text
        assert "49" not in re.findall(r"\d+", text.partition("Latest revisions")[2].partition("Removed articles")[0])
        # Of what is 10,000 characters long the beginning is shown.
        assert "W" * 300 + "… (9,708 more characters)" in text
        assert "right U+202Eto left" in text
        assert "zeroU+200D wideU+FEFF" in text
        assert "control U+001B[2JU+0007 and U+009B31m" in text
        assert not set("\u202e\u2066\u200b\u200d\ufeff\x1b\x07\x9b") & set(text)
        assert page.title().startswith(HOSTILE[2])


@pytest.mark.parametrize("width", [320, 360, 768, 1180])
def test_nothing_makes_the_page_wider_than_the_window(
    browser: Browser, report: Path, hostile: Path, width: int
) -> None:
    for path in (report, hostile):
        with visit_page(browser, path, viewport={"width": width, "height": 800}) as looked:
            assert width_of(looked.page) == width
            looked.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert width_of(looked.page) == width


def test_text_of_others_keeps_its_direction_to_itself(browser: Browser, hostile: Path) -> None:
    with visit_page(browser, hostile, viewport=WINDOW) as looked:
        page = looked.page
        # Digits behind an Arabic word would go to its left; here they are ours, and stay where we put them.
        noted = page.locator("#runs tbody td.w").first
        assert noted.inner_text().startswith("مرحبا (5), ")
        places = noted.evaluate("""cell => {
            const word = cell.querySelector('bdi'), range = document.createRange();
            range.setStart(word.nextSibling, 0);
            range.setEnd(word.nextSibling, 4);
            return [word.getBoundingClientRect().right, range.getBoundingClientRect().left];
        }""")
        assert places[1] >= places[0] - 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WINDOW, PHONE], ids=["window", "phone"])
def test_everyone_can_read_it(browser: Browser, report: Path, scheme: str, size: dict[str, int]) -> None:
    with visit_page(browser, report, color_scheme=scheme, viewport=size, bypass_csp=True) as looked:
        looked.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found = Axe().run(looked.page)
        assert found.violations_count == 0, found.generate_report()


def test_by_day_and_by_night_it_has_other_colours_also_in_the_plots(browser: Browser, report: Path) -> None:
    ask = """() => ['body', '#runs figure .wide svg path[style*="stroke"]', '#calendar .d4', 'del', 'ins']
        .map(each => getComputedStyle(document.querySelector(each)))
        .map(style => [style.backgroundColor, style.fill, style.stroke, style.color].join())"""
    seen = {}
    for scheme in ("light", "dark"):
        with visit_page(browser, report, color_scheme=scheme) as looked:
            seen[scheme] = looked.page.evaluate(ask)
            # No colour of a plot is left that the page does not know.
            assert "#01010" not in looked.page.content()
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"], strict=True))


def test_insertions_and_deletions_are_marked_without_colours_too(browser: Browser, report: Path) -> None:
    with visit_page(browser, report) as looked:
        page = looked.page
        difference = page.locator(".change").first
        went, came = difference.locator("del"), difference.locator("ins")
        assert went.all_text_contents() == ["deleted: 491", "deleted: story 491."]
        assert came.all_text_contents() == [
            "inserted: 491, corrected",
            "inserted: that very story.",
            "inserted: A third one.",
        ]
        assert "1 paragraph unchanged" in difference.inner_text()
        line = "each => getComputedStyle(each).textDecorationLine"
        assert went.first.evaluate(line) == "line-through"
        assert came.first.evaluate(line) == "underline"


def test_each_day_without_an_article_is_struck_through_in_the_calendar(browser: Browser, report: Path) -> None:
    with visit_page(browser, report) as looked:
        page = looked.page
        names = page.locator("#calendar .year path.gap title").all_text_contents()
        assert names == [f"{day} January 2024: no article" for day in (21, 22, 23, 24)] + [
            "1 February 2024: no article"
        ]
        assert page.locator("#calendar .year path.gap.long").count() == 4
        drawn = page.locator("#calendar .year path[class^=d] title").all_text_contents()
        assert len(drawn) == 45
        assert "1 January 2024: 1 article" in drawn
        assert "The longest period without articles is 4 days, 21 to 24 January 2024." in page.inner_text("#calendar")


def test_it_prints_in_light_colours_with_all_that_is_folded_up(browser: Browser, report: Path) -> None:
    with visit_page(browser, report, color_scheme="dark", viewport=WINDOW) as looked:
        page = looked.page
        assert not page.locator("#coverage-table-title").is_visible()
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert page.locator("#coverage-table-title").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.pdf(format="A4").startswith(b"%PDF")


def test_pictures_of_it_are_kept_for_people_to_look_at(browser: Browser, report: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, size, scheme in (("light", WINDOW, "light"), ("dark", WINDOW, "dark"), ("phone", PHONE, "light")):
        with visit_page(browser, report, viewport=size, color_scheme=scheme) as looked:
            picture = looked.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
            assert len(picture) > 20_000
