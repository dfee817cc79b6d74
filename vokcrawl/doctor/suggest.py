"""Proposes a site profile: finds the elements that hold known values, and selectors that find these elements.

A teaser is known by its link to an article, its title by the slug of the URL, its day by its form, and its excerpt as
the start of the article's text. With these, the elements of an article page are found. What is proposed is what selects
the same elements on all pages that were seen; a person has to look at it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from urllib.parse import urlsplit

from vokcrawl.doctor.captured import Page
from vokcrawl.doctor.listings import is_page
from vokcrawl.doctor.selectors import Found, find_common, find_selector
from vokcrawl.normalize import absolute_url, article_id, clean_text, shown_date, story_of
from vokcrawl.pages.document import PageFault, read_document
from vokcrawl.pages.numbered_pages import next_page_link, page_number
from vokcrawl.pages.profile import site
from vokcrawl.pages.profile.files import built_in_values
from vokcrawl.pages.sources import same_source
from vokcrawl.pages.teaser_lines import Slug, says_day
from vokcrawl.pages.tree import Element, ancestors, descendants, is_same, text_of

__all__ = ["Suggestion", "suggest"]

_NOT_LETTERS = re.compile(r"[\W_]+")
# A listing has at least this many teasers.
_LEAST_ITEMS = 3
_LEAST_TEXT = 40
# So much text beside a link makes it a part of a sentence.
_LEAST_BESIDE = 20
# What the links to the next page may have in common.
_PAGE_PATHS = ("/page/", "paged=", "page=")
# The share of teasers that must have a day, if the page shows that many.
_MOST_WITHOUT_DAY = 0.5
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
    listing = _Listing(listings, found)
    contents = _Articles(articles, listing.teasers, source, found).suggest()
    listing.suggest([root for _, root in articles], contents)
    return found


@dataclass(slots=True)
class _Teaser:
    """A teaser as it was found in a listing: its element, and the elements of its title, date and excerpt."""

    item: Element
    href: str
    parts: dict[str, Element] = field(default_factory=dict)

    @property
    def day(self) -> str | None:
        """The day that it shows."""
        return shown_date(text_of(self.parts["date"])) if "date" in self.parts else None

    @property
    def excerpt(self) -> str | None:
        """The text of its excerpt, without a link at its end."""
        text = clean_text(text_of(self.parts["excerpt"])) if "excerpt" in self.parts else ""
        return text.removesuffix(self.read_more or "").rstrip() or None

    @property
    def read_more(self) -> str | None:
        """The text of a link to the article at the end of its excerpt."""
        links = self.parts["excerpt"].css("a[href]") if "excerpt" in self.parts else []
        label = clean_text(text_of(links[-1])) if links and _href(links[-1]) == self.href else ""
        is_last = bool(label) and clean_text(text_of(self.parts["excerpt"])).endswith(label)
        return label if is_last and len(label) < _LEAST_TEXT else None

    def find_parts(self) -> None:
        """Find the elements of the title, the date and the excerpt."""
        slug = Slug(self.href)
        title = _innermost(self.item, lambda text: bool(slug.says(text)))
        day = _innermost(self.item, lambda text: shown_date(text) is not None)
        known = {"title": title, "date": day}
        self.parts.update((key, each) for key, each in known.items() if each is not None)
        excerpt = _longest(self.item, slug, list(self.parts.values()))
        if excerpt is not None:
            self.parts["excerpt"] = excerpt


class _Listing:
    """Proposes the keys of ``[listing]`` and ``[more]``."""

    def __init__(self, pages: Sequence[tuple[Page, Element]], found: Suggestion) -> None:
        self.pages = pages
        self.found = found
        groups = [(root, _items(root)) for _, root in pages]
        self._groups = [(root, items) for root, items in groups if len(items) >= _LEAST_ITEMS]
        self._everything = [each for _, items in self._groups for each in items]
        for each in self._everything:
            each.find_parts()
        # By the id of their article.
        self.teasers = {str(article_id(each.href)): each for each in self._everything}

    def suggest(self, others: Sequence[Element], contents: Sequence[Element]) -> None:
        """Propose the keys. `others` are the article pages, `contents` the elements with their texts."""
        if not self._groups:
            self.found.notes.append("listing.item: no page has several links to articles")
            return
        self._suggest_more()
        if not self._hold_days():
            # Their parts are siblings: the structure of the page is read.
            self.found.notes.append("listing.item: a teaser has no element of its own")
            return

        def fits(element: Element) -> bool:
            # The article itself may look like a teaser.
            return _has_article(element) or _holds(element, contents)

        item = find_common([(root, [each.item for each in items]) for root, items in self._groups], others, fits)
        _put(self.found, "listing", "item", item, clean_text(text_of(self._everything[0].item)))
        if item is not None:
            for key in ("title", "date", "excerpt"):
                pairs = [(each.item, part) for each in self._everything if (part := each.parts.get(key)) is not None]
                _put(self.found, "listing", key, find_selector(pairs), text_of(pairs[0][1]) if pairs else "")
        self._suggest_read_more(self._everything)

    def _hold_days(self) -> bool:
        """Whether the elements of teasers have the days that the pages show."""
        inside, total = sum("date" in each.parts for each in self._everything), len(self._everything)
        if inside >= total * _MOST_WITHOUT_DAY:
            return True
        shown = sum(_count_days(root) for root, _ in self._groups)
        return shown - inside < total * _MOST_WITHOUT_DAY

    def _suggest_read_more(self, teasers: Sequence[_Teaser]) -> None:
        """The words of a link at the end of excerpts, which then have no element of their own."""
        labels = Counter(label for each in teasers if (label := each.read_more) is not None)
        for label, number in labels.most_common(1):
            if number >= _LEAST_ITEMS and not site().listing.read_more.fullmatch(label):
                words = [*built_in_values()["listing"]["read_more"], re.escape(label.lower()).replace("\\ ", " ")]
                self.found.keys["listing", "read_more"] = (f"[{', '.join(map(_quoted, words))}]", label)
            self.found.keys.pop(("listing", "excerpt"), None)

    def _suggest_more(self) -> None:
        """The link to the next numbered page, unless it is understood without a profile."""
        links: list[Found] = []
        leads_back = False
        for page, root in self.pages:
            path, own = page_number(page.url)
            numbers = [(link, absolute_url(page.url, _href(link))) for link in root.css("a[href]")]
            others = [(link, page_number(url)) for link, url in numbers if url is not None and article_id(url) is None]
            following = next((link for link, place in others if place == (path, own + 1)), None)
            if following is not None and next_page_link(root, page.url) is None:
                links.append((root, following))
            leads_back |= any(place[0] == path and place[1] < own for _, place in others)
        if not links and any(next_page_link(root, page.url) for page, root in self.pages):
            return
        # A link back would have such a path, too.
        parts = [] if leads_back or not links else [each for each in _PAGE_PATHS if each in _href(links[0][1])]
        selector = find_selector(links, also=[f'a[href*="{each}"]' for each in parts])
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

    def suggest(self) -> list[Element]:
        """Propose the keys, and return the elements with the texts, if there is a selector for them."""
        places: dict[str, list[Found]] = {}
        absent: list[Element] = []
        for page, root in self.pages:
            elements = self._elements(page, root)
            if "original" not in elements:
                absent.append(root)
            for key, element in elements.items():
                places.setdefault(key, []).append((root, element))
        for key in ("headline", "date", "source", "original", "content", "related"):
            found = places.get(key, [])
            if key == "original":
                # Not all articles have one.
                selector = find_selector(found, absent, lambda link: story_of(_href(link)) is not None)
            else:
                selector = find_selector(found) if len(found) == len(self.pages) else None
            _put(self.found, "article", key, selector, text_of(found[0][1]) if found else "")
        self._suggest_heading(places.get("related", []))
        has_content = ("article", "content") in self.found.keys
        return [element for _, element in places["content"]] if has_content else []

    def _elements(self, page: Page, root: Element) -> dict[str, Element]:
        """The elements of one page by key."""
        slug, identity = Slug(page.url), page.article
        teaser = self.teasers.get(identity or "")
        found: dict[str, Element] = {}
        body = root.css_first("body")
        if body is None:
            return found
        others = [a for a in body.css("a[href]") if article_id(_href(a)) not in (None, identity)]
        others = [each for each in others if not _is_in_sentence(each)]
        first_other = next(iter(others), None)
        outside = set() if first_other is None else _below(body, first_other)
        own = [each for each in descendants(body) if each not in outside]
        headline = _first(own, lambda text: bool(slug.says(text)))
        if headline is not None:
            found["headline"] = headline
        day = teaser.day if teaser is not None else None
        shown = _first(own, lambda text: len(text) < _LEAST_TEXT and _near(shown_date(text), day))
        # A link to the source above the headline belongs to the menu.
        below = own[own.index(headline) :] if headline is not None else []
        named = self._named(own, ("a", "option", "title")) or self._named(below, ("option",))
        original = next((each for each in own if each.tag == "a" and story_of(_href(each)) is not None), None)
        for key, element in (("date", shown), ("source", named), ("original", original)):
            if element is not None:
                found[key] = element
        meta = [each for each in (headline, shown, named, original) if each is not None]
        content = self._content(own, [*meta, *others], teaser)
        if content is not None:
            found["content"] = content
            if first_other is not None:
                related = _largest(first_other, lambda each: not _holds(each, [content, *meta]))
                if related is not None:
                    found["related"] = related
        return found

    def _named(self, elements: Sequence[Element], skip: Collection[str]) -> Element | None:
        """The first element with the name of the source."""
        return _first(elements, lambda text: same_source(text, self.source), skip)

    def _content(self, own: Sequence[Element], outside: Sequence[Element], teaser: _Teaser | None) -> Element | None:
        """The largest element around the first paragraph without what is `outside`: other fields and articles."""
        start = _letters(teaser.excerpt) if teaser is not None and teaser.excerpt else ""
        paragraph = next(
            (
                each
                for each in own
                if (text := _letters(text_of(each)))
                and _is_start(text, start)
                and not any(child.tag in _BLOCKS for child in each.iter())
                and not _holds(each, outside)
            ),
            None,
        )
        if paragraph is None:
            return None
        return _largest(paragraph, lambda each: not _holds(each, outside))

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
    """The elements with one teaser each: those around links to articles that are most alike."""
    links = [(a, identity) for a in root.css("a[href]") if (identity := article_id(_href(a))) is not None]
    inside: dict[Element, set[str]] = {}
    for link, identity in links:
        for each in (link, *ancestors(link)):
            inside.setdefault(each, set()).add(identity)
    largest = [(link, _largest(link, partial(_holds_only, inside, identity))) for link, identity in links]
    kinds = Counter(_kind(item) for _, item in largest if item is not None)
    if not kinds:
        return []
    kind = kinds.most_common(1)[0][0]
    found: dict[Element, _Teaser] = {}
    for link, item in largest:
        # A link to another article inside a teaser makes the element of its title a smaller one.
        fitting = next((each for each in (item, *ancestors(link)) if each is not None and _kind(each) == kind), None)
        if fitting is not None:
            found.setdefault(fitting, _Teaser(fitting, _href(link)))
    # Each article once: a list of the newest beside the listing has them again.
    return list({article_id(each.href): each for each in reversed(found.values())}.values())[::-1]


def _kind(element: Element) -> tuple[str | None, ...]:
    """What elements of one list have in common: their tag, and those of their ancestors."""
    return (element.tag, *(each.tag for each in ancestors(element)))


def _is_in_sentence(link: Element) -> bool:
    """Whether a link to another article is a part of a paragraph, and not its teaser."""
    paragraph = next((each for each in ancestors(link) if each.tag in _BLOCKS), None)
    label = clean_text(text_of(link))
    if paragraph is None or paragraph.tag != "p" or not _letters(label) or Slug(_href(link)).says(label):
        return False
    return len(clean_text(text_of(paragraph))) - len(label) >= _LEAST_BESIDE


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


def _longest(item: Element, slug: Slug, others: Sequence[Element]) -> Element | None:
    """The element with the longest text of a teaser that is neither its title nor its day, nor around these."""
    texts = [
        (len(text), element)
        for element in descendants(item)
        if len(text := clean_text(text_of(element))) >= _LEAST_TEXT
        and not _holds(element, others)
        and not any(child.tag in _BLOCKS for child in element.iter())
        and not slug.says(text)
        and not says_day(text)
    ]
    return max(texts, key=lambda pair: pair[0])[1] if texts else None


def _has_article(element: Element) -> bool:
    """Whether an element has a link to an article, as a teaser has."""
    return any(article_id(_href(link)) is not None for link in element.css("a[href]"))


def _count_days(root: Element) -> int:
    """The number of elements without others inside whose text is a day."""
    return sum(
        next(each.iter(), None) is None and shown_date(clean_text(text_of(each))) is not None
        for each in descendants(root)
    )


# Values


def _is_start(text: str, excerpt: str) -> bool:
    """Whether a text begins as an excerpt does, which may have more paragraphs; without an excerpt any long text."""
    if excerpt and text.startswith(excerpt):
        return True
    return len(text) >= _LEAST_TEXT and excerpt.startswith(text if excerpt else "")


def _near(day: str | None, other: str | None) -> bool:
    """Whether there is a day, at most one day from another, if that is known."""
    return day is not None and (other is None or abs(_ordinal(day) - _ordinal(other)) <= 1)


def _ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub("", text.casefold())


def _href(link: Element) -> str:
    return link.attributes.get("href") or ""


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
