"""Invented teasers and an invented article in many kinds of markup that the site could use."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass

from vokcrawl.pages.document import read_document
from vokcrawl.pages.tree import Element

BASE = "http://site.test/article/163/"
LOGO = "/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg"


@dataclass(frozen=True)
class T:
    """A teaser with all its parts."""

    id: str
    slug: str
    title: str
    excerpt: str
    date: str

    @property
    def href(self) -> str:
        return f"/newstream/{self.id}/{self.slug}/"


TEASERS = (
    T(
        "1733800000-101",
        "orchard-harvest-begins-in-the-hills",
        "Orchard harvest begins in the hills",
        "The harvest of apples has begun in the hill orchards. Pickers from all the villages around came together on",
        "December 10, 2024",
    ),
    T(
        "1733790000-20202",
        "weather-station-keeps-its-hundredth-year",
        "Weather station keeps its hundredth year",
        'A weather station on the coast has now kept its book for a hundred years--"not one day is missing", says its',
        "December 09, 2024",
    ),
    T(
        "1733780000-303030303",
        "choir-of-mill-workers-sings-at-the-lake",
        "Choir of mill workers sings at the lake",
        "The mill workers' choir gave its tenth concert beside the lake. Among the listeners were the builders of the",
        "December 09, 2024",
    ),
)


def root(markup: str) -> Element:
    """The parsed page."""
    return read_document(markup.encode(), "text/html; charset=utf-8").root


def page(content: str) -> str:
    """A page with the content and the texts of the frame that every page of the site has."""
    return (
        "<html><head><title>Newstream | KCNA Watch</title></head><body><div><a href='/'>"
        "<img src='/logo.png' alt='KCNA Watch Logo'></a> Browse <a href='/newstream/'>Newstream</a></div>"
        f"{content}<div>Invented footer, all rights with the inventor</div></body></html>"
    )


Item = Callable[[T], str]
_LOGO = f'<img src="{LOGO}" alt="">'


def _esc(text: str) -> str:
    return html.escape(text, quote=False)


def _classic(t: T) -> str:
    return (
        f'<article class="clearfix"><div class="article-thumb"><a href="{t.href}">{_LOGO}</a></div>'
        f'<div class="article-desc"><h4><a href="{t.href}">{t.title}</a></h4><p>{_esc(t.excerpt)}</p>'
        f'<p class="articled-date"><span> {t.date}</span></p><p>{_esc(t.excerpt)}</p></div></article>'
    )


def _four(t: T, open_tag: str, close_tag: str, line: str = "div", title: str = "h3") -> str:
    return (
        f'{open_tag}<a href="{t.href}">{_LOGO}</a><{title}><a href="{t.href}">{t.title}</a></{title}>'
        f"<{line}>{_esc(t.excerpt)}</{line}><{line}>{t.date}</{line}><{line}>{_esc(t.excerpt)}</{line}>{close_tag}"
    )


# Each gives one item, with a title; the name says what is odd about it.
TITLED: dict[str, tuple[str, Item, str]] = {
    "the markup that is known": ("<div id=latest_article_wrapper>", _classic, "</div>"),
    "known item classes without an article around": (
        "<div>",
        lambda t: _classic(t).replace("article class", "div class").replace("/article>", "/div>"),
        "</div>",
    ),
    "a line break between class names": (
        "<div>",
        lambda t: _classic(t).replace('"article-desc"', '"col-9\narticle-desc\n"'),
        "</div>",
    ),
    "list of cards": ("<ul>", lambda t: _four(t, "<li>", "</li>"), "</ul>"),
    "cards of unknown elements": ("<x-list>", lambda t: _four(t, "<x-card>", "</x-card>", "x-line"), "</x-list>"),
    "deep wrappers": (
        "<main><div><div>",
        lambda t: _four(t, "<div><div><section>", "</section></div></div>", "div><div").replace(
            "</div><div>", "</div></div>"
        ),
        "</div></div></main>",
    ),
    "table with a row for each": (
        "<table>",
        lambda t: (
            f'<tr><td><a href="{t.href}">{_LOGO}</a></td><td><a href="{t.href}">{t.title}</a></td>'
            f"<td>{_esc(t.excerpt)}</td><td>{t.date}</td><td>{_esc(t.excerpt)}</td></tr>"
        ),
        "</table>",
    ),
    "one link around the whole card": (
        "<div>",
        lambda t: (
            f'<div><a href="{t.href}">{_LOGO}<h3>{t.title}</h3><p>{_esc(t.excerpt)}</p><p>{t.date}</p>'
            f"<p>{_esc(t.excerpt)}</p></a></div>"
        ),
        "</div>",
    ),
    "bare links around whole cards": (
        "<div>",
        lambda t: (
            f'<a href="{t.href}"><h3>{t.title}</h3><p>{_esc(t.excerpt)}</p><p>{t.date}</p><p>{_esc(t.excerpt)}</p></a>'
        ),
        "</div>",
    ),
    "flat row of headings and paragraphs": ("<div>", lambda t: _four(t, "", "", "p", "h4"), "</div>"),
    "flat definition list": (
        "<dl>",
        lambda t: (
            f'<dt><a href="{t.href}">{t.title}</a></dt><dd>{_esc(t.excerpt)}</dd><dd>{t.date}</dd>'
            f"<dd>{_esc(t.excerpt)}</dd>"
        ),
        "</dl>",
    ),
    "picture that says the title": (
        "<ul>",
        lambda t: _four(t, "<li>", "</li>").replace(
            f">{t.title}</a></h3>", f'><img src="/dot.png" alt="{t.title}"></a></h3>'
        ),
        "</ul>",
    ),
    "picture in the heading beside the title": (
        "<ul>",
        lambda t: _four(t, "<li>", "</li>").replace(f">{t.title}<", f'><img src="/d.png" alt="{t.title}">{t.title}<'),
        "</ul>",
    ),
    "date first in the card": (
        "<div>",
        lambda t: (
            f'<section><p>{t.date}</p><h3><a href="{t.href}">{t.title}</a></h3><p>{_esc(t.excerpt)}</p>'
            f"<p>{_esc(t.excerpt)}</p></section>"
        ),
        "</div>",
    ),
    "date in a time element beside the source": (
        "<div>",
        lambda t: _four(t, "<section>", "</section>").replace(
            t.date, f'<time datetime="2024-12-10T00:00">{t.date}</time> <a href="/article/163/">Voice of Korea (EN)</a>'
        ),
        "</div>",
    ),
    "date and source and more in one line": (
        "<div>",
        lambda t: _four(t, "<section>", "</section>").replace(
            t.date, f'<span>{t.date}</span> | <a href="/article/163/">Voice of Korea (EN)</a> | <a href="#">Share</a>'
        ),
        "</div>",
    ),
    "excerpt shown once": (
        "<div>",
        lambda t: (
            f'<section><h3><a href="{t.href}">{t.title}</a></h3><p>{_esc(t.excerpt)}</p><p>{t.date}</p></section>'
        ),
        "</div>",
    ),
    "title without heading, excerpt linked too": (
        "<div>",
        lambda t: (
            f'<section><p><a href="{t.href}">{t.title}</a></p><p><a href="{t.href}">{_esc(t.excerpt)}</a></p>'
            f'<p>{t.date}</p><p><a href="{t.href}">{_esc(t.excerpt)}</a></p></section>'
        ),
        "</div>",
    ),
    "read more behind each": (
        "<ul>",
        lambda t: _four(t, "<li>", f'<p><a href="{t.href}">Read more</a></p></li>'),
        "</ul>",
    ),
    "share buttons behind each": (
        "<ul>",
        lambda t: _four(
            t, "<li>", '<div><a href="https://share.test/?u=1">Share</a> <button>Save for later</button></div></li>'
        ),
        "</ul>",
    ),
}

# Lines that structure hardly tells apart: here null is as good as the right value, but nothing else is.
HARD: dict[str, tuple[str, Item, str]] = {
    "lines separated by spans only": (
        "<div>",
        lambda t: (
            f'<div><a href="{t.href}"><span class="t">{t.title}</span></a> <span class="e">{_esc(t.excerpt)}</span>'
            f' <span class="d">{t.date}</span> <span class="e2">{_esc(t.excerpt)}</span></div>'
        ),
        "</div>",
    ),
    "lines separated by single line breaks": (
        "<div>",
        lambda t: (
            f'<div><a href="{t.href}">{t.title}</a><br>{_esc(t.excerpt)}<br>{t.date}<br>{_esc(t.excerpt)}<br></div>'
        ),
        "</div>",
    ),
    "definition list with the date before the link": (
        "<dl>",
        lambda t: (
            f'<dt>{t.date}</dt><dd><a href="{t.href}">{t.title}</a></dd><dd>{_esc(t.excerpt)}</dd>'
            f"<dd>{_esc(t.excerpt)}</dd>"
        ),
        "</dl>",
    ),
}

TITLELESS: dict[str, tuple[str, Item, str]] = {
    "the markup that is known": (
        "<div>",
        lambda t: _classic(t).replace(f'<h4><a href="{t.href}">{t.title}</a></h4>', ""),
        "</div>",
    ),
    "list": (
        "<ul>",
        lambda t: _four(t, "<li>", "</li>").replace(f'<h3><a href="{t.href}">{t.title}</a></h3>', ""),
        "</ul>",
    ),
    "linked excerpts": (
        "<ul>",
        lambda t: (
            f'<li><a href="{t.href}">{_esc(t.excerpt)}</a><p>{t.date}</p><a href="{t.href}">{_esc(t.excerpt)}</a></li>'
        ),
        "</ul>",
    ),
    "flat": (
        "<div>",
        lambda t: f'<a href="{t.href}">{_LOGO}</a><p>{_esc(t.excerpt)}</p><p>{t.date}</p><p>{_esc(t.excerpt)}</p>',
        "</div>",
    ),
    "one link around the whole card": (
        "<div>",
        lambda t: f'<a href="{t.href}">{_LOGO}<p>{_esc(t.excerpt)}</p><p>{t.date}</p><p>{_esc(t.excerpt)}</p></a>',
        "</div>",
    ),
    "excerpt as heading": (
        "<div>",
        lambda t: (
            f'<div><h4><a href="{t.href}">{_esc(t.excerpt)}</a></h4><p>{t.date}</p><p>{_esc(t.excerpt)}</p></div>'
        ),
        "</div>",
    ),
    "read more behind each": (
        "<ul>",
        lambda t: (
            f"<li><p>{_esc(t.excerpt)}</p><p>{t.date}</p><p>{_esc(t.excerpt)}</p>"
            f'<p><a href="{t.href}">Read more</a></p></li>'
        ),
        "</ul>",
    ),
}


def listing(variant: tuple[str, Item, str], *, heading: str = "<h1>Voice of Korea (EN)</h1>") -> str:
    """A page with the three teasers and a "More Articles" link."""
    start, item, end = variant
    more = '<p><a href="/article/163/page/2/">More Articles</a></p>'
    return page(f"{heading}{start}{''.join(map(item, TEASERS))}{end}{more}")


# The article

OWN = "1733850000-4040"
HEADLINE = "Bridge over the northern river opened"
PARAGRAPHS = (
    'A bridge over the northern river was opened on Monday. "It was built in two years", the engineers said.',
    "It is 300 metres long--longer than any other of its kind in the county.",
    "The villagers' brass band played at the opening.",
)
URL = f"http://site.test/newstream/{OWN}/bridge-over-the-northern-river-opened/"
ORIGINAL = "http://www.vok.rep.kp/index.php/revo_de/getDetail/ien241210008/en"
SOURCE = "Voice of Korea (EN)"
_META = f'Date: 10/12/2024 | Source: {SOURCE} | <a href="{ORIGINAL}">Read original version at source</a>'
_H = f"<h2>{HEADLINE}</h2>"
_M = f"<p>{_META}</p>"
_P = "".join(f"<p>{each}</p>" for each in PARAGRAPHS)
_BROKEN = _P.replace(" of ", "\r\n of ")
_FIGURE = _P.replace("</p>", "</p><figure><img src='/p.jpg'><figcaption>The bridge</figcaption></figure>", 1)
_CAPTIONED = _P.replace(
    "</p>", "</p><div class='wp-caption'><img src='/p.jpg'><p class='wp-caption-text'>The bridge</p></div>", 1
)
_OTHER = TEASERS[0].href
_LINK = f'<a href="{ORIGINAL}">Read original version at source</a>'

# Each gives headline, meta line and text; every one says the same article.
ARTICLES: dict[str, str] = {
    "the markup that is known": f"{_H}{_M}<div class='article-content'>{_P}</div>",
    "no class names": f"<section>{_H}{_M}<div>{_P}</div></section>",
    "no wrapper at all": f"{_H}{_M}{_P}",
    "headline in the content": f"<div class='article-content'>{_H}{_M}{_P}</div>",
    "headline below the meta line": f"{_M}{_H}<div>{_P}</div>",
    "headline as a div": f"<div><div class='x'>{HEADLINE}</div>{_M}{_P}</div>",
    "headline in a breadcrumb too": f"<div><a href='/'>Home</a> / <span>Newstream</span></div>{_H}{_M}{_P}",
    "a site heading before the headline": f"<h1>KCNA Watch</h1>{_H}{_M}<div>{_P}</div>",
    "paragraphs as divs": f"{_H}{_M}<div>{_P.replace('<p>', '<div>').replace('</p>', '</div>')}</div>",
    "paragraphs separated by two line breaks": f"{_H}{_M}<div>{'<br><br>'.join(PARAGRAPHS)}</div>",
    "paragraphs separated by breaks and blanks": f"{_H}{_M}<div>{'<br/>&nbsp;<br/> '.join(PARAGRAPHS)}<br></div>",
    "empty paragraphs between": f"{_H}{_M}<div>{_P.replace('</p>', '</p><p>&nbsp;</p>')}</div>",
    "each paragraph in a table row": f"{_H}{_M}<table>{_P.replace('<p>', '<tr><td>').replace('</p>', '</td></tr>')}"
    "</table>",
    "inline markup in the text": f"{_H}{_M}<div>{_P.replace('bridge', '<b>bri</b>dge').replace('kind', '<i>kind</i>')}"
    "</div>",
    "line breaks inside sentences": f"{_H}{_M}<div>{_BROKEN}</div>",
    "meta line in spans": f"{_H}<p><span>Date: 10/12/2024</span> | <span>Source: {SOURCE}</span> | {_LINK}</p>{_P}",
    "meta line in three blocks": f"{_H}<div>Date: 10/12/2024</div><div>Source: {SOURCE}</div><div>{_LINK}</div>"
    f"<div>{_P}</div>",
    "meta line as a list": f"{_H}<ul><li>Date: 10/12/2024</li><li>Source: {SOURCE}</li><li>{_LINK}</li></ul>{_P}",
    "meta line as table rows": f"{_H}<table><tr><td>Date:</td><td>10/12/2024</td></tr><tr><td>Source:</td>"
    f"<td>{SOURCE}</td></tr><tr><td colspan=2>{_LINK}</td></tr></table><div>{_P}</div>",
    "meta line as a definition list": f"{_H}<dl><dt>Date:</dt><dd>10/12/2024</dd><dt>Source:</dt><dd>{SOURCE}</dd>"
    f"<dt>{_LINK}</dt></dl><div>{_P}</div>",
    "meta line with the source linked": f"{_H}<p>Date: 10/12/2024 | Source: <a href='/article/163/'>{SOURCE}</a> | "
    f"{_LINK}</p>{_P}",
    "meta line in capitals": f"{_H}<p>DATE: 10/12/2024 | SOURCE: {SOURCE} | {_LINK}</p>{_P}",
    "previous and next in a nav": f"{_H}{_M}<nav><a href='{_OTHER}'>Previous article</a></nav><div>{_P}</div>",
    "a link to another article above the text": f"{_H}{_M}<div><a href='{_OTHER}'>Previous article</a></div>"
    f"<div>{_P}</div>",
    "previous in words above the text": f"{_H}{_M}<div>Previous: <a href='{_OTHER}'>{TEASERS[0].title}</a></div>"
    f"<div>{_P}</div>",
    "previous and next below the text": f"{_H}{_M}<div>{_P}</div><div><a href='{_OTHER}'>« Previous</a> | "
    f"<a href='{TEASERS[1].href}'>Next »</a></div>",
    "share links above the text": f"{_H}{_M}<div><a href='https://share.test/?a'>Share</a> "
    f"<a href='https://tweet.test/?b'>Tweet</a></div><div>{_P}</div>",
    "share links below the text": f"{_H}{_M}<div>{_P}</div><div><a href='https://share.test/?a'>Share</a> "
    f"<a href='https://tweet.test/?b'>Tweet</a></div>",
    "share buttons below the text": f"{_H}{_M}<div>{_P}</div><div><button>Share</button><button>Print</button></div>",
    "related list in the content": f"{_H}{_M}<div class='article-content'>{_P}<ul><li><a href='{_OTHER}'>"
    f"{TEASERS[0].title}</a></li><li><a href='{TEASERS[1].href}'>{TEASERS[1].title}</a></li></ul></div>",
    "related list under a heading in the content": f"{_H}{_M}<div class='article-content'>{_P}<h3>Related</h3><ul><li>"
    f"<a href='{_OTHER}'>{TEASERS[0].title}</a></li></ul></div>",
    "a search form above": "<form><label>Date:</label><input name=start><label>Source:</label><select><option>All"
    f"</option></select></form>{_H}{_M}<div>{_P}</div>",
    "labels of a search form in blocks above": "<form><div>Date:</div><div><input name=start></div><div>Source:</div>"
    f"<div><select><option>All</option></select></div></form>{_H}{_M}<div>{_P}</div>",
    "figure with its caption": f"{_H}{_M}<div>{_FIGURE}</div>",
    "caption as WordPress writes it": f"{_H}{_M}<div class='article-content'>{_CAPTIONED}</div>",
    "a script and a style in the text": f"{_H}{_M}<div>{_P.replace('</p>', '</p><script>x</script><style>y</style>')}"
    "</div>",
    "another article in the header": f"<div>Latest: <a href='{_OTHER}'>{TEASERS[0].title}</a></div>{_H}{_M}"
    f"<div>{_P}</div>",
}
