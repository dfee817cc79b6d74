"""The pure functions that normalise raw values: any string in, a valid value or null out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from vokcrawl import normalize as fields

CANONICAL = re.compile(r"https?://[^\s/?#]+/([^\s?#]*/)?")
ABSOLUTE = re.compile(r"https?://[^\s/?#]+(/\S*)?")
# Any string, and strings that are nearly what the site sends.
ANY = st.text() | st.text(st.characters(codec=None), max_size=50)
URLISH = st.from_regex(r"(?:https?:|HTTP:|ftp:|)/{0,3}[\w@:.%\[\]-]{0,20}[/?#%.;\w\u200b -]{0,40}") | ANY
PATHISH = st.lists(
    st.sampled_from(["/newstream/", "1733800000-101", "a", "%E2%80%8B", "%e2%8", "0%8b", "%8b", "\u200b", "/", "?a=1"]),
    max_size=12,
).map("".join)
DATEISH = st.builds(
    "{} {}, {}".format,
    st.sampled_from(["January", "February", "March", "May", "December", "december", "Dec", "Smarch"]),
    st.integers(0, 40),
    st.integers(0, 10_000),
)


@pytest.mark.parametrize("function", [fields.clean_text, fields.clean_title, fields.clean_line, fields.fold])
@given(raw=ANY)
@example(raw="·\u200b· x")
@example(raw="\x1c\x85\u2028\xa0")
@example(raw="\ud800")
@example(raw="e\u200b\u0301")
def test_text_is_on_one_line_and_what_is_clean_stays(function: object, raw: str) -> None:
    once = function(raw)  # type: ignore[operator]
    if once is None:
        return
    assert once == " ".join(once.split())
    assert "\u200b" not in once
    once.encode()
    assert function(once) == (once or function(""))  # type: ignore[operator]


@given(
    st.lists(st.sampled_from(["a", "é", " ", "  ", "\n", "\n\n", "\u200b", "\xa0", "\u3000"]), max_size=9).map("".join)
)
@example("a  a")
@example(" a")
@example("a ")
@example("a\n\n  \n\na\n\n")
def test_two_texts_that_differ_in_white_space_alone_are_folded_into_one(text: str) -> None:
    visible = text.translate({0x200B: ""})
    assert fields.fold(text) == fields.fold(f" {visible}\n") == " ".join(visible.split())


@given(ANY)
def test_cleaning_loses_no_visible_character(raw: str) -> None:
    assert fields.clean_text(raw).replace(" ", "") == "".join(
        each for each in raw if (not each.isspace() and each.isprintable()) or each in fields.clean_text(each)
    ).translate(dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))).replace(" ", "")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("· Orchard harvest", "Orchard harvest"),
        ("\n ·\u00a0Orchard\r\n harvest\u200b ", "Orchard harvest"),
        ("•• Orchard", "Orchard"),
        ("·", None),
        (" \u200b ", None),
        ("Nutrition--Weather--", "Nutrition--Weather--"),
        ("- not a bullet of the listing", "- not a bullet of the listing"),
        ("Ten · twelve", "Ten · twelve"),
        ("과수원 · 수확", "과수원 · 수확"),
    ],
)
def test_a_title_loses_its_bullet_and_line_breaks_and_nothing_else(raw: str, clean: str | None) -> None:
    assert fields.clean_title(raw) == clean


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        (" December 10, 2024", "2024-12-10"),
        ("April 06, 2019", "2019-04-06"),
        ("April 6, 2019", "2019-04-06"),
        ("December\r\n 10,\u00a02024\u200b", "2024-12-10"),
        ("February 29, 2024", "2024-02-29"),
        ("February 29, 2023", None),
        ("February 30, 2024", None),
        ("April 31, 2024", None),
        ("December 00, 2024", None),
        ("December 32, 2024", None),
        ("December 10 2024", None),
        ("Dec 10, 2024", None),
        ("december 10, 2024", None),
        ("DECEMBER 10, 2024", None),
        ("10 December 2024", None),
        ("December 10, 24", None),
        ("December 10, 0000", None),
        ("December １０, ２０２４", None),
        ("on December 10, 2024", None),
        ("December 10, 2024 12:00", None),
        ("", None),
    ],
)
def test_a_day_in_words_is_read_strictly_and_never_shifted(raw: str, day: str | None) -> None:
    assert fields.date_in_words(raw) == day
    assert fields.shown_date(raw) == day


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("26/06/2025", "2025-06-26"),
        ("6/6/2025", "2025-06-06"),
        (" 01/12/2024\n", "2024-12-01"),
        ("12/31/2024", None),
        ("30/02/2024", None),
        ("29/02/2023", None),
        ("00/01/2024", None),
        ("26-06-2025", None),
        ("26/06/25", None),
        ("2025/06/26", None),
        ("２６/06/2025", None),
    ],
)
def test_a_day_in_numbers_is_day_first_and_strict(raw: str, day: str | None) -> None:
    assert fields.date_in_numbers(raw) == day
    assert fields.shown_date(raw) == day


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_as_itself_in_all_forms(day: date) -> None:
    for form in (f"{day:%B} {day.day:02}, {day.year}", f"{day:%d/%m/%Y}", day.isoformat()):
        assert fields.shown_date(form) == day.isoformat()


@given(ANY | DATEISH)
def test_a_day_is_a_real_one_or_null_and_a_day_stays(raw: str) -> None:
    for found in (fields.date_in_words(raw), fields.date_in_numbers(raw), fields.shown_date(raw)):
        if found is not None:
            assert date.fromisoformat(found).isoformat() == found
            assert fields.shown_date(found) == found


@pytest.mark.parametrize(
    ("url", "identity"),
    [
        ("https://site.test/newstream/1750885366-665971553/some-slug/", "1750885366-665971553"),
        ("/newstream/1750885366-1027", "1750885366-1027"),
        ("../newstream/1396423980-1027/laws/some-law/", "1396423980-1027"),
        ("/newstream/1750885366-1027?utm_source=x#y", "1750885366-1027"),
        ("/newstream/1750885366-1027#y", "1750885366-1027"),
        ("/newstream/1750885366-1027x/", None),
        ("/newstream/175088536-1027/", None),
        ("/newstream/1700536800-some-launch/", None),
        ("/newstream/17508853666-1/", None),
        ("/newstream/１７５０８８５３６６-1/", None),
        ("/newstream/", None),
        ("/share?url=/newstream/1750885366-1027/", None),
        ("/share#/newstream/1750885366-1027/", None),
    ],
)
def test_the_identity_is_read_from_the_shape_of_the_address(url: str, identity: str | None) -> None:
    assert fields.article_id(url) == identity


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("http://site.test/newstream/1-2/a", "http://site.test/newstream/1-2/a/"),
        ("http://site.test/newstream/1-2/a///", "http://site.test/newstream/1-2/a/"),
        ("HTTP://Site.TEST:80/a/?utm_source=x&fbclid=y#z", "http://site.test/a/"),
        ("https://site.test:443/a/", "https://site.test/a/"),
        ("https://site.test:8443/a/", "https://site.test:8443/a/"),
        ("http://user:secret@site.test/a/", "http://site.test/a/"),
        ("http://site.test", "http://site.test/"),
        ("http://site.test?a=1", "http://site.test/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a/"),
        ("http://site.test/%EA%B3%BC%EC%88%98", "http://site.test/%ea%b3%bc%ec%88%98/"),
        ("http://site.test/과수", "http://site.test/%ea%b3%bc%ec%88%98/"),
        ("http://site.test/a%e2%80%8b/", "http://site.test/a/"),
        ("http://site.test/a%E2%80%8B", "http://site.test/a/"),
        ("http://site.test/a\u200b/", "http://site.test/a/"),
        ("http://site.test/%e2%8%e2%80%8b0%8b/", "http://site.test/"),
        ("ftp://site.test/a/", None),
        ("javascript:void(0)", None),
        ("/a/", None),
        ("http:///a/", None),
        ("http://[bad/a", None),
        ("http://site.test:99999/a", None),
        ("", None),
    ],
)
def test_a_canonical_address_has_one_form(raw: str, canonical: str | None) -> None:
    assert fields.canonical_url(raw) == canonical


@given(URLISH | PATHISH.map("http://site.test/{}".format))
@example("http://h?x=1")
@example("http://h#f")
@example("http://h/%e2%8%e2%80%8b0%8b")
def test_a_canonical_address_stays_and_fits_the_contract(raw: str) -> None:
    found = fields.canonical_url(raw)
    if found is not None:
        assert CANONICAL.fullmatch(found)
        assert fields.canonical_url(found) == found
        assert fields.article_id(found) in (
            None,
            fields.article_id(found.upper().replace("/NEWSTREAM/", "/newstream/")),
        )


@given(URLISH, URLISH)
@example("http://h/", "http://h#f")
@example("http://h/", "http://h?x=1")
@example("http://h/", "//h")
@example("http://h/", "http://[::1/")
@example("http://h/", "http://\u2100.test/")
def test_an_absolute_address_stays_and_fits_the_contract(base: str, href: str) -> None:
    found = fields.absolute_url(base, href)
    if found is not None:
        assert ABSOLUTE.fullmatch(found)
        assert fields.absolute_url(found, found) == found


# What stands in nearly every address, and what makes one an exception.
PIECES = ["http://", "https://", "h.test", "xn--a", "a-b", "127.0.0.1", ":8080", ":80", ":0", ":99999", "/", "//", "a"]
PIECES += ["/newstream/1733800000-1/", ".", "..", "%41", "%2e%2e", "%", "~", "_", "A", "\n", "@", "é"]
BASES = ["http://h.test/a/b/", "https://h.test:8443/?x=1", "http://u:p@h.test/", "http://H.test/x"]


@given(st.sampled_from(BASES), st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@example("http://h.test/", f"http://{'a' * 64}/b/")
@example("http://h.test/", f"https://{'a' * 62}.test/b/")
def test_the_fast_path_to_an_absolute_url_agrees_with_the_slow_one(base: str, href: str) -> None:
    found = fields._already_absolute(base, href)
    assert found is None or found == fields._resolved(base, href)


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join))
@example("https://h.test:80/a")
@example("http://h.test:80/a")
@example("http://http://\n")
def test_the_fast_path_to_a_canonical_url_agrees_with_the_slow_one(url: str) -> None:
    # Nothing with a fragment takes the short way, and a canonical address has none. White space before it would stay.
    assert fields.canonical_url(url) == fields.canonical_url(f"{fields.clean_text(url)}#top")


def test_urls_of_the_site_take_the_fast_path() -> None:
    path = "/newstream/1733800000-101/orchard-harvest-%ea%b3%bc"
    for href in (path, f"http://site.test{path}/", f"https://127.0.0.1:48109{path}"):
        assert fields._already_absolute("http://site.test/article/163/?page=2", href) is not None


def test_an_address_that_hides_invisible_characters_in_each_other_is_read_in_good_time() -> None:
    depth = 20_000
    with cpu_limit():
        found = fields.canonical_url(f"http://site.test/{'%e2%8' * depth}{'0%8b' * depth}")
    # So long an address fits no record, so it may as well be refused.
    assert found in (None, "http://site.test/")


@given(ANY | st.from_regex(r"[0-9]{9,11}-[0-9]{1,4}", fullmatch=True))
def test_the_moment_of_ingestion_is_the_identity_s_own_or_null(identity: str) -> None:
    found = fields.ingested_at(identity)
    if found is not None:
        stamp = int(identity.partition("-")[0])
        assert datetime.strptime(found, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() == stamp


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("Voice of Korea (EN)", "en"),
        ("voice of korea (en) ", "en"),
        ("Rodong Sinmun (Kr)", "ko"),
        ("Pyongyang Times", None),
        ("Voice of Korea (JP)", None),
        ("Voice (EN) of Korea", None),
        ("", None),
    ],
)
def test_the_language_is_what_the_name_says_or_unknown(source: str, language: str | None) -> None:
    assert fields.language_of(source) == language


@pytest.mark.parametrize(
    ("url", "story"),
    [
        ("http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en", "n250625008"),
        ("https://vok.rep.kp/index.php/detail_com/comde/ikn250625008/18/ko", "n250625008"),
        ("http://www.vok.rep.kp/index.php/detail_com/vi_video/ien261005004", "n261005004"),
        ("http://www.vok.rep.kp/index.php/home/main/en", None),
        ("http://www.vok.rep.kp/?id=/ien250625008", None),
        ("http://vok.rep.kp.evil.test/ien250625008", None),
        ("http://evilvok.rep.kp/ien250625008", None),
        ("http://[bad", None),
        ("", None),
    ],
)
def test_a_story_is_joined_by_date_and_sequence_of_its_original(url: str, story: str | None) -> None:
    assert fields.story_of(url) == story


@given(ANY)
def test_no_input_makes_the_other_functions_raise(raw: str) -> None:
    fields.language_of(raw)
    fields.story_of(raw)
    fields.story_of(f"http://www.vok.rep.kp/{raw}")
    fields.article_id(raw)


@given(ANY, st.lists(ANY, max_size=4))
def test_the_hash_is_blind_to_white_space_and_to_how_letters_are_composed(title: str, body: list[str]) -> None:
    import unicodedata

    known = fields.content_hash(title, fields.join_paragraphs(body))
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", known)
    assert fields.content_hash(f" {title}\n", "\r\n".join(body)) == known
    clean = fields.clean_text(title)
    assert fields.content_hash(unicodedata.normalize("NFD", clean), "") == fields.content_hash(clean, "")


@given(st.text(min_size=1).filter(lambda text: bool(fields.fold(text))))
def test_the_hash_distinguishes_title_from_body_and_word_from_word(text: str) -> None:
    assert fields.content_hash(text, "") != fields.content_hash("", text)
    assert fields.content_hash(text, text) != fields.content_hash(text, f"{text} more")
