"""How "More Articles" is followed: read from the page, not hard-coded.

The ways, in this order: the href of the element that says "More Articles"; its data attributes, or those of an
element around it; an inline script that names the call. A route is a plain link to the next page, or the call
that a button makes (`AjaxRoute`), whose numbers (`id`, `from`, `to`) come from the page too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree
from lxml.etree import XPath

from vokcrawl.fields import absolute_url, article_id, clean_text
from vokcrawl.pages.tree import Element

# The words on the element, whole: the site's own first, then what was seen on its search and television pages, and
# what themes commonly say. No bare "More" or "Read more": those lead elsewhere.
_THINGS = r"(articles|results|posts|news|stories)"
MORE_WORDS = re.compile(
    rf"\W*(((load|view|show|see|get)\W{{1,3}})?more\W{{1,3}}{_THINGS}|(load|view|show|see|get)\W{{1,3}}more"
    rf"|older\W{{1,3}}{_THINGS})\W*(\d+\W*)?",
    re.IGNORECASE,
)
# The site's call for a batch, as one author recorded it: what a page leaves unsaid is taken from here.
AJAX_PATH = "/wp-admin/admin-ajax.php"
AJAX_ACTION = "get_cat_by_source"
AJAX_FIXED = {"die": "true", "sort": ""}
PAGE_SIZE = 10
# How many clicks a browser is asked for at a time: at first, and at most.
FIRST_CLICKS, MOST_CLICKS = 3, 30

_CLICKABLE = XPath("descendant-or-self::*[self::a or self::button or self::input or @onclick or @role='button']")
_NEXT = XPath("descendant-or-self::*[(self::a or self::link) and @rel='next' and @href]/@href")
_SCRIPTS = XPath("descendant-or-self::script[not(@src)]/text()")
# Names under which attributes and scripts may give the four values of the call.
_NAMES = {
    "action": ("action",),
    "id": ("id", "source", "source-id", "source_id", "sourceid", "cat", "cat-id", "cat_id", "category"),
    "from": ("from", "offset", "start"),
    "to": ("to", "size", "count", "limit", "per-page", "per_page", "perpage"),
    "url": ("url", "href", "ajax-url", "ajax_url", "ajaxurl", "endpoint"),
}
_KEYS = {spelling: name for name, spellings in _NAMES.items() for spelling in spellings}
_SCRIPT_PAIR = re.compile(
    r"""(?<![\w$])['"]?([A-Za-z][\w-]{1,12})['"]?\s*[:=]\s*(?:'([^'\n]{0,300})'|"([^"\n]{0,300})"|(\d{1,12}))"""
)
_SCRIPT_QUERY = re.compile(r"""(?<![\w:/.\-])[\w:/.\-]{0,200}admin-ajax\.php\?[^\s'"`<>]{0,500}""")
_SCRIPT_PATH = re.compile(r"""(?<=['"])[\w:/.\-]{0,200}admin-ajax\.php(?=['"])""")
# Names that mean the call's values wherever in the script they stand.
_PLAIN = frozenset(["id", "from", "to", "source_id", "sourceid", "cat_id"])
_QUERY_PAIR = re.compile(r"[?&](action|id|from|to)=([\w-]+)")
_LONGEST_SCRIPT = 200_000


@dataclass(frozen=True, slots=True)
class LinkRoute:
    """The next page is a page of its own."""

    way: ClassVar[str] = "link"

    url: str


@dataclass(frozen=True, slots=True)
class AjaxRoute:
    """The next batch is a call: `action` for the source `id`, from the item `start` on, `size` items.

    Whether the call's `to` is that size or the index behind the last item is not known for certain: `to_is_end`
    says which. `endpoint` is the absolute URL of the call without its query; `extra` are further parameters that
    the page named.
    """

    way: ClassVar[str] = "ajax"

    endpoint: str
    action: str
    id: str
    start: int
    size: int
    extra: tuple[tuple[str, str], ...] = tuple(AJAX_FIXED.items())
    to_is_end: bool = False

    @property
    def url(self) -> str:
        """The URL of the batch."""
        to = self.start + self.size if self.to_is_end else self.size
        query = {"action": self.action, **dict(self.extra), "from": self.start, "to": to, "id": self.id}
        return f"{self.endpoint}?{urlencode(query)}"

    def with_end(self) -> AjaxRoute:
        """The same call with `to` as the index behind the last item, in steps as long as its numbers say."""
        step = self.size - self.start if self.size > self.start > 0 else self.size
        return replace(self, size=step, to_is_end=True)

    def at(self, start: int) -> AjaxRoute:
        """The same call from another item on."""
        return replace(self, start=start)


@dataclass(frozen=True, slots=True)
class SplashRoute:
    """The next batches are what a browser shows on the page `url` after so many clicks on "More Articles".

    `skip` clicks lead past what was read before, `clicks` more bring what is wanted; without clicks it is what the
    page shows once its scripts have run.
    """

    way: ClassVar[str] = "splash"

    url: str
    skip: int
    clicks: int

    def after(self, clicked: int) -> SplashRoute:
        """What follows when that many clicks were made.

        A browser begins anew each time, so each step is as long as all before it, within bounds: the way to the
        end of a long listing costs few steps, and no step holds much.
        """
        skip = self.skip + clicked
        return SplashRoute(self.url, skip, min(MOST_CLICKS, max(FIRST_CLICKS, skip)))


Route = LinkRoute | AjaxRoute | SplashRoute


def route_told(route: Route) -> str:
    """A route as text, to be remembered."""
    return json.dumps({"kind": type(route).__name__, **asdict(route)})


def route_from(told: str) -> Route:
    """The inverse of `route_told`."""
    values = json.loads(told)
    kind = {each.__name__: each for each in (LinkRoute, AjaxRoute, SplashRoute)}[values.pop("kind")]
    if "extra" in values:
        values["extra"] = tuple((name, value) for name, value in values["extra"])
    return kind(**values)


@dataclass(frozen=True, slots=True)
class More:
    """What a page says of "More Articles": whether it has the words at all, and the route, if one can be read."""

    said: bool
    route: Route | None


def read_more(root: Element, base: str, received: int) -> More:
    """The way on from this page. `base` is its URL, `received` how many teasers it had (where it names no `from`)."""
    elements = _behind_teasers(root, list(_elements(root)))
    for element in elements:
        route = _of_element(element, base, received)
        if route is not None:
            return More(True, route)
    if elements:
        # A script that names the very call first: the page may make other calls too.
        scripts = sorted(map(str, _SCRIPTS(root)), key=lambda script: AJAX_ACTION not in script)
        for script in scripts:
            route = _of_script(script, base, received)
            if route is not None:
                return More(True, route)
    for href in _NEXT(root):
        url = absolute_url(base, str(href))
        # This very page, but for a fragment, is what a button has for an href.
        same = url is not None and "#" in href and url.partition("#")[0] == base.partition("#")[0]
        if url is not None and article_id(url) is None and not same:
            return More(True, LinkRoute(url))
    return More(bool(elements), None)


def _elements(root: Element) -> Iterator[Element]:
    """The elements that say "More Articles": what can be clicked first, else whatever holds just these words."""
    found = False
    for element in _CLICKABLE(root):
        if article_id(element.get("href") or "") is not None:
            continue
        words = element.get("value") or "" if element.tag == "input" else _text(element)
        if MORE_WORDS.fullmatch(words):
            found = True
            yield element
    if found:
        return
    for element in root.iter():
        if isinstance(element.tag, str) and element.text and MORE_WORDS.fullmatch(clean_text(element.text)):
            yield element


def _behind_teasers(root: Element, elements: list[Element]) -> list[Element]:
    """Those that stand behind the last link to an article first: a menu may have the same words."""
    if len(elements) < 2:
        return elements
    wanted = set(elements)
    behind: list[Element] = []
    for element in root.iter(etree.Element):
        if element in wanted:
            behind.append(element)
        elif element.tag == "a" and article_id(element.get("href") or "") is not None:
            behind.clear()
    return [*behind, *(element for element in elements if element not in behind)]


def _text(element: Element) -> str:
    # Long texts are no buttons: do not collect them.
    return clean_text("".join(text for text, _ in zip(element.itertext(), range(8), strict=False)))


def _of_element(element: Element, base: str, received: int) -> Route | None:
    href = clean_text(element.get("href") or "")
    if href and not href.startswith("#") and not href.lower().startswith("javascript:"):
        url = absolute_url(base, href)
        # A link to an article is none to more of them.
        # This very page, but for a fragment, is what a button has for an href.
        same = url is not None and "#" in href and url.partition("#")[0] == base.partition("#")[0]
        if url is not None and article_id(url) is None and not same:
            return _of_url(url, base, received) or LinkRoute(url)
    for holder in (element, *(parent for parent, _ in zip(element.iterancestors(), range(3), strict=False))):
        values = {
            _KEYS[name]: str(value)
            for attribute, value in holder.attrib.items()
            if (name := str(attribute).removeprefix("data-")) in _KEYS and str(attribute).startswith("data-")
        }
        route = _route(values, base, received, sure=holder is element)
        if route is not None:
            return route
    return _of_script(element.get("onclick") or "", base, received)


def _of_url(url: str, base: str, received: int) -> AjaxRoute | None:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "admin-ajax" not in parts.path and not {"action", "from"} <= query.keys():
        return None
    known: dict[str, str] = {name: query[name] for name in ("action", "id", "from", "to") if name in query}
    extra = tuple((name, value) for name, value in query.items() if name not in known)
    endpoint = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return _route({**known, "url": endpoint}, base, received, extra)


def _of_script(script: str, base: str, received: int) -> AjaxRoute | None:
    """A script that names the call. Nearest to the call wins: its URL's query, the object around the action's name,
    and only then plain assignments of the very names, in numbers.
    """
    script = script[:_LONGEST_SCRIPT].replace("\\/", "/")
    place = max(script.find(AJAX_ACTION), script.find("action=") if "admin-ajax" in script else -1)
    if place < 0 and "admin-ajax" not in script:
        return None
    values: dict[str, str] = {}
    for name, value in _QUERY_PAIR.findall(script):
        values.setdefault(name, value)
    for key, single, double, number in _SCRIPT_PAIR.findall(_object_around(script, place)):
        name = _KEYS.get(key.lower())
        if name is not None:
            values.setdefault(name, single or double or number)
    for key, single, double, number in _SCRIPT_PAIR.findall(script):
        value = single or double or number
        if key.lower() in _PLAIN and value.isdigit():
            values.setdefault(_KEYS[key.lower()], value)
        elif key == "action":
            values.setdefault("action", value)
    if (call := _SCRIPT_QUERY.search(script)) is not None:
        values["url"] = call[0].partition("?")[0]
    elif (path := _SCRIPT_PATH.search(script)) is not None:
        values["url"] = path[0]
    return _route(values, base, received)


def _object_around(script: str, place: int) -> str:
    """The text between the braces next around a place in a script; empty where there are none."""
    start = script.rfind("{", 0, max(place, 0))
    end = script.find("}", start)
    return script[start:end] if 0 <= start < place < end else ""


def _route(
    values: Mapping[str, str],
    base: str,
    received: int,
    extra: tuple[tuple[str, str], ...] | None = None,
    sure: bool = False,
) -> AjaxRoute | None:
    """The call from what was read; None without the one value that cannot be left out, the source's number.

    `sure` says that the values stand on the very element that says "More Articles": then the number is enough.
    """
    identity = values.get("id", "").strip()
    if not re.fullmatch(r"[\w-]{1,40}", identity, re.ASCII):
        return None
    named = values.get("action") == AJAX_ACTION or ("action" in values and {"from", "to"} & values.keys())
    sure = sure and identity.isdigit()
    if not (sure or named or {"from", "to"} <= values.keys()):
        return None
    endpoint = absolute_url(base, values.get("url") or AJAX_PATH)
    if endpoint is None or "admin-ajax" not in endpoint:
        endpoint = absolute_url(base, AJAX_PATH)
    if endpoint is None:
        return None
    start = _number(values.get("from"), received)
    size = max(1, _number(values.get("to"), PAGE_SIZE))
    fixed = tuple(AJAX_FIXED.items()) if extra is None else extra
    return AjaxRoute(endpoint.partition("?")[0], values.get("action") or AJAX_ACTION, identity, start, size, fixed)


def _number(text: str | None, default: int) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else default
