"""Proposes a site profile: finds the elements that hold known values, and selectors that find these elements.

A teaser is known by its link to an article, its title by the slug of the URL, its day by its form, and its excerpt as
the start of the article's text. With these, the elements of an article page are found. What is proposed is what selects
the same elements on all pages that were seen; a person has to look at it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from urllib.parse import urlsplit

from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.listings import is_page
from vokcrawl.normalize import absolute_url, article_id, clean_text, shown_date, story_of
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.numbered_pages import page_number
from vokcrawl.pages.sources import same_source
from vokcrawl.pages.teaser_lines import Slug, says_day
from vokcrawl.pages.tree import Element, ancestors, descendants, is_same, text_of

__all__ = ["Suggestion", "suggest"]

_NAME = re.compile(r"-?[_a-zA-Z][\w-]{0,60}", re.ASCII)
_NOT_LETTERS = re.compile(r"[\W_]+")
# A listing has at least this many teasers.
_LEAST_ITEMS = 3
_LEAST_TEXT = 40
_MOST_CLASSES = 4
_BLOCKS = frozenset(("p", "div", "td", "tr", "table", "section", "h2", "h3", "h4", "ul", "li"))


@dataclass(slots=True)
class Suggestion:
    """Proposed keys of a profile by table, each with the value that it reads; `notes` says what was not found."""

    keys: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_toml(self, url: str) -> str:
        """The profile as a TOML file."""
        lines = [
            f"# Proposed by `scrapy doctor --suggest` from pages of {urlsplit(url).netloc}.",
            "# Compare each line with the pages, then run `scrapy doctor` with VOK_SITE_PROFILE set to this file.",
            'name = "suggested"',
        ]
        table = ""
        for (section, key), (value, example) in sorted(self.keys.items()):
            if section != table:
                lines += ["", f"[{section}]"]
                table = section
            lines += [f"# {_comment(example)}", f"{key} = {value}"]
        lines += ["", *(f"# not found: {note}" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"


def suggest(pages: Iterable[Page], source: str) -> Suggestion:
    """Propose a profile that reads these pages. `source` is the name of the wanted source."""
    found = Suggestion()
    listings: list[tuple[Page, Element]] = []
    articles: list[tuple[Page, Element]] = []
    for page in pages:
        if page.answer.status != 200 or not is_page(page):
            continue
        try:
            root = read_document(page.answer.body, page.answer.headers.get("content-type", ""), page.url).root
        except PageFault:
            continue
        (listings if page.article is None else articles).append((page, root))
    teasers = _Listing(listings, found).suggest()
    _Articles(articles, teasers, source, found).suggest()
    return found


@dataclass(slots=True)
class _Teaser:
    """A teaser as it was found in a listing: its element and its lines."""

    item: Element
    href: str
    day: str | None = None
    excerpt: str | None = None


class _Listing:
    """Proposes the keys of ``[listing]`` and ``[more]``."""

    def __init__(self, pages: Sequence[tuple[Page, Element]], found: Suggestion) -> None:
        self.pages = pages
        self.found = found

    def suggest(self) -> dict[str, _Teaser]:
        """Return the teasers by the id of their article."""
        groups = [(root, _items(root)) for _, root in self.pages]
        groups = [(root, items) for root, items in groups if len(items) >= _LEAST_ITEMS]
        teasers = {str(article_id(each.href)): each for _, items in groups for each in items}
        if not groups:
            self.found.notes.append("listing.item: no page has several links to articles")
            return {}
        item = _common([(root, [each.item for each in items]) for root, items in groups])
        example = clean_text(text_of(groups[0][1][0].item))
        _put(self.found, "listing", "item", item, example)
        everything = [each for _, items in groups for each in items]
        titles = [(each, _title_of(each)) for each in everything]
        self._put("title", titles)
        days = [(each, _innermost(each.item, lambda text: shown_date(text) is not None)) for each in everything]
        self._put("date", days)
        excerpts = [(each, _longest(each)) for each in everything]
        self._put("excerpt", excerpts)
        for each, element in days:
            each.day = shown_date(text_of(element)) if element is not None else None
        for each, element in excerpts:
            each.excerpt = clean_text(text_of(element)) if element is not None else None
        self._suggest_more()
        return teasers

    def _put(self, key: str, found: Sequence[tuple[_Teaser, Element | None]]) -> None:
        pairs = [(each.item, element) for each, element in found if element is not None]
        _put(self.found, "listing", key, _unique(pairs), text_of(pairs[0][1]) if pairs else "")

    def _suggest_more(self) -> None:
        """The link to the next numbered page, below the last teaser."""
        links: list[tuple[Element, Element]] = []
        for page, root in self.pages:
            path, own = page_number(page.url)
            for link in root.css("a[href]"):
                url = absolute_url(page.url, link.attributes.get("href") or "")
                if url is not None and article_id(url) is None and page_number(url) == (path, own + 1):
                    links.append((root, link))
                    break
        selector = _unique(links)
        _put(self.found, "more", "selector", selector, text_of(links[0][1]) if links else "")


class _Articles:
    """Proposes the keys of ``[article]`` and ``[related]``."""

    def __init__(
        self,
        pages: Sequence[tuple[Page, Element]],
        teasers: dict[str, _Teaser],
        source: str,
        found: Suggestion,
    ) -> None:
        self.pages = pages
        self.teasers = teasers
        self.source = source
        self.found = found

    def suggest(self) -> None:
        places: dict[str, list[tuple[Element, Element]]] = {}
        for page, root in self.pages:
            for key, element in self._elements(page, root).items():
                places.setdefault(key, []).append((root, element))
        for key in ("headline", "date", "source", "original", "content", "related"):
            found = places.get(key, [])
            enough = len(found) == len(self.pages) or (key == "original" and found)
            selector = _unique(found) if found and enough else None
            _put(self.found, "article", key, selector, text_of(found[0][1]) if found else "")
        self._suggest_heading(places.get("related", []))

    def _elements(self, page: Page, root: Element) -> dict[str, Element]:
        """The elements of one page by key."""
        slug, identity = Slug(page.url), page.article
        teaser = self.teasers.get(identity or "")
        found: dict[str, Element] = {}
        body = root.css_first("body")
        if body is None:
            return found
        first_other = next((a for a in body.css("a[href]") if article_id(_href(a)) not in (None, identity)), None)
        outside = set() if first_other is None else _below(body, first_other)
        own = [each for each in descendants(body) if each not in outside]
        headline = _first(own, lambda text: bool(slug.says(text)))
        if headline is not None:
            found["headline"] = headline
        day = teaser.day if teaser is not None else None
        shown = _first(own, lambda text: len(text) < _LEAST_TEXT and _near(shown_date(text), day))
        named = _first(own, lambda text: same_source(text, self.source), skip=("a", "option", "title"))
        original = next((each for each in own if each.tag == "a" and story_of(_href(each)) is not None), None)
        for key, element in (("date", shown), ("source", named), ("original", original)):
            if element is not None:
                found[key] = element
        meta = [each for each in (headline, shown, named, original) if each is not None]
        content = self._content(body, own, meta, teaser)
        if content is not None:
            found["content"] = content
            if first_other is not None:
                related = _largest(first_other, lambda each: not _holds(each, [content, *meta]))
                if related is not None:
                    found["related"] = related
        return found

    def _content(
        self, body: Element, own: Sequence[Element], meta: Sequence[Element], teaser: _Teaser | None
    ) -> Element | None:
        """The largest element around the first paragraph without headline, meta line and other articles."""
        start = _letters(teaser.excerpt) if teaser is not None and teaser.excerpt else ""
        paragraph = next(
            (
                each
                for each in own
                if each.tag in ("p", "div", "td", "section")
                and (text := _letters(text_of(each)))
                and (text.startswith(start) if start else len(text) >= _LEAST_TEXT)
                and not any(child.tag in _BLOCKS for child in each.iter())
                and not _holds(each, meta)
            ),
            None,
        )
        if paragraph is None:
            return None
        others = [a for a in body.css("a[href]") if article_id(_href(a)) is not None]
        return _largest(paragraph, lambda each: not _holds(each, [*meta, *others]))

    def _suggest_heading(self, related: Sequence[tuple[Element, Element]]) -> None:
        """The words in front of the name of the source in the heading of the block below."""
        for _, block in related:
            for element in descendants(block):
                text = clean_text(text_of(element))
                words = text.casefold().removesuffix(clean_text(self.source).casefold()).strip()
                if words and words != text.casefold() and len(words) < _LEAST_TEXT:
                    expression = re.escape(words).replace("\\ ", " ")
                    self.found.keys["related", "heading"] = (f"[{_quoted(expression)}]", text)
                    return


# Elements


def _items(root: Element) -> list[_Teaser]:
    """The largest element around each link to an article that has no link to another one."""
    links = [(a, identity) for a in root.css("a[href]") if (identity := article_id(_href(a))) is not None]
    inside: dict[Element, set[str]] = {}
    for link, identity in links:
        for each in (link, *ancestors(link)):
            inside.setdefault(each, set()).add(identity)
    found: dict[str, _Teaser] = {}
    for link, identity in links:
        item = _largest(link, partial(_holds_only, inside, identity))
        if item is not None:
            found.setdefault(identity, _Teaser(item, _href(link)))
    return list(found.values())


def _holds_only(inside: dict[Element, set[str]], identity: str, element: Element) -> bool:
    return inside.get(element) == {identity}


def _largest(element: Element, fits: Callable[[Element], bool]) -> Element | None:
    """The largest ancestor of an element (or itself) that fits, if all below do, too; never the whole page."""
    found = None
    for each in (element, *ancestors(element)):
        if each.tag in ("body", "html") or not fits(each):
            break
        found = each
    return found


def _innermost(root: Element, says: Callable[[str], bool]) -> Element | None:
    return _first(list(descendants(root)), says)


def _first(elements: Sequence[Element], says: Callable[[str], bool], skip: Collection[str] = ()) -> Element | None:
    """The innermost of the first elements whose text fits; outside of it, if it is a link, the element around it."""
    found: Element | None = None
    for each in elements:
        if each.tag in ("script", "style", "title", *skip):
            continue
        if found is not None and not _holds(found, [each]):
            break
        if says(clean_text(text_of(each))):
            found = each
    return found


def _holds(element: Element, others: Iterable[Element]) -> bool:
    """Whether an element is one of the others, or contains one."""
    return any(is_same(element, up) for other in others for up in (other, *ancestors(other)))


def _below(body: Element, start: Element) -> set[Element]:
    """The elements of a page from one on, in document order."""
    found: set[Element] = set()
    begun = False
    for each in descendants(body):
        begun = begun or is_same(each, start)
        if begun:
            found.add(each)
    return found


def _title_of(teaser: _Teaser) -> Element | None:
    slug = Slug(teaser.href)
    return _innermost(teaser.item, lambda text: bool(slug.says(text)))


def _longest(teaser: _Teaser) -> Element | None:
    """The element with the longest text of a teaser that is neither its title nor its day."""
    slug = Slug(teaser.href)
    texts = [
        (len(text), element)
        for element in descendants(teaser.item)
        if len(text := clean_text(text_of(element))) >= _LEAST_TEXT
        and not any(child.tag in _BLOCKS for child in element.iter())
        and not slug.says(text)
        and not says_day(text)
    ]
    return max(texts, key=lambda pair: pair[0])[1] if texts else None


# Values


def _near(day: str | None, other: str | None) -> bool:
    """Whether there is a day, at most one day from another, if that is known."""
    return day is not None and (other is None or abs(_ordinal(day) - _ordinal(other)) <= 1)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())


def _href(link: Element) -> str:
    return link.attributes.get("href") or ""


# Selectors


def _simple(element: Element) -> Iterator[str]:
    """Selectors of an element by its id, its class names and its tag."""
    tag, attributes = element.tag or "", element.attributes
    identity = attributes.get("id") or ""
    if _NAME.fullmatch(identity) and not re.search(r"\d{3}", identity):
        yield f"#{identity}"
    for name in (attributes.get("class") or "").split()[:_MOST_CLASSES]:
        if _NAME.fullmatch(name) and not re.search(r"\d{3}", name):
            yield f"{tag}.{name}"


def _candidates(element: Element) -> Iterator[str]:
    """Selectors of an element: its own, and those below its parents."""
    yield from _simple(element)
    up, path = element.parent, f"{element.tag}{_place(element)}"
    for _ in range(3):
        if up is None or up.tag in ("body", "html"):
            break
        is_parent = is_same(up, element.parent)
        for outer in _simple(up):
            for inner in (*_simple(element), element.tag or "", path):
                yield f"{outer} > {inner}" if is_parent else f"{outer} {inner}"
        up = up.parent
    yield from _simple_tags(element)


def _simple_tags(element: Element) -> Iterator[str]:
    """Selectors without names, for pages that have none."""
    if element.parent is not None:
        yield f"{element.parent.tag} > {element.tag}{_place(element)}"
    yield element.tag or ""


def _place(element: Element) -> str:
    place = 1
    beside = element.prev
    while beside is not None:
        place += beside.tag == element.tag
        beside = beside.prev
    return f":nth-of-type({place})"


def _common(groups: Sequence[tuple[Element, Sequence[Element]]]) -> str | None:
    """A selector that selects exactly these elements on each page, or at least all of them."""
    for exact in (True, False):
        for candidate in _candidates(groups[0][1][0]):
            if all(_selects(root, candidate, items, exact) for root, items in groups):
                return candidate
    return None


def _selects(root: Element, selector: str, items: Sequence[Element], exact: bool) -> bool:
    found = {each.mem_id for each in root.css(selector)}
    wanted = {each.mem_id for each in items}
    return found == wanted if exact else wanted <= found and len(found) <= 2 * len(wanted)


def _unique(pairs: Sequence[tuple[Element, Element]]) -> str | None:
    """A selector whose first element is the wanted one in each root."""
    if not pairs:
        return None
    for candidate in _candidates(pairs[0][1]):
        if all(is_same(root.css_first(candidate), element) for root, element in pairs):
            return candidate
    return None


# Output


def _put(found: Suggestion, section: str, key: str, selector: str | None, example: str) -> None:
    if selector is None:
        found.notes.append(f"{section}.{key}")
    else:
        found.keys[section, key] = (_quoted(selector), example)


def _quoted(text: str) -> str:
    return "'" + text + "'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(text: str) -> str:
    cleaned = "".join(each if each.isprintable() else " " for each in clean_text(text))
    return cleaned if len(cleaned) <= 100 else f"{cleaned[:99]}…"
