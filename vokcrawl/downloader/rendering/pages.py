"""Reads the teasers from the result of a rendering step. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from vokcrawl.downloader.rendering.result import Outcome, Rendered
from vokcrawl.normalize import authority
from vokcrawl.pages.block_pages import find_block_page, redirects_to_block_page
from vokcrawl.pages.document import EMPTY_PAGE, PageFault, read_document
from vokcrawl.pages.listing import RawTeaser
from vokcrawl.pages.tree import Element

OUT_OF_TIME = "browser_out_of_time"


def rendered_pages(
    rendered: Rendered, asked: str, hosts: Collection[str], read: Callable[[Element], Sequence[RawTeaser]]
) -> list[Sequence[RawTeaser]]:
    """Return the teasers that each click has added. `asked` is the URL of the listing, `hosts` are those of the site.

    Raises `PageFault` if the result is not a listing.
    """
    is_page = rendered.url.startswith(("http://", "https://"))
    block_page = redirects_to_block_page(asked, rendered.url) if is_page else None
    if block_page is not None:
        raise PageFault(block_page)
    if not is_page or authority(rendered.url) not in hosts:
        raise PageFault("offsite")
    if rendered.outcome is Outcome.STRANGE:
        raise PageFault(find_block_page(rendered.html.encode("utf-8", "replace")) or EMPTY_PAGE)
    if rendered.outcome is Outcome.LATE:
        raise PageFault(OUT_OF_TIME)
    if rendered.is_refusal:
        raise PageFault("not_html")
    pages = [read(_document(html)) for html in rendered.pages]
    if not all(pages):
        raise PageFault(EMPTY_PAGE)
    return pages


def _document(html: str) -> Element:
    return read_document(html.encode("utf-8", "replace"), "text/html; charset=utf-8").root
