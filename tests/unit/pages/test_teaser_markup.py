"""Teasers in the markup of the site's pages and of common WordPress themes: each field is read in every markup."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from vokcrawl.loaders import load_teaser
from vokcrawl.pages.document import read_document
from vokcrawl.pages.extractors import EXTRACTORS

LISTING = "http://site.test/article/163/"
LOGO = "/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg"


@dataclass(frozen=True)
class Shown:
    """What a teaser shows; `day` as the record has it."""

    id: str
    title: str
    excerpt: str
    date: str
    day: str

    @property
    def href(self) -> str:
        return f"/newstream/{self.id}/{self.title.lower().replace(' ', '-')}/"


TEASERS = [
    Shown(
        f"17337{number:05}-{number + 1000}",
        f"Song of the valley number {word}",
        f"The choir sang of the valley and the hills in the {word} hall",
        f"December {10 - number // 3:02}, 2024",
        f"2024-12-{10 - number // 3:02}",
    )
    for number, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split())  # noqa: SIM905
]
MARKUP: dict[str, Callable[[Shown], str]] = {
    "kctv": lambda x: (
        f"<article class='clearfix'><div class='article-thumb'><a href='{x.href}'><img class='img-fluid' src='/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg' alt='x'></a></div><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p class='d-none d-sm-none d-md-block'>{x.excerpt}</p><p class='articled-date'><span> {x.date}</span></p><p class='d-md-none'>{x.excerpt}</p></div></article>"
    ),
    "doubled title alt in h4": lambda x: (
        f"<article class='clearfix'><div class='article-desc'><h4><a href='{x.href}'><img alt='{x.title}' src='/x.jpg'>{x.title}</a></h4><p class='d-none d-md-block'>{x.excerpt}</p><p class='articled-date'><span> {x.date}</span></p><p class='d-md-none'>{x.excerpt}</p></div></article>"
    ),
    "two headings": lambda x: (
        f"<article class='clearfix'><div class='article-desc'><h4 class='d-none d-md-block'><a href='{x.href}'>{x.title}</a></h4><h4 class='d-md-none'><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p><p>{x.excerpt}</p></div></article>"
    ),
    "two headings h3 h5 no classes": lambda x: (
        f"<li><h3><a href='{x.href}'>{x.title}</a></h3><h5><a href='{x.href}'>{x.title}</a></h5><p>{x.excerpt}</p><span>{x.date}</span><p>{x.excerpt}</p></li>"
    ),
    "title alt outside": lambda x: (
        f"<div><a href='{x.href}'><img alt='{x.title}' src='/x.jpg'></a><a href='{x.href}'>{x.title}</a><p>{x.excerpt}</p><span>{x.date}</span><p>{x.excerpt}</p></div>"
    ),
    "one link whole": lambda x: (
        f"<a href='{x.href}'><div>{x.title}</div><div>{x.title}</div><div>{x.excerpt}</div><div>{x.date}</div><div>{x.excerpt}</div></a>"
    ),
    "span twice in link": lambda x: (
        f"<div><a href='{x.href}'><span>{x.title}</span></a> <a href='{x.href}'><span>{x.title}</span></a><p>{x.excerpt}</p><p>{x.date}</p><p>{x.excerpt}</p></div>"
    ),
    "bullet": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>· {x.title}</a></h4><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p><p>{x.excerpt}</p></div></article>"
    ),
    "flat rows": lambda x: (
        f"<h4><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p><p>{x.date}</p><p>{x.excerpt}</p>"
    ),
    "table rows": lambda x: f"<tr><td><a href='{x.href}'>{x.title}</a></td><td>{x.excerpt}</td><td>{x.date}</td></tr>",
    "date first": lambda x: f"<p>{x.date}</p><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p>",
    "headline-only": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.title}</p><p class='articled-date'>{x.date}</p><p>{x.title}</p></div></article>"
    ),
    "headline-only doubled": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'><img alt='{x.title}'>{x.title}</a></h4><p>{x.title}</p><p class='articled-date'>{x.date}</p><p>{x.title}</p></div></article>"
    ),
    "headline-only structure": lambda x: (
        f"<li><h4><a href='{x.href}'>{x.title}</a></h4><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.title}</p><span>{x.date}</span><p>{x.title}</p></li>"
    ),
    "abs upper enc no slash": lambda x: (
        f"<article><div class='article-desc'><h4><a href='http://site.test/newstream/{x.id}/{x.title.lower().replace(' ', '%E2%80%99')}'>{x.title}</a></h4><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p><p>{x.excerpt}</p></div></article>"
    ),
    "empty dup anchor": lambda x: (
        f"<div><a href='{x.href}'>{x.title}</a><p>{x.excerpt}</p><p>{x.date}</p><a href='{x.href}'></a></div>"
    ),
    "share link": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p><a href='https://facebook.com/sharer?u=http://site.test{x.href}'>Share</a></div></article>"
    ),
    "read more": lambda x: (
        f"<article><h2><a href='{x.href}'>{x.title}</a></h2><time>{x.date}</time><p>{x.excerpt} <a href='{x.href}'>Read more</a></p></article>"
    ),
    "comments link": lambda x: (
        f"<article><h2><a href='{x.href}'>{x.title}</a></h2><time>{x.date}</time><p>{x.excerpt}</p><a href='{x.href}#comments'>0 Comments</a></article>"
    ),
    "no date": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p><p>{x.excerpt}</p></div></article>"
    ),
    "more-from 2024": lambda x: (
        f"<div class='x'><a href='{x.href}'><img alt='{x.title}' src='/uploads/sites/4/2019/01/Voice-of-Korea-EN.jpg'></a><h5><a href='{x.href}'>{x.title}</a></h5><p>{x.excerpt}</p><p>{x.date}</p><p>{x.excerpt}</p></div>"
    ),
    "title same as excerpt start": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.title} was sung in the hall of the north</p><p class='articled-date'>{x.date}</p><p>{x.title} was sung in the hall of the north</p></div></article>"
    ),
    "linked excerpt": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><a href='{x.href}'><p>{x.excerpt}</p></a><p class='articled-date'>{x.date}</p><a href='{x.href}'><p>{x.excerpt}</p></a></div></article>"
    ),
    "img noscript": lambda x: (
        f"<article><div class='article-thumb'><a href='{x.href}'><img class=lazy src='data:x' data-src='/a.jpg'><noscript><img src='/a.jpg' alt='n'></noscript></a></div><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p></div></article>"
    ),
    "class hidden md": lambda x: (
        f"<article><div class='article-desc'><h4 class='hidden md:block'><a href='{x.href}'>{x.title}</a></h4><h4 class='md:hidden'><a href='{x.href}'>{x.title}</a></h4><p class='hidden md:block'>{x.excerpt}</p><p class='articled-date'>{x.date}</p><p class='md:hidden'>{x.excerpt}</p></div></article>"
    ),
    "broadcast": lambda x: (
        f"<article class='clearfix'><div class='article-desc'><h4><a href='{x.href}'>{x.title}</a></h4><p class='broadcast-head'>Full Broadcast</p><p>{x.excerpt}</p><p class='articled-date'>{x.date}</p></div></article>"
    ),
    "uncommon entities": lambda x: (
        f"<article><div class='article-desc'><h4><a href='{x.href}'>{x.title.replace('o', '&#111;')}</a></h4><p>{x.excerpt.replace(' ', '&nbsp;')}</p><p class='articled-date'>{x.date}</p></div></article>"
    ),
}
AROUND = {
    "two headings h3 h5 no classes": "<ul>%s</ul>",
    "table rows": "<table>%s</table>",
    "headline-only structure": "<ul>%s</ul>",
    "more-from 2024": "<h3>More From Voice of Korea (EN)</h3>%s<a href='/article/163/'>More Articles</a>",
}
HEADLINE_ONLY = ["headline-only", "headline-only doubled", "headline-only structure"]
WITHOUT_DATE = ["no date"]
EXCERPT_BEGINS_WITH_TITLE = "title same as excerpt start"
HEADERS = {
    "no header": "",
    "day of the visit": "<header><span>December 11, 2024</span><span>Dec 11, 2024</span><a href='/'>KCNA Watch</a></header>",
    "a sidebar": "<aside><h3>Popular</h3><a href='/newstream/1600000000-5/popular/'>Popular</a></aside>",
}


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("name", MARKUP)
def test_fields_of_teasers_are_read_in_every_markup(name: str, header: str) -> None:
    items = AROUND.get(name, "<div id='latest_article_wrapper'>%s</div>") % "".join(map(MARKUP[name], TEASERS))
    markup = f"<body>{HEADERS[header]}<main>{items}</main><a href='#' class='load-more'>More Articles</a></body>"
    root = read_document(markup.encode(), "text/html; charset=utf-8", LISTING).root
    found = [load_teaser(raw, LISTING, None) for raw in EXTRACTORS[-1].teasers(root)]
    excerpts = {
        teaser.id: teaser.title
        if name in HEADLINE_ONLY
        else f"{teaser.title} was sung in the hall of the north"
        if name == EXCERPT_BEGINS_WITH_TITLE
        else teaser.excerpt
        for teaser in TEASERS
    }
    assert [(each["id"], each.get("title"), each.get("excerpt"), each.get("published_on")) for each in found] == [
        (each.id, each.title, excerpts[each.id], None if name in WITHOUT_DATE else each.day) for each in TEASERS
    ]


def test_link_text_that_is_one_text_twice_is_one_title() -> None:
    for between in ("", " ", "<br>", "</span><span>"):
        markup = "".join(
            f"<article><h4><a href='{each.href}'><span>{each.title}{between}{each.title}</span></a></h4>"
            f"<p>{each.excerpt}</p><p>{each.date}</p></article>"
            for each in TEASERS
        )
        root = read_document(markup.encode(), "text/html; charset=utf-8", LISTING).root
        assert [raw.title for raw in EXTRACTORS[-1].teasers(root)] == [each.title for each in TEASERS]


@pytest.mark.parametrize(
    "label", ["Categorized as <a href='/article/163/' rel='category tag'>News</a>", "<a href='/article/163/'>News</a>"]
)
def test_link_to_the_category_of_a_teaser_is_no_excerpt(label: str) -> None:
    markup = "".join(
        f"<article><h2><a href='{each.href}'>{each.title}</a></h2><footer><span>Published <time>{each.date}</time></span>"
        f"<div>{label}</div></footer></article>"
        for each in TEASERS
    )
    root = read_document(f"<main>{markup}</main>".encode(), "text/html; charset=utf-8", LISTING).root
    found = [load_teaser(raw, LISTING, None) for raw in EXTRACTORS[-1].teasers(root)]
    assert [(each.get("title"), each.get("excerpt"), each.get("published_on")) for each in found] == [
        (each.title, None, each.day) for each in TEASERS
    ]
