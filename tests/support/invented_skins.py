"""Redesigns of the sample site that nobody has built a reader for: what a proposed profile must be able to read.

Each one has the texts of the sample site in markup of its own, and other words where the built-in profile E
Eknows words.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from vokcrawl.sample.skins.base import Skin, attr, text
from vokcrawl.sample.sources import KCNA_ENGLISH, LOGO_FOLDER, NEWSTREAM, STREAM_OF, WANTED
from vokcrawl.sample.views import FOOTER, ArticleView, MoreView, TeaserView


@dataclass(frozen=True)
class Markup:
    """Templates of a redesign. `origin` is the part of `article` with the link to the original, if there is one.

    `sections` is the number of paragraphs in one section of the text, each in the template `section`.
    """

    teaser: str
    listing: str
    article: str
    block: str
    origin: str = '<a href="{href}">Page there</a>'
    more: str = '<div><a href="{href}">Turn the page</a></div>'
    tag: str = "p"
    subheading: str = "<h5>{}</h5>\n"
    section: str = ""
    sections: int = 2


class InventedSkin(Skin):
    """Fills the templates of `markup`."""

    markup: Markup

    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """Header and footer."""
        streams = (NEWSTREAM, STREAM_OF[WANTED], STREAM_OF[KCNA_ENGLISH])
        links = " ".join(f'<a href="{attr(each.path)}">{text(each.name)}</a>' for each in streams)
        head = (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{text(title)}</title>\n'
            f"</head>\n<body>\n<div><a href='/'>Front page</a> {links}</div>\n"
        )
        return head, f"<div>{FOOTER}</div>\n</body>\n</html>\n"

    def teaser(self, view: TeaserView) -> str:
        """One teaser."""
        image = f'<img src="{LOGO_FOLDER}dot.png" alt="{attr(view.title_image)}">' if view.title_image else ""
        return self.markup.teaser.format(
            href=attr(view.href),
            title=f"{image}{text(view.title)}" if image or view.title else "&#10148;",
            excerpt=text(view.excerpt),
            date=text(view.date),
            logo=f'<img src="{attr(view.logo)}" alt="">' if view.logo else "",
        )

    def listing(self, heading: str, teasers: Sequence[str], more: MoreView | None) -> str:
        """All teasers of a page."""
        return self.markup.listing.format(heading=text(heading), teasers="".join(teasers), more=self._more(more))

    def article(self, view: ArticleView) -> str:
        """The article."""
        meta = dict(part.split(": ", 1) for part in view.meta.split(" | "))
        return self.markup.article.format(
            headline=text(view.headline),
            date=text(meta["Date"]),
            source=text(meta["Source"]),
            origin=self.markup.origin.format(href=attr(view.original)) if view.original else "",
            text=self._text(self.paragraphs(view, self.markup.tag, self.markup.subheading)),
        )

    def block(self, heading: str, teasers: Sequence[str], more: MoreView) -> str:
        """The teasers below an article."""
        title = text(f"Other dispatches of {heading.removeprefix('More From ')}")
        return self.markup.block.format(heading=title, teasers="".join(teasers), more=self._more(more))

    def _more(self, more: MoreView | None) -> str:
        return self.markup.more.format(href=attr(more.href)) if more else ""

    def _text(self, paragraphs: list[str]) -> str:
        if not self.markup.section:
            return "".join(paragraphs)
        size = self.markup.sections
        parts = ["".join(paragraphs[at : at + size]) for at in range(0, len(paragraphs), size)]
        return "".join(map(self.markup.section.format, parts))


MARKUP = {
    "cards": Markup(
        '<div class="card"><a class="card-image" href="{href}">{logo}</a><div class="card-body"><h4 '
        'class="card-title">'
        '<a href="{href}">{title}</a></h4><div class="card-text">{excerpt}</div><small '
        'class="card-when">{date}</small>'
        "</div></div>\n",
        '<div class="deck"><h2>{heading}</h2>\n{teasers}{more}</div>\n',
        '<div class="reader"><h1 class="reader-title">{headline}</h1><div class="reader-text">{text}</div>'
        '<div class="reader-facts"><span class="when">{date}</span><span '
        'class="who">{source}</span>{origin}</div></div>',
        '<div class="deck below"><h3>{heading}</h3>{teasers}{more}</div>',
    ),
    "definition list": Markup(
        '<dl class="feed"><dt><a href="{href}">{title}</a></dt><dd>{date}</dd><dd>{excerpt}</dd></dl>\n',
        "<h2>{heading}</h2>\n<div>{teasers}</div>{more}\n",
        '<div class="page"><h2 class="name">{headline}</h2><dl class="facts"><dt>Outlet</dt><dd>{source}</dd>'
        "<dt>Day</dt>"
        '<dd>{date}</dd></dl>{origin}<div class="story">{text}</div></div>',
        '<div class="others"><h3>{heading}</h3>{teasers}{more}</div>',
    ),
    "div soup": Markup(
        '<div><div>{logo}</div><div><div>{date}</div><div><a href="{href}">{title}</a></div>'
        "<div>{excerpt}</div></div>"
        "</div>\n",
        "<div><div>{heading}</div>\n<div>{teasers}</div>{more}</div>\n",
        "<div><div>{headline}</div><div><span>{source}</span> <span>{date}</span> {origin}</div>"
        "<div>{text}</div></div>",
        "<div><div>{heading}</div><div>{teasers}</div>{more}</div>",
        tag="div",
        subheading="<div><b>{}</b></div>\n",
    ),
    "web components": Markup(
        '<news-item><news-title><a href="{href}">{title}</a></news-title><news-lead>{excerpt}</news-lead>'
        "<news-day>{date}</news-day></news-item>\n",
        "<news-list><h2>{heading}</h2>{teasers}{more}</news-list>\n",
        "<news-story><news-head>{headline}</news-head><news-meta><news-day>{date}</news-day><news-outlet>{source}"
        "</news-outlet>{origin}</news-meta><news-text>{text}</news-text></news-story>",
        "<news-list><h2>{heading}</h2>{teasers}{more}</news-list>",
    ),
    "low headings": Markup(
        '<li class="row"><h6><a href="{href}">{title}</a></h6><i class="when">{date}</i><p '
        'class="lead">{excerpt}</p></li>'
        "\n",
        '<h1>{heading}</h1><ul class="rows">{teasers}</ul>{more}\n',
        '<div class="sheet"><h6 class="top">{headline}</h6><p class="info"><i>{date}</i> <b>{source}</b> {origin}</p>'
        '<div class="copy">{text}</div></div>',
        '<div class="also"><h6>{heading}</h6><ul class="rows">{teasers}</ul>{more}</div>',
        subheading="<h2>{}</h2>\n",
    ),
    "day before title": Markup(
        '<section class="entry"><time>{date}</time><a class="head" href="{href}">{title}</a><q '
        'class="gist">{excerpt}</q>'
        "</section>\n",
        "<main><h1>{heading}</h1>{teasers}{more}</main>\n",
        '<main><time>{date}</time><h1>{headline}</h1><em class="outlet">{source}</em>{origin}<section '
        'class="text">{text}'
        "</section></main>",
        '<aside class="rest"><h2>{heading}</h2>{teasers}{more}</aside>',
    ),
    "meta line below": Markup(
        '<div class="post"><p class="post-name"><a href="{href}">{title}</a></p><p class="post-gist">{excerpt}</p>'
        '<p class="post-day">{date}</p></div>\n',
        '<div class="posts">{teasers}</div>{more}\n',
        '<div class="single"><div class="single-name">{headline}</div><div class="single-text">{text}</div>'
        '<table class="single-facts"><tr><th>Day</th><td>{date}</td></tr><tr><th>Outlet</th><td>{source}</td>'
        "</tr><tr>"
        "<th>Origin</th><td>{origin}</td></tr></table></div>",
        '<div class="posts more-posts"><h2>{heading}</h2>{teasers}{more}</div>',
    ),
    "nested sections": Markup(
        '<li><article><header><h3><a href="{href}">{title}</a></h3><span>{date}</span></header><div>{excerpt}</div>'
        "</article></li>\n",
        '<ol id="stream">{teasers}</ol>{more}\n',
        '<article id="story"><header><h1>{headline}</h1><p><span>{date}</span> <cite>{source}</cite> '
        "{origin}</p></header>"
        '<div class="parts">{text}</div></article>',
        '<section id="others"><h2>{heading}</h2><ol>{teasers}</ol>{more}</section>',
        section='<section class="part"><div><div>{}</div></div></section>\n',
    ),
    "utility classes": Markup(
        '<div class="flex gap-4 md:flex-row p-2"><div class="w-1/4 p-2">{logo}</div><div class="flex-1 p-2"><a '
        'class="font-bold '
        'text-lg" href="{href}">{title}</a><div class="text-sm text-gray-500">{date}</div><div class="text-base '
        'leading-[1.4]">{excerpt}</div></div></div>\n',
        '<div class="mx-auto p-2"><div class="text-2xl font-bold">{heading}</div><div class="grid '
        'gap-4">{teasers}</div>{more}'
        "</div>\n",
        '<div class="mx-auto p-2"><div class="text-2xl font-bold">{headline}</div><div class="flex gap-4 '
        'text-sm"><div '
        'class="p-2">{date}</div><div class="p-2">{source}</div><div class="p-2">{origin}</div></div><div '
        'class="text-base '
        'leading-[1.4]">{text}</div></div>',
        '<div class="mx-auto p-2"><div class="text-2xl font-bold">{heading}</div><div class="grid '
        'gap-4">{teasers}</div>{more}'
        "</div>",
        more='<div class="p-2"><a class="font-bold" href="{href}">Turn the page</a></div>',
    ),
    "hashed classes": Markup(
        '<div class="Item_root__x7Yz1"><div class="Item_day__q83Kd css-1a2b3c4">{date}</div><h3 '
        'class="Item_title__9fK2a">'
        '<a href="{href}">{title}</a></h3><div class="Item_lead__00Ab3 css-9z8y7x6">{excerpt}</div></div>\n',
        '<div class="List_root__12345"><h2>{heading}</h2>{teasers}{more}</div>\n',
        '<div class="Page_root__a1B2c"><h1 class="Page_title__Zz019">{headline}</h1><ul '
        'class="Page_facts__k3J4h"><li>{date}'
        '</li><li>{source}</li><li>{origin}</li></ul><div class="Page_text__98765">{text}</div></div>',
        '<div class="Block_root__55555"><h2>{heading}</h2>{teasers}{more}</div>',
    ),
    "three links": Markup(
        '<div class="hentry"><a class="thumb" href="{href}">{logo}</a><h2><a href="{href}">{title}</a></h2><div '
        'class="meta">'
        '<a href="{href}">{date}</a></div><div class="summary">{excerpt} <a href="{href}">Go to the page</a>'
        "</div></div>\n",
        '<div class="hfeed"><h1>{heading}</h1>{teasers}</div>{more}\n',
        '<div class="hentry single"><h1>{headline}</h1><div class="meta"><a href="/d/">{date}</a> <a '
        'href="/s/">{source}</a>'
        '{origin}</div><div class="entry">{text}</div></div>',
        '<div class="hfeed after"><h2>{heading}</h2>{teasers}{more}</div>',
    ),
    "table in table": Markup(
        '<tr><td><table><tr><td width="90">{date}</td><td><a href="{href}"><b>{title}</b></a></td></tr><tr><td '
        'colspan="2">'
        "{excerpt}</td></tr></table></td></tr>\n",
        '<center><font size="5">{heading}</font><table border="1">{teasers}</table>{more}</center>\n',
        '<table width="700"><tr><td colspan="2"><font size="6">{headline}</font></td></tr><tr><td>{date}</td>'
        "<td>{source}"
        '</td></tr><tr><td colspan="2">{origin}</td></tr><tr><td colspan="2" class="text">{text}</td></tr></table>',
        '<center><font size="4">{heading}</font><table border="1">{teasers}</table>{more}</center>',
    ),
}
INVENTED: dict[str, type[Skin]] = {
    name: type("InventedSkin", (InventedSkin,), {"markup": markup}) for name, markup in MARKUP.items()
}
