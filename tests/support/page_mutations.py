"""The sample site's pages, with other markup or damaged."""

from __future__ import annotations

import re
from functools import cache

from hypothesis import strategies as st

from vokcrawl.sample import SampleSite

SITE = "http://site.test"
SKINS = ("current", "classic", "plain")
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b([^>]*)>")
_MARKS = re.compile(r"""\s(?:class|id)\s*=\s*(?:"[^"]*"|'[^']*')""")
# Tags that may stand around blocks, around lines, and at headings. A <p> cannot hold blocks: the parser ends it.
_HOLDERS = ("div", "section", "article", "aside", "main", "blockquote", "center", "x-holder")
_LINES = ("p", "div", "section", "x-line", "h6", "address")
DAMAGE = (
    "<div>", "</div>", "<p>", "</p>", "<br>", "<a href='/newstream/1600000000-7/other-slug/'>", "</a>", "<!--", "-->",
    "<script>", "</script>", "<table><tr><td>", "</table>", "<h2>", "<h4>Read this</h4>", "Date:", "Source: ", "|",
    "December 10, 2024", "February 30, 2024", "&#0;", "&#xd800;", "\x00", "\u200b", "<", "<a href='http://[::1/'>x</a>",
    "<img src='http://[bad/x.jpg'>", "<figure>", "<svg>", "<template>", "More From Voice of Korea (EN)",
    "More Articles",
)  # fmt: skip


@cache
def site(skin: str, more: str = "link") -> SampleSite:
    """A sample site that nobody changes."""
    made = SampleSite(45, skin=skin, more=more, faults=())
    made.base_url = SITE
    return made


@cache
def rendered(path: str, skin: str, more: str = "link") -> str:
    """A page of the sample site."""
    return site(skin, more).answer("GET", path, {}).body.decode()


@cache
def articles(skin: str) -> list[dict[str, object]]:
    """The expected record of each article, newest first."""
    return list(site(skin).truth()["articles"])


def path_of(article: dict[str, object]) -> str:
    return str(article["url"]).removeprefix(SITE)


def undressed(markup: str) -> str:
    """The page without classes and ids."""
    return _TAG.sub(lambda found: _MARKS.sub("", found[0]), markup)


def reskinned(markup: str, data: st.DataObject) -> str:
    """The page without class names, and with other tags."""
    holders = {tag: data.draw(st.sampled_from(_HOLDERS), tag) for tag in ("div", "section", "article", "li", "ul")}
    level = data.draw(st.integers(1, 6), "heading")
    tags = {**holders, **{f"h{each}": f"h{level}" for each in range(1, 7)}}
    tags["p"] = data.draw(st.sampled_from([tag for tag in _LINES if tag != f"h{level}" and tag[0] != "h"]), "p")
    bare = undressed(markup)
    return _TAG.sub(lambda found: f"<{found[1]}{tags.get(found[2], found[2])}{found[3]}>", bare)


def mutated(markup: str, data: st.DataObject) -> str:
    """The page with spans removed, doubled, moved to the end, or with something inserted; perhaps cut off."""
    places = st.floats(0, 1, exclude_max=True)
    for what, start, length, put in data.draw(
        st.lists(
            st.tuples(st.sampled_from(["cut", "double", "put", "insert", "end"]), places, st.integers(1, 2000),
                      st.sampled_from(DAMAGE)),
            max_size=6,
        )
    ):  # fmt: skip
        at = int(start * len(markup))
        span = markup[at : at + length]
        if what == "cut":
            markup = markup[:at] + markup[at + length :]
        elif what == "double":
            markup = markup[:at] + span + markup[at:]
        elif what == "put":
            markup = markup[:at] + put + markup[at:]
        elif what == "insert":
            markup = markup[:at] + put + markup[at + length :]
        else:
            markup = markup[: max(at, 1)]
    return markup if "<div" in markup else f"<div>{markup}"
