"""The real site's markup with the order of its pages since 2024: the default skin."""

from __future__ import annotations

import datetime

from vokcrawl.sample import texts
from vokcrawl.sample.skins.base import attr, text
from vokcrawl.sample.skins.classic import ClassicSkin
from vokcrawl.sample.sources import LOGO_FOLDER
from vokcrawl.sample.views import GENERIC_TITLE, NEWSLETTER, SHARE, ArticleView, TeaserView


class CurrentSkin(ClassicSkin):
    """The class names of the classic skin.

    The current date is in the header, "KCNA" and the source above the headline, and each title occurs twice.
    """

    block_titles = True

    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """The classic header and footer with the current date: on article pages in two elements."""
        head, tail = super().page(title)
        if visited_on is None:
            return head, tail
        day = text(texts.long_date(visited_on))
        if title == GENERIC_TITLE:
            short = text(texts.short_date(visited_on))
            day = f'<span class="d-none d-md-inline">{day}</span><span class="d-md-none">{short}</span>'
        date = f'<div class="header-date">{day}</div>'
        return head.replace("</header>", f"{date}</header>", 1), tail

    def teaser(self, view: TeaserView) -> str:
        """An ``article.clearfix``; title and excerpt occur twice, for wide and narrow screens."""
        href = attr(view.href)
        logo = f'<img class="img-fluid" src="{attr(view.logo)}" alt="">' if view.logo else ""
        excerpt = text(view.excerpt)
        return (
            f'<article class="clearfix">\n<div class="article-thumb"><a href="{href}">{logo}</a></div>\n'
            f'<div class="article-desc">\n{self._titles(view)}'
            f'<p class="article-excerpt d-none d-sm-none d-md-block">{excerpt}</p>\n'
            f'<p class="articled-date"><span>{text(view.date)}</span></p>\n'
            f'<p class="article-excerpt d-md-none">{excerpt}</p>\n</div>\n</article>\n'
        )

    def article(self, view: ArticleView) -> str:
        """The line of the source, headline, meta line, and ``div.article-content``; or the layout of 2019."""
        own = super().article(view)
        if view.layout_of_2019:
            share = f'<div class="share-wrap"><span>{SHARE}</span></div>\n'
            lines = "".join(f"<p>{text(line)}</p>\n" for line in NEWSLETTER)
            own = own.replace('<div class="article-content">', f'{share}<div class="article-content">', 1)
            return f'{own}<div class="newsletter">\n{lines}</div>\n'
        return f'<h5 class="media-name"><span>KCNA</span> {text(view.source)}</h5>\n{own}'

    def _titles(self, view: TeaserView) -> str:
        href = attr(view.href)
        if view.title_image:
            image = f'<img src="{LOGO_FOLDER}dot.png" alt="{attr(view.title_image)}">'
            return f'<h4><a href="{href}">{image}{text(view.title)}</a></h4>\n'
        if not view.title:
            return ""
        wide, narrow = (
            f'<h4 class="{shown}"><a href="{href}">{text(view.title)}</a></h4>\n'
            for shown in ("d-none d-md-block", "d-md-none")
        )
        return wide + narrow
