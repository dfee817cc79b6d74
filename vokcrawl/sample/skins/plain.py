"""The same site after an invented redesign, without any class, id or wrapper of the classic skin."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from vokcrawl.sample.skins.base import Skin, attr, text
from vokcrawl.sample.sources import KCNA_ENGLISH, LOGO_FOLDER, NEWSTREAM, STREAM_OF, WANTED
from vokcrawl.sample.views import (
    AJAX_ACTION,
    AJAX_PATH,
    BROWSE,
    FOOTER,
    LOGO_ALT,
    MORE_LABEL,
    ORIGINAL_LABEL,
    SCRIPT_PATH,
    SITE_LOGO,
    ArticleView,
    MoreView,
    TeaserView,
)

# Doubled braces are for str.format. Written for old browsers, as in the classic skin.
SCRIPT = """<script>
(function () {{
  var url = "{path}";
  var next = {{action: "{action}", die: true, from: {start}, to: {size}, sort: "", id: {ajax}}};
  var link = document.querySelector("a.further");
  link.addEventListener("click", function (event) {{
    event.preventDefault();
    var query = [];
    for (var name in next) {{ query.push(name + "=" + encodeURIComponent(next[name])); }}
    var request = new XMLHttpRequest();
    request.open("GET", url + "?" + query.join("&"));
    request.onload = function () {{
      var list = document.querySelector("ul.cards");
      var before = list.children.length;
      list.insertAdjacentHTML("beforeend", request.responseText);
      var got = list.children.length - before;
      if (got === 0) {{ link.parentNode.removeChild(link); }}
      next.from += got;
    }};
    request.send();
  }});
}})();
</script>
"""


class PlainSkin(Skin):
    """Lists of cards, an ``h1`` headline, paragraphs in ``div``; no ids."""

    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """Header and footer with the same words and links as the classic ones."""
        links = "".join(
            f' <a href="{attr(stream.path)}">{text(stream.name)}</a>'
            for stream in (NEWSTREAM, STREAM_OF[WANTED], STREAM_OF[KCNA_ENGLISH])
        )
        head = (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<title>{text(title)}</title>\n</head>\n<body>\n<div class="masthead">'
            f'<a href="/"><img src="{SITE_LOGO}" alt="{LOGO_ALT}"></a>\n'
            f'<div class="menu"><b>{BROWSE}</b>{links}</div></div>\n<div class="sheet">\n'
        )
        return head, f'</div>\n<div class="colophon">{FOOTER}</div>\n</body>\n</html>\n'

    def teaser(self, view: TeaserView) -> str:
        """An ``li``; the excerpt occurs twice here as well."""
        href = attr(view.href)
        logo = f'<img src="{attr(view.logo)}" alt="">' if view.logo else ""
        image = f'<img src="{LOGO_FOLDER}dot.png" alt="{attr(view.title_image)}">' if view.title_image else ""
        title = f'<h3><a href="{href}">{image}{text(view.title)}</a></h3>\n' if image or view.title else ""
        excerpt = text(view.excerpt)
        return (
            f'<li class="card"><a class="badge" href="{href}">{logo}</a>\n{title}'
            f'<div class="lead">{excerpt}</div>\n<div class="when">{text(view.date)}</div>\n'
            f'<div class="lead small">{excerpt}</div></li>\n'
        )

    def listing(self, heading: str, teasers: Sequence[str], more: MoreView | None) -> str:
        """A ``ul`` of cards in a ``section``."""
        return (
            f'<section class="stream">\n<h2>{text(heading)}</h2>\n<ul class="cards">\n'
            f"{''.join(teasers)}</ul>\n{self._more(more) if more else ''}</section>\n"
        )

    def article(self, view: ArticleView) -> str:
        """Headline, meta line and text in a ``section``."""
        paragraphs = self.paragraphs(view, "div", "<h3>{}</h3>\n")
        original = f' | <a href="{attr(view.original)}">{ORIGINAL_LABEL}</a>' if view.original else ""
        return (
            f'<section class="story">\n<h1>{text(view.headline)}</h1>\n'
            f'<div class="facts">{text(view.meta)}{original}</div>\n'
            f'<div class="prose">\n{"".join(paragraphs)}</div>\n</section>\n'
        )

    def block(self, heading: str, teasers: Sequence[str], more: MoreView) -> str:
        """A ``section`` below the story."""
        return (
            f'<section class="others">\n<h2>{text(heading)}</h2>\n<ul class="cards">\n'
            f"{''.join(teasers)}</ul>\n{self._more(more)}</section>\n"
        )

    def _more(self, more: MoreView) -> str:
        if more.token is not None:
            return (
                f'<div><span class="further">{MORE_LABEL}</span></div>\n'
                f'<script src="{SCRIPT_PATH}" data-list="ul.cards" data-token="{more.token}"></script>\n'
            )
        link = f'<div><a class="further" href="{attr(more.href)}">{MORE_LABEL}</a></div>\n'
        if more.ajax is None:
            return link
        return link + SCRIPT.format(
            path=AJAX_PATH, action=AJAX_ACTION, start=more.start, size=more.size, ajax=more.ajax
        )
