"""What the URL of a rendered page means, before its content is read."""

from __future__ import annotations

import pytest

from vokcrawl.downloader.rendering.pages import rendered_pages
from vokcrawl.downloader.rendering.result import Outcome, Rendered
from vokcrawl.pages.document import PageFault

ASKED = "https://site.test/article/163/"


@pytest.mark.parametrize(
    ("shown", "fault"),
    [
        ("https://site.test/", "block_page_front_page"),
        # Chromium's own page about a failed load has the path of a front page.
        ("chrome-error://chromewebdata/", "offsite"),
        ("about:blank", "offsite"),
        ("https://other.test/article/163/", "offsite"),
    ],
)
def test_a_page_at_another_url_is_no_listing(shown: str, fault: str) -> None:
    with pytest.raises(PageFault) as raised:
        rendered_pages(Rendered(shown, Outcome.MORE), ASKED, {"site.test"}, lambda _root: [])
    assert raised.value.name == fault
