"""The AJAX call of "More Articles", read from attributes, a URL or a script.

A page may have other calls too: values closest to the name of the action win, and values of other calls are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from vokcrawl.normalize import absolute_url
from vokcrawl.pages.profile import site
from vokcrawl.pages.routes import AjaxRoute, fixed_parameters

# Names that are unambiguous anywhere in a script.
_PLAIN = frozenset(["id", "from", "to", "source_id", "sourceid", "cat_id"])
_PAIR = re.compile(
    r"""(?<![\w$])['"]?([A-Za-z][\w-]{1,12})['"]?\s*[:=]\s*(?:'([^'\n]{0,300})'|"([^"\n]{0,300})"|(\d{1,12}))"""
)
# The action of a call: in an object, a query or an assignment.
_ACTION = re.compile(r"""(?<![\w$-])['"]?action['"]?\s{0,20}([:=])\s{0,20}['"`]?([\w-]{0,60})""")
_FUNCTION_CALL = re.compile(r"([A-Za-z_$][\w$.]{0,60})\s{0,5}\(([^()]{0,300})\)")
_LONGEST_SCRIPT, _LONGEST_HANDLER = 200_000, 2_000
_MOST_ACTIONS, _MOST_FUNCTIONS = 200, 5
# Maximum size of a batch; a larger number is an end index.
_LARGEST_SIZE = 100


def call_from(
    values: Mapping[str, str],
    base: str,
    received: int,
    extra: tuple[tuple[str, str], ...] | None = None,
    sure: bool = False,
) -> AjaxRoute | None:
    """Build the call from the values that were read (named as in `AjaxCall.keys`); None without the source id.

    `base` is the URL of the page, `received` the number of its teasers. `sure` is true if the values are attributes of
    the "More Articles" element itself: then the id is enough.
    """
    identity = values.get("id", "").strip()
    if not re.fullmatch(r"[\w-]{1,40}", identity, re.ASCII):
        return None
    call = site().ajax
    named = values.get("action") == call.action or ("action" in values and {"from", "to"} & values.keys())
    sure = sure and identity.isdigit()
    if not (sure or named or {"from", "to"} <= values.keys()):
        return None
    endpoint = absolute_url(base, values.get("url") or call.path)
    if endpoint is None or call.mark not in endpoint:
        endpoint = absolute_url(base, call.path)
    if endpoint is None:
        return None
    start = _number(values.get("from"), received)
    size = max(1, _number(values.get("to"), call.page_size))
    fixed = fixed_parameters() if extra is None else extra
    return AjaxRoute(endpoint.partition("?")[0], values.get("action") or call.action, identity, start, size, fixed)


def call_in_address(url: str, base: str, received: int) -> AjaxRoute | None:
    """The call of an AJAX URL; None for the URL of a page."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    call = site().ajax
    names = call.names
    if call.mark not in parts.path and not {names["action"], names["from"]} <= query.keys():
        return None
    known: dict[str, str] = {value: query[name] for value, name in names.items() if name in query}
    extra = tuple((name, value) for name, value in query.items() if name not in names.values())
    endpoint = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    return call_from({**known, "url": endpoint}, base, received, extra)


def call_in_script(script: str, base: str, received: int) -> AjaxRoute | None:
    """The call in a script."""
    return call_from(_values(script), base, received)


def call_in_handler(handler: str, scripts: Sequence[str], base: str, received: int) -> AjaxRoute | None:
    """The call of an event handler (``loadMore(189661, 10, 10)``), from the arguments of a function.

    The function's parameters name the arguments if one of the scripts defines it. Otherwise they are source id, `from`
    and `to` only if the second is the number of teasers on the page.
    """
    keys = site().ajax.keys
    for name, written in _FUNCTION_CALL.findall(unquote(handler[:_LONGEST_HANDLER]))[:_MOST_FUNCTIONS]:
        given = [each.strip().strip("'\"") for each in written.split(",")]
        defined = [(script, names) for script in scripts if (names := _parameters(script, name)) is not None]
        for script, names in defined:
            handed = {keys[key]: value for key, value in zip(names, given, strict=False) if key in keys and value}
            route = call_from({**_values(script), **handed}, base, received)
            if route is not None and "id" in handed:
                return route
        if not defined and (values := _by_place(given, received)):
            return call_from(values, base, received)
    return None


def _by_place(given: Sequence[str], received: int) -> dict[str, str] | None:
    if len(given) != 3 or not all(each.isascii() and each.isdigit() and len(each) < 10 for each in given):
        return None
    identity, start, to = map(int, given)
    if start != received or not received or not (0 < to <= _LARGEST_SIZE or to > start) or identity <= max(start, to):
        return None
    return dict(zip(("id", "from", "to"), given, strict=True))


def _parameters(script: str, function: str) -> list[str] | None:
    """The parameter names of a function in lower case, if the script defines it."""
    name = re.escape(function.rpartition(".")[2])
    definition = re.search(
        rf"(?<![\w$])(?:function\s+{name}\s*|{name}\s*[:=]\s*(?:async\s+)?(?:function\b[^(]{{0,60}})?)\(([^()]{{0,300}})\)",
        script[:_LONGEST_SCRIPT],
    )
    return [each.strip().lower() for each in definition[1].split(",")] if definition else None


# A script


@dataclass(frozen=True, slots=True)
class _Mention:
    """An action in a script, and the span of its call."""

    action: str
    text: str
    begin: int
    end: int

    def values(self) -> Iterator[tuple[str, str]]:
        yield from _query_pairs(self.text)
        keys = site().ajax.keys
        yield from ((keys[key], value) for key, value in _pairs(self.text) if key in keys)


def _values(script: str) -> dict[str, str]:
    """The call's values in a script: those close to the action first, then numbers in plain assignments."""
    script = script[:_LONGEST_SCRIPT].replace("\\/", "/").replace("&amp;", "&").replace("&#038;", "&")
    action, keys = site().ajax.action, site().ajax.keys
    if action not in script and site().ajax.mark not in script:
        return {}
    mentions = _mentions(script)
    own = _own(mentions, action in script)
    values: dict[str, str] = {}
    if own is not None:
        _add(values, own.values())
    elif action in script:
        values["action"] = action
        _add(
            values,
            ((keys[key], value) for key, value in _pairs(_object_around(script, script.find(action))) if key in keys),
        )
    rest = _without(script, [each for each in mentions if each.action not in ("", own.action if own else "")])
    _add(values, _query_pairs(rest))
    _add(values, ((keys[key], value) for key, value in _pairs(rest) if key in _PLAIN and value.isdigit()))
    url = _endpoint([own.text if own else "", rest, script])
    return {**values, "url": url} if url else values


def _add(values: dict[str, str], found: Iterable[tuple[str, str]]) -> None:
    for name, value in found:
        values.setdefault(name, value)


def _query_pairs(text: str) -> Iterator[tuple[str, str]]:
    values = {name: value for value, name in site().ajax.names.items()}
    yield from ((values[name], found) for name, found in site().ajax.query_pair.findall(text))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for key, single, double, number in _PAIR.findall(text):
        yield key.lower(), single or double or number


def _mentions(script: str) -> list[_Mention]:
    found = list(islice(_ACTION.finditer(script), _MOST_ACTIONS))
    mentions = []
    for index, each in enumerate(found):
        before = found[index - 1].end() if index else 0
        after = found[index + 1].start() if index + 1 < len(found) else len(script)
        begin, end = _span(script, each, before, after)
        mentions.append(_Mention(each[2], script[begin:end], begin, end))
    return mentions


def _span(script: str, mention: re.Match[str], before: int, after: int) -> tuple[int, int]:
    """The span of a call: the object around its action, or else the statement from the start of the query."""
    at = mention.start()
    if mention[1] == ":":
        begin, end = script.rfind("{", before, at), script.find("}", mention.end(), after)
        return (before if begin < 0 else begin), (after if end < 0 else end + 1)
    begin = max(script.rfind(mark, before, at) for mark in "\"'`;") if script[at - 1 : at] in ("?", "&") else at
    end = script.find(";", mention.end(), after)
    return max(begin, before), (after if end < 0 else end)


def _own(mentions: Sequence[_Mention], named: bool) -> _Mention | None:
    """The listing's call: by its action, or by its `from` and `to` if the script does not name the action."""
    for each in mentions:
        if each.action == site().ajax.action:
            return each
    if named:
        return None
    counting = [each for each in mentions if {"from", "to"} & {name for name, _ in each.values()}]
    return next(iter([*counting, *mentions]), None)


def _without(script: str, mentions: Sequence[_Mention]) -> str:
    kept, place = [], 0
    for each in mentions:
        kept.append(script[place : max(place, each.begin)])
        place = max(place, each.end)
    return " ".join([*kept, script[place:]])


def _endpoint(texts: Iterable[str]) -> str | None:
    call = site().ajax
    for text in texts:
        if (found := call.url_in_script.search(text)) is not None:
            return found[0].partition("?")[0]
        if (path := call.path_in_script.search(text)) is not None:
            return path[0]
    return None


def _object_around(script: str, place: int) -> str:
    """The text between the closest braces around a position; empty if there are none."""
    start = script.rfind("{", 0, max(place, 0))
    end = script.find("}", start)
    return script[start:end] if 0 <= start < place < end else ""


def _number(text: str | None, default: int) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else default
