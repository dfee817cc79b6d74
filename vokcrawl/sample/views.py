"""The contents of pages without markup: the same strings and URLs for every skin."""

from __future__ import annotations

from dataclasses import dataclass

from vokcrawl.sample import texts
from vokcrawl.sample.content import SampleArticle

BULLET = "·"
TRACKING = "?utm_source=newsletter&utm_medium=email&fbclid=IwAR0sample"
MORE_LABEL = "More Articles"
SITE_TITLE = "KCNA Watch"
GENERIC_TITLE = "Newstream | KCNA Watch"
SITE_LOGO = "/uploads/sites/4/2019/01/kcna-watch.png"
LOGO_ALT = "KCNA Watch Logo"
BROWSE = "Browse"
SHARE = "Share Button"
NEWSLETTER = (
    "Get North Korea headlines delivered to your inbox daily",
    "Subscribe to the Sample 'Daily Update' and get the latest stories free",
)
FOOTER = "A sample site. Its articles are invented."
ORIGINAL_LABEL = "Read original version at source"
AJAX_PATH = "/wp-admin/admin-ajax.php"
AJAX_ACTION = "get_cat_by_source"
# The script with the call, if "More Articles" works only with JavaScript.
SCRIPT_PATH = "/assets/more.js"


@dataclass(frozen=True, slots=True)
class TeaserView:
    """A teaser. ``title`` is empty in a block without titles, and if only an image's alt text has it."""

    href: str
    title: str
    title_image: str | None
    logo: str | None
    excerpt: str
    date: str


@dataclass(frozen=True, slots=True)
class FigureView:
    """An image in an article."""

    src: str
    caption: str | None


@dataclass(frozen=True, slots=True)
class ArticleView:
    """The article's part of its page; ``meta`` precedes the link to ``original``.

    ``subheading`` is the index of the paragraph that is one.
    """

    headline: str
    meta: str
    original: str | None
    paragraphs: tuple[str, ...]
    figures: tuple[FigureView, ...]
    source: str = ""
    subheading: int | None = None
    layout_of_2019: bool = False


@dataclass(frozen=True, slots=True)
class MoreView:
    """The next page: a plain link to ``href``, or, if ``ajax`` is a number, a load-more request.

    With a ``token``, the page does not contain the request: a script derives it from the token.
    """

    href: str = "#"
    ajax: int | None = None
    start: int = 0
    size: int = 0
    token: str | None = None


def teaser_view(article: SampleArticle, base_url: str, *, titled: bool) -> TeaserView:
    """The teaser of *article* in a listing, or, if not *titled*, in an article page's block."""
    quirks = article.quirks
    href = article.path
    if "no_slash" in quirks:
        href = href.rstrip("/")
    if "tracked_href" in quirks:
        href += TRACKING
    if "apostrophe_slug" in quirks:
        href = href.replace(texts.APOSTROPHE, texts.APOSTROPHE.upper())
    if "relative_href" not in quirks:
        href = base_url + href
    title = texts.with_breaks(article.title, 4) if "broken_title" in quirks else article.title
    excerpt = texts.with_breaks(article.excerpt, 7) if "broken_excerpt" in quirks else article.excerpt
    image_only = "image_for_title" in quirks
    has_image = image_only or "image_beside_title" in quirks
    return TeaserView(
        href=href,
        title="" if not titled or image_only else (f"{BULLET} {title}" if "bullet" in quirks else title),
        title_image=title if titled and has_image else None,
        logo=None if "no_thumb" in quirks else article.source.logo_path,
        excerpt=excerpt,
        date=(" " if "leading_space" in quirks else "") + texts.long_date(article.published_on),
    )


def article_view(article: SampleArticle, base_url: str) -> ArticleView:
    """The page of *article*, metering sentence included where it is truncated."""
    paragraphs = article.shown
    if "broken_paragraphs" in article.quirks:
        paragraphs = tuple(texts.with_breaks(paragraph, 9) for paragraph in paragraphs)
    if article.truncated:
        paragraphs = (*paragraphs, texts.METER_SENTENCE)
    return ArticleView(
        headline=texts.with_breaks(article.title, 6) if "broken_title" in article.quirks else article.title,
        meta=f"Date: {article.published_on:%d/%m/%Y} | Source: {article.source.name}",
        original=article.original_url,
        paragraphs=paragraphs,
        # The first image's address is absolute, a second one's is not.
        figures=tuple(
            FigureView(("" if place else base_url) + image.path, image.caption)
            for place, image in enumerate(article.images)
        ),
        source=article.source.name,
        subheading=None if article.truncated or article.headline_only else article.subheading,
        layout_of_2019="layout_of_2019" in article.quirks,
    )
