"""Responses that no site should send, and changes to a good one (in the markup of the current skin)."""

from __future__ import annotations

import re

from tests.support.hostile_site import Change, with_body
from vokcrawl.sample import Answer


def reply(body: bytes | str, *, status: int = 200, kind: str = "text/html; charset=utf-8") -> Answer:
    """A response with this body."""
    return with_body(Answer(status, [("Content-Type", kind)], b""), body.encode() if isinstance(body, str) else body)


def redirect(url: str) -> Answer:
    return Answer(302, [("Location", url), ("Content-Length", "0")], b"")


EMPTY = reply("")
PDF = reply(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", kind="application/pdf")
NOT_FOUND = reply("<html><body><h1>Page not found</h1></body></html>", status=404)
FORBIDDING = reply("User-agent: *\nDisallow: /\n", kind="text/plain")


def replacing(old: str, new: str, count: int = 1) -> Change:
    """Replaces `old`, which must be there, with `new`."""

    def change(answer: Answer) -> Answer:
        assert old.encode() in answer.body, f"{old!r} is not in the page"
        return with_body(answer, answer.body.replace(old.encode(), new.encode(), count))

    return change


def matching(pattern: str, new: str = "") -> Change:
    """Replaces the first match, which must be there, with `new`."""

    def change(answer: Answer) -> Answer:
        body, found = re.subn(pattern, lambda _: new, answer.body.decode(), count=1, flags=re.DOTALL)
        assert found, f"{pattern!r} is not in the page"
        return with_body(answer, body.encode())

    return change


def kind(content_type: str) -> Change:
    """Declares another Content-Type."""

    def change(answer: Answer) -> Answer:
        others = [(name, value) for name, value in answer.headers if name != "Content-Type"]
        return answer._replace(headers=[("Content-Type", content_type), *others])

    return change


def all_of(*changes: Change) -> Change:
    """Applies the changes one after the other."""

    def change(answer: Answer) -> Answer:
        for each in changes:
            answer = each(answer)
        return answer

    return change


def in_item(identity: str, pattern: str, new: str = "") -> Change:
    """Replaces the first match inside one article's item with `new`, which may refer to groups."""
    item = re.compile(
        rf'<article class="clearfix">\n<div class="article-thumb"><a href="[^"]*{identity}.*?</article>\n', re.DOTALL
    )

    def change(answer: Answer) -> Answer:
        page = answer.body.decode()
        found = item.search(page)
        assert found, f"{identity} is not in the page"
        altered, times = re.subn(pattern, new, found[0], count=1, flags=re.DOTALL)
        assert times, f"{pattern!r} is not in the item of {identity}"
        return with_body(answer, page.replace(found[0], altered).encode())

    return change


NO_META_LINE = matching(r'<p class="article-meta">.*?</p>')
NO_DATE = matching(r"Date: \d\d/\d\d/\d{4} \| ")
WRONG_DATE = matching(r"Date: \d\d/\d\d/\d{4}", "Date: 30/02/2019")
HUGE = replacing("</body>", "<!-- " + "x" * (5 * 1024 * 1024) + " --></body>")


def without_title(identity: str) -> Change:
    """Removes the title from an article's item in a listing."""
    return in_item(identity, r"<h4.*</h4>")


def without_day(identity: str) -> Change:
    """Removes the date from an article's item in a listing."""
    return in_item(identity, r'<p class="articled-date">.*?</p>')


def of_day(identity: str, day: str) -> Change:
    """Changes the date of an article's item in a listing."""
    return in_item(identity, r'(?<=<p class="articled-date"><span>).*?(?=</span>)', day)


def without_logo(identity: str) -> Change:
    """Removes the logo from an article's item in a listing."""
    return in_item(identity, r'<img class="img-fluid"[^>]*>')


def twice(identity: str) -> Change:
    """Repeats an article's item in a listing."""
    return in_item(identity, r"(.*)", r"\1\1")


def more_to(url: str) -> Change:
    """Changes the target of the page's "More Articles" link."""
    return matching(r'(?<=<a class="btn" href=")[^"]*', url)


def another_more(url: str) -> Change:
    """Adds a "More Articles" link to a page without one."""
    return replacing("</main>", f'<p class="more-link"><a class="btn" href="{url}">More Articles</a></p></main>')
