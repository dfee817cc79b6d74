"""The interface of a skin."""

from __future__ import annotations

import datetime
import html
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from vokcrawl.sample.views import ArticleView, FigureView, MoreView, TeaserView

SIGN_UP = (
    '<div class="nk-paywall-free-member-form"><h3>Sign up for a free account</h3>'
    '<form method="post" action="#"><label>E-mail <input type="email" name="email"></label></form></div>'
)


def text(value: str) -> str:
    """*value* as HTML text."""
    return html.escape(value, quote=False)


def attr(value: str) -> str:
    """*value* as an HTML attribute in double quotes."""
    return html.escape(value)


class Skin(ABC):
    """Renders views as HTML. ``page`` renders a whole page, the other methods its parts.

    ``block_titles``: whether the teasers below an article have titles.
    """

    block_titles: ClassVar[bool] = False

    @abstractmethod
    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """The parts before and after the content; *title* is the HTML title, *visited_on* the date in the header.

        Without a date, the header has none.
        """

    @abstractmethod
    def teaser(self, view: TeaserView) -> str:
        """One item of a listing, of a load-more fragment, or, without title, of an article page's block."""

    @abstractmethod
    def listing(self, heading: str, teasers: Sequence[str], more: MoreView | None) -> str:
        """The content of a listing page; *teasers* are rendered. Without *more*, it is the last page."""

    @abstractmethod
    def article(self, view: ArticleView) -> str:
        """The article's part of an article page."""

    @abstractmethod
    def block(self, heading: str, teasers: Sequence[str], more: MoreView) -> str:
        """The "More From" part of an article page."""

    def message(self, heading: str, sentence: str) -> str:
        """A page with only a message, such as a 404."""
        return f"<h3>{text(heading)}</h3>\n<p>{text(sentence)}</p>\n"

    def sign_up(self) -> str:
        """The sign-up form. It comes from a plugin of the site, not from its theme, so all skins share it."""
        return SIGN_UP + "\n"

    def search_form(self, sources: Sequence[tuple[int, str]]) -> str:
        """The form above the search results, with the sources and their ids."""
        options = "".join(f'<option value="{number}">{text(name)}</option>' for number, name in sources)
        return (
            '<form method="get" action="/"><input type="text" name="s" value="">\n'
            f'<select name="source"><option value="">All sources</option>{options}</select>\n'
            '<input type="text" name="start"><input type="text" name="end">\n'
            '<input type="hidden" name="sort" value="recent"><button type="submit">Search</button></form>\n'
        )

    def paragraphs(self, view: ArticleView, tag: str, subheading: str) -> list[str]:
        """The text of an article with its images; *tag* is that of a paragraph, *subheading* a template."""
        lines = [
            subheading.format(text(line)) if place == view.subheading else f"<{tag}>{text(line)}</{tag}>\n"
            for place, line in enumerate(view.paragraphs)
        ]
        lines[1:1] = [self.figure(figure) for figure in view.figures]
        return lines

    def figure(self, view: FigureView) -> str:
        """An image in the text: content, so it is the same in all skins."""
        caption = f"<figcaption>{text(view.caption)}</figcaption>" if view.caption else ""
        return f'<figure><img src="{attr(view.src)}" alt="">{caption}</figure>\n'
