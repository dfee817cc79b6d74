"""The source of a teaser or an article is read from words or a known logo, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.pages.sources import Belongs, logo_belongs, logo_stem, same_source, source_of_logo

WANTED = "Voice of Korea (EN)"
UPLOADS = "https://assets.test/uploads/sites"


@pytest.mark.parametrize(
    ("src", "belongs"),
    [
        (f"{UPLOADS}/4/2019/01/Voice-of-Korea-EN.jpg", Belongs.YES),
        ("/uploads/voice-of-korea-en-150x150.jpg?ver=2", Belongs.YES),
        (f"{UPLOADS}/4/2019/01/Voice-of-Korea-KR.jpg", Belongs.NO),
        (f"{UPLOADS}/5/2015/11/kcna-english.png", Belongs.NO),
        (f"{UPLOADS}/5/2015/11/rodong-korean.png", Belongs.NO),
        (f"{UPLOADS}/5/2015/11/py-times.png", Belongs.NO),
        ("/uploads/new-logo.png", Belongs.UNKNOWN),
        ("/uploads/Voice-of-Korea-JP.jpg", Belongs.UNKNOWN),
        ("", Belongs.UNKNOWN),
        ("data:image/gif;base64,R0lGODlhAQAB", Belongs.UNKNOWN),
        ("http://[bad/Voice-of-Korea-EN.jpg", Belongs.UNKNOWN),
    ],
)
def test_only_known_logos_identify_a_source(src: str, belongs: Belongs) -> None:
    assert logo_belongs(src, WANTED) is belongs


def test_a_partly_known_logo_leaves_the_source_to_the_article() -> None:
    assert logo_belongs("/kcna-english.png", "KCNA (EN)") is Belongs.UNKNOWN
    assert logo_belongs("/kcna-english.png", "KCNA (Kr)") is Belongs.NO
    assert source_of_logo("/kcna-english.png") is None


def test_names_are_compared_without_case_and_extra_white_space() -> None:
    assert same_source(" voice  of\nKorea (en)", WANTED)
    assert not same_source("Voice of Korea", WANTED)
    assert not same_source("Voice of Korea (KR)", WANTED)


@given(st.text(), st.text(min_size=1))
def test_no_url_and_no_name_raises(src: str, wanted: str) -> None:
    stem = logo_stem(src)
    assert (logo_belongs(src, wanted) is Belongs.UNKNOWN) or stem is not None
    assert same_source(src, src)
