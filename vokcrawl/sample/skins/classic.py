"""The real site's markup with its known class names, in the order of an earlier year."""

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

# Written for old browsers too: Splash's engine knows neither fetch nor arrow functions.
SCRIPT = """<script>
document.addEventListener("click", function (event) {
  var button = event.target;
  if (button.id !== "more_results" || !button.getAttribute("data-action")) { return; }
  event.preventDefault();
  var from = parseInt(button.getAttribute("data-from"), 10);
  var request = new XMLHttpRequest();
  request.open("GET", button.getAttribute("data-url") + "?action=" + button.getAttribute("data-action") +
    "&die=true&from=" + from + "&to=" + button.getAttribute("data-to") +
    "&sort=&id=" + button.getAttribute("data-id"));
  request.onload = function () {
    var list = document.getElementById("latest_article_wrapper");
    var before = list.querySelectorAll("article").length;
    list.insertAdjacentHTML("beforeend", request.responseText);
    var got = list.querySelectorAll("article").length - before;
    if (got === 0) { button.parentNode.removeChild(button); }
    button.setAttribute("data-from", from + got);
  };
  request.send();
});
</script>
"""


class ClassicSkin(Skin):
    """``article.clearfix``, ``.article-desc``, ``#latest_article_wrapper``, ``.article-content`` etc."""

    def page(self, title: str, visited_on: datetime.date | None = None) -> tuple[str, str]:
        """The frame, with the logo and the word "Browse" that leak into naive extraction."""
        links = "".join(
            f'<li><a href="{attr(stream.path)}">{text(stream.name)}</a></li>'
            for stream in (NEWSTREAM, STREAM_OF[WANTED], STREAM_OF[KCNA_ENGLISH])
        )
        head = (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<title>{text(title)}</title>\n</head>\n<body class="kcnawatch">\n<header class="site-header">'
            f'<a class="navbar-brand" href="/"><img src="{SITE_LOGO}" alt="{LOGO_ALT}"></a>\n'
            f'<nav class="navbar"><span class="nav-title">{BROWSE}</span><ul class="nav">{links}</ul></nav>'
            f'</header>\n<main class="container">\n'
        )
        footer = f'<footer class="site-footer"><p>{FOOTER}</p></footer>'
        return head, f"</main>\n{footer}\n{SCRIPT}</body>\n</html>\n"

    def teaser(self, view: TeaserView) -> str:
        """An ``article.clearfix``; the excerpt occurs twice, for wide and narrow screens."""
        href = attr(view.href)
        logo = f'<img class="img-fluid" src="{attr(view.logo)}" alt="">' if view.logo else ""
        image = f'<img src="{LOGO_FOLDER}dot.png" alt="{attr(view.title_image)}">' if view.title_image else ""
        title = f'<h4><a href="{href}">{image}{text(view.title)}</a></h4>\n' if image or view.title else ""
        excerpt = text(view.excerpt)
        return (
            f'<article class="clearfix">\n<div class="article-thumb"><a href="{href}">{logo}</a></div>\n'
            f'<div class="article-desc">\n{title}<p class="article-excerpt hidden-xs">{excerpt}</p>\n'
            f'<p class="articled-date"><span>{text(view.date)}</span></p>\n'
            f'<p class="article-excerpt visible-xs">{excerpt}</p>\n</div>\n</article>\n'
        )

    def listing(self, heading: str, teasers: Sequence[str], more: MoreView | None) -> str:
        """``div#latest_article_wrapper`` and, below it, "More Articles"."""
        return (
            f'<h1 class="page-title">{text(heading)}</h1>\n<div id="latest_article_wrapper">\n'
            f"{''.join(teasers)}</div>\n{self._more(more) if more else ''}"
        )

    def article(self, view: ArticleView) -> str:
        """Headline, meta line, and ``div.article-content``."""
        paragraphs = self.paragraphs(view, "p", "<p><strong>{}</strong></p>\n")
        original = f' | <a href="{attr(view.original)}">{ORIGINAL_LABEL}</a>' if view.original else ""
        return (
            f'<div class="article-single">\n<h2>{text(view.headline)}</h2>\n'
            f'<p class="article-meta">{text(view.meta)}{original}</p>\n'
            f'<div class="article-content">\n{"".join(paragraphs)}</div>\n</div>\n'
        )

    def block(self, heading: str, teasers: Sequence[str], more: MoreView) -> str:
        """A second column with the source's newest teasers."""
        return (
            f'<aside class="more-from">\n<h3>{text(heading)}</h3>\n<div id="latest_article_wrapper">\n'
            f"{''.join(teasers)}</div>\n{self._more(more)}</aside>\n"
        )

    def _more(self, more: MoreView) -> str:
        if more.token is not None:
            return (
                f'<p class="more-link"><button class="btn load-more" type="button">{MORE_LABEL}</button></p>\n'
                f'<script src="{SCRIPT_PATH}" data-list="#latest_article_wrapper" data-token="{more.token}"></script>\n'
            )
        if more.ajax is None:
            return f'<p class="more-link"><a class="btn" href="{attr(more.href)}">{MORE_LABEL}</a></p>\n'
        return (
            f'<p class="more-link"><a class="btn load-more" id="more_results" href="#" '
            f'data-url="{AJAX_PATH}" data-action="{AJAX_ACTION}" data-id="{more.ajax}" '
            f'data-from="{more.start}" data-to="{more.size}">{MORE_LABEL}</a></p>\n'
        )
