"""A redesign of the site that the built-in site profile cannot read: other words, too, and the meta line as a list."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from vokcrawl.sample.skins.base import Skin, attr, text
from vokcrawl.sample.sources import KCNA_ENGLISH, LOGO_FOLDER, NEWSTREAM, STREAM_OF, WANTED
from vokcrawl.sample.views import FOOTER, LOGO_ALT, SITE_LOGO, ArticleView, MoreView, TeaserView

MORE_LABEL = "Turn the page"
# In place of "More From <source>".
BLOCK_HEADING = "Other dispatches of {}"


class StrangeSkin(Skin):
    """Listings are tables with the day in front of the title. "More Articles" is a plain link with other words."""

    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """Header and footer."""
        links = "".join(
            f' <a href="{attr(stream.path)}">{text(stream.name)}</a>'
            for stream in (NEWSTREAM, STREAM_OF[WANTED], STREAM_OF[KCNA_ENGLISH])
        )
        head = (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{text(title)}</title>\n'
            f'</head>\n<body>\n<div class="banner"><a href="/"><img src="{SITE_LOGO}" alt="{LOGO_ALT}"></a>'
            f'{links}</div>\n<div class="leaf">\n'
        )
        return head, f'</div>\n<div class="imprint">{FOOTER}</div>\n</body>\n</html>\n'

    def teaser(self, view: TeaserView) -> str:
        """A row: day, logo, title, excerpt."""
        href = attr(view.href)
        logo = f'<img src="{attr(view.logo)}" alt="">' if view.logo else ""
        image = f'<img src="{LOGO_FOLDER}dot.png" alt="{attr(view.title_image)}">' if view.title_image else ""
        name = f"{image}{text(view.title)}" if image or view.title else "&#10148;"
        return (
            f'<tr class="entry"><td class="moment">{text(view.date)}</td><td class="crest">{logo}</td>'
            f'<td class="name"><a href="{href}">{name}</a></td><td class="gist">{text(view.excerpt)}</td></tr>\n'
        )

    def listing(self, heading: str, teasers: Sequence[str], more: MoreView | None) -> str:
        """A table."""
        onward = f'<div><a class="onward" href="{attr(more.href)}">{MORE_LABEL}</a></div>\n' if more else ""
        return f'<div class="roll">\n<h2>{text(heading)}</h2>\n{self._table(teasers)}{onward}</div>\n'

    def article(self, view: ArticleView) -> str:
        """The headline, a definition list, and the text."""
        meta = dict(part.split(": ", 1) for part in view.meta.split(" | "))
        origin = f'<dt>Origin</dt><dd><a href="{attr(view.original)}">Page there</a></dd>' if view.original else ""
        paragraphs = self.paragraphs(view, "p", "<h5>{}</h5>\n")
        return (
            f'<div class="tale">\n<div class="crown">{text(view.headline)}</div>\n'
            f'<dl class="particulars"><dt>Day</dt><dd>{text(meta["Date"])}</dd>'
            f"<dt>Outlet</dt><dd>{text(meta['Source'])}</dd>{origin}</dl>\n"
            f'<div class="prose">\n{"".join(paragraphs)}</div>\n</div>\n'
        )

    def block(self, heading: str, teasers: Sequence[str], more: MoreView) -> str:
        """A table below the text."""
        title = BLOCK_HEADING.format(heading.removeprefix("More From "))
        onward = f'<div><a class="onward" href="{attr(more.href)}">{MORE_LABEL}</a></div>\n'
        return f'<div class="kin">\n<h2>{text(title)}</h2>\n{self._table(teasers)}{onward}</div>\n'

    @staticmethod
    def _table(teasers: Sequence[str]) -> str:
        return f'<table class="ledger">\n{"".join(teasers)}</table>\n'
