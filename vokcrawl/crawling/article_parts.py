"""Articles in several parts: the parts are requested one after the other and joined to one article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vokcrawl.crawling.article_result import ArticleResult
from vokcrawl.crawling.context import Context
from vokcrawl.crawling.events import ArticleFetched
from vokcrawl.normalize import content_hash, join_paragraphs
from vokcrawl.pages.article_parts import part_number

# The maximum number of parts of one article.
MAX_PARTS = 50


@dataclass(slots=True)
class _Parts:
    """The parts that were read so far, and the URLs of all that were linked, by number."""

    read: list[ArticleFetched]
    linked: dict[int, str]

    @property
    def next(self) -> int:
        return len(self.read) + 1

    @property
    def is_whole(self) -> bool:
        return self.next > max(self.linked, default=1)


class PartFailed(Exception):
    """A part cannot be read: `first` is the event of the article's first part, `reason` the name of the problem."""

    def __init__(self, first: ArticleFetched, reason: str, url: str) -> None:
        super().__init__(reason)
        self.first = first
        self.reason = reason
        self.url = url


class ArticleParts:
    """The articles of which further parts are awaited."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[str, _Parts] = {}

    def is_waiting(self, identity: str) -> bool:
        """Whether further parts of the article are awaited."""
        return identity in self._open

    def concerns(self, event: ArticleFetched) -> bool:
        """Whether a page is a part of an article with several parts, as far as is known; `handle` handles it then."""
        request = event.request
        return bool(event.found.parts) or request.id in self._open or request.part > 1 or part_number(event.url) > 1

    def handle(self, event: ArticleFetched) -> ArticleFetched | None:
        """Take a part of an article.

        Returns the event of the whole article after its last part. Returns None if the next part was requested, or if
        nothing waits for this part. Raises `PartFailed`.
        """
        request = event.request
        if request.part == 1:
            if part_number(event.url) > 1:
                raise PartFailed(event, "part_alone", event.url)
            is_readable = event.found.unfit in (None, "without_title")
            parts = self._open[request.id] = _Parts([event], dict(event.found.parts) if is_readable else {})
        elif (waiting := self._open.get(request.id)) is None or waiting.next != request.part:
            # Archives of other programs may hold a part without those before it.
            self._context.report("article_part_alone", event.url)
            return None
        else:
            parts = waiting
            self._check(parts, event)
            parts.read.append(event)
            parts.linked |= {number: url for number, url in event.found.parts if number not in parts.linked}
        if parts.is_whole:
            del self._open[request.id]
            return _joined(parts.read)
        self._request_next(parts)
        return None

    def fail(self, identity: str, reason: str, url: str) -> PartFailed | None:
        """End the wait for further parts of an article; None if there is none."""
        parts = self._open.pop(identity, None)
        return PartFailed(parts.read[0], reason, url) if parts is not None else None

    def fail_all(self, reason: str) -> list[PartFailed]:
        """End the wait for all articles."""
        found = [PartFailed(parts.read[0], reason, parts.read[0].url) for parts in self._open.values()]
        self._open.clear()
        return found

    def _check(self, parts: _Parts, event: ArticleFetched) -> None:
        found = event.found
        bodies = [each.found.item["body"] for each in parts.read]
        # Later parts may have no headline of their own.
        reason = found.unfit if found.unfit != "without_title" else None
        if reason is None and not found.item["body"]:
            # The known content element may be empty: WordPress makes a part behind a last mark, too.
            reason = None if found.strategy == "content" or found.item["images"] else "part_without_text"
        elif found.item["body"] in bodies:
            reason = "part_repeats"
        if reason is not None:
            del self._open[event.request.id]
            raise PartFailed(parts.read[0], reason, event.url)

    def _request_next(self, parts: _Parts) -> None:
        first = parts.read[0]
        identity, number = first.request.id, parts.next
        url = parts.linked.get(number)
        # Parts of the page's own path only; `linked_parts` has checked that.
        target = self._context.on_site(url, first.url) if url is not None and number <= MAX_PARTS else None
        if target is None:
            del self._open[identity]
            reason = "too_many_parts" if number > MAX_PARTS else "part_missing"
            raise PartFailed(first, reason, url or first.url)
        self._context.count("vok/articles/parts")
        self._context.fetch(replace(first.request, url=target, part=number, etag=None, last_modified=None))


def _joined(events: Sequence[ArticleFetched]) -> ArticleFetched:
    """The article of all parts. `archived_as` and the URL are those of the first one."""
    first = events[0]
    if len(events) == 1:
        return first
    # The validators of the first part say nothing of the others.
    return replace(first, found=_joined_result([each.found for each in events]), etag=None, last_modified=None)


def _joined_result(parts: Sequence[ArticleResult]) -> ArticleResult:
    first = parts[0]
    body = join_paragraphs(each.item["body"] for each in parts if each.item["body"])
    images: dict[str, dict[str, Any]] = {}
    for part in parts:
        for image in part.item["images"]:
            images.setdefault(image["url"], image)
    item = {
        **first.item,
        "body": body,
        "images": list(images.values()),
        "truncated": any(each.item["truncated"] for each in parts),
        "content_hash": content_hash(first.item.get("title", ""), body),
    }
    unfit = None if body and first.unfit == "without_text" else first.unfit
    return replace(first, item=item, unfit=unfit, server_errors=any(each.server_errors for each in parts), parts=())
