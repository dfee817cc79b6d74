"""Shows an examination to people: on a terminal, and as an HTML page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.terminal_theme import DEFAULT_TERMINAL_THEME
from rich.text import Text

from vokcrawl.doctor.certificates import Certificate
from vokcrawl.doctor.checks import ArticleReport, CheckResult, ListingReport
from vokcrawl.doctor.examination import Examination, Severity
from vokcrawl.doctor.months import Month
from vokcrawl.utils.terminal import harmless

__all__ = ["as_html", "show", "show_months"]

_HTML_WIDTH = 110
# Below this width tables become lists.
_NARROW = 90
_STYLES = {
    CheckResult.CONFIRMED: "green",
    CheckResult.UNCHECKED: "",
    CheckResult.ABSENT: "",
    CheckResult.CONTRADICTED: "red",
    CheckResult.MISSING: "red",
}
_SEVERITIES = {Severity.NOTE: "", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_MOST_LISTINGS = 8


def show(result: Examination, console: Console, months: Sequence[Month] = ()) -> None:
    """Print an examination. With `months`, these take the place of the tables of single pages."""
    narrow = console.width < _NARROW
    console.print(_heading(f"{result.start_url}  ({result.source}; profile: {result.profile})"))
    for part in _parts(result, narrow, months):
        console.print(part)
    console.print(_summary(result))


def as_html(result: Examination, months: Sequence[Month] = ()) -> str:
    """The same as an HTML page without links, scripts and references."""
    console = Console(file=io.StringIO(), record=True, width=_HTML_WIDTH, markup=False, emoji=False, highlight=False)
    show(result, console, months)
    return console.export_html(theme=DEFAULT_TERMINAL_THEME, inline_styles=True)


def _parts(result: Examination, narrow: bool, months: Sequence[Month]) -> Iterable[RenderableType]:
    if result.requests:
        yield _requests(result, narrow)
    if result.robots is not None:
        yield from _robots(result)
    if result.visit is not None:
        yield from _discovery(result)
    if months:
        yield show_months(months, narrow)
        return
    for listing in result.listings[:_MOST_LISTINGS]:
        yield _listing(listing)
    for url, sitemap in result.sitemaps.items():
        yield _line(f"sitemap {url}: {'not found' if sitemap is None else f'{sitemap.urls} URLs'}")
    if result.estimate is not None:
        yield from _estimate(result)
    for article in result.articles:
        yield _article(article, narrow)


def _text(text: str, style: str = "") -> Text:
    return Text(harmless(text), style=style, overflow="fold")


def _heading(text: str) -> Text:
    return Text(f"\n{harmless(text)}", style="bold", overflow="fold")


def _line(text: str) -> Text:
    return Text(f"  {harmless(text)}", overflow="fold")


def _requests(result: Examination, narrow: bool) -> RenderableType:
    if narrow:
        lines = [_line(f"{each.status} {each.url}") for each in result.requests]
        return Group(_heading("Requests"), *lines)
    table = Table(title="Requests", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in ("status", "URL", "seconds", "bytes", "encoding", "validators"):
        table.add_column(name, overflow="fold")
    for each in result.requests:
        validators = [name for name in ("ETag", "Last-Modified") if name in each.headers]
        cells = [
            str(each.status),
            each.url,
            "" if each.seconds is None else f"{each.seconds:.2f}",
            str(each.bytes),
            each.headers.get("Content-Encoding", ""),
            ", ".join(validators),
        ]
        table.add_row(*map(_text, cells))
    return table


def _robots(result: Examination) -> Iterable[RenderableType]:
    robots = result.robots
    if robots is None:
        return
    allowed = "allows" if robots.allowed else "disallows"
    delay = f"Crawl-delay {robots.crawl_delay:g} s" if robots.crawl_delay else "no Crawl-delay"
    yield _heading("Site")
    yield _line(f"robots.txt: status {robots.status}, {allowed} the start page, {delay}")
    for url in robots.sitemaps:
        yield _line(f"robots.txt names the sitemap {url}")
    if result.requests:
        first = result.requests[0]
        skew = next((each.clock_skew for each in result.requests if each.clock_skew is not None), None)
        yield _line(f"protocol: {first.protocol or 'unknown'}")
        yield _line(f"certificate: {_certificate(first.certificate)}")
        yield _line(f"clock of the site: {'unknown' if skew is None else f'{skew:+.0f} s'}")
        for each in result.requests:
            if "Location" in each.headers:
                yield _line(f"redirect: {each.url} -> {each.headers['Location']}")


def _certificate(found: Certificate | None) -> str:
    if found is None:
        return "none (no TLS)"
    return f"issued by {found.issuer} for {', '.join(found.names)}, valid until {found.valid_until}"


def _discovery(result: Examination) -> Iterable[RenderableType]:
    if result.visit is None:
        return
    yield _heading("Discovery and pagination")
    for each in result.visit.listings:
        strategy = each.strategy or "not followed"
        yield _line(f"{each.url}: found by {each.found_by}; {strategy}, {each.pages} pages, {each.entries} entries")
    for attempt in result.visit.discovery_attempts:
        yield _line(f"{attempt.strategy} failed: {attempt.reason}")
    if result.browser is not None:
        outcomes = ", ".join(result.browser.outcomes) or "none"
        yield _line(f"Chromium: {result.browser.requests} requests by its page, outcome of the click: {outcomes}")
    for reason, error in result.visit.errors.items():
        yield _line(f"{reason}: {error.count} ({', '.join(error.examples[:1])})")


def _listing(found: ListingReport) -> RenderableType:
    lines = [_heading(f"{found.kind}: {found.url}")]
    if found.fault:
        return Group(*lines, _text(f"  {found.fault}", "red"))
    strategies = ", ".join(f"{name} {count}" for name, count in found.strategies.items())
    lines.append(_line(f"{found.teasers} teasers ({strategies}), {found.oldest} to {found.newest}"))
    with_fields = f"{found.with_title} title, {found.with_day} day, {found.with_excerpt} excerpt"
    lines.append(_line(f"with {with_fields}, {found.with_source} source by logo"))
    if found.more:
        lines.append(_line(f"more: {found.more_kind} {found.more}"))
    elif found.says_end:
        lines.append(_line("more: the page says that there is no more"))
    else:
        lines.append(_line("more: label found, target unknown" if found.more_label else "more: not found"))
    if found.to_parameter:
        lines.append(_line(f"parameter `to`: {found.to_parameter}"))
    if found.source_number:
        lines.append(_line(f"number of the source in the search form: {found.source_number}"))
    return Group(*lines)


def _estimate(result: Examination) -> Iterable[RenderableType]:
    found = result.estimate
    if found is None:
        return
    yield _heading("Estimate")
    yield _line(f"{found.entries_per_page:g} entries a page, one request every {found.delay:g} s")
    if found.hours_per_year is not None:
        yield _line(
            f"{found.entries_per_day:g} entries a day: a first crawl takes {found.hours_per_year:g} h and "
            f"{found.pages_per_year} pages for each year of the listing"
        )
    for total in found.totals:
        yield _line(
            f"the whole listing: {total.bound} {total.entries} entries, {total.pages} pages, {total.hours:g} h "
            f"({total.evidence})"
        )
    if not found.totals:
        yield _line("the whole listing: unknown, because no page says how long it is, and no sitemap was found")


def _article(found: ArticleReport, narrow: bool) -> RenderableType:
    parts: list[RenderableType] = [_heading(f"article: {found.url}")]
    if found.fault:
        parts.append(_text(f"  {found.fault}", "red"))
    if not found.fields:
        return Group(*parts)
    if narrow:
        for each in found.fields:
            parts.append(_text(f"  {each.name}: {each.result} ({each.found_by})", _STYLES[each.result]))
            parts.extend(_line(f"  {text}") for text in (each.value, each.evidence) if text)
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for name in ("field", "value", "found by", "result", "evidence"):
            table.add_column(name, overflow="fold")
        for each in found.fields:
            style = _STYLES[each.result]
            cells = (each.name, each.value or "", each.found_by, each.result, each.evidence)
            table.add_row(*(_text(cell, style if cell is cells[3] else "") for cell in cells))
        parts.append(table)
    parts.append(_line(f"block below: {found.block_source or 'none'}, {found.block_teasers} teasers"))
    parts.append(_line(f"text that belongs to no field: {found.unexplained_share:.0%}"))
    parts.extend(_line(f"  {text}") for text in found.unexplained)
    return Group(*parts)


def show_months(months: Sequence[Month], narrow: bool) -> RenderableType:
    """A table of shares by the month of capture."""
    table = Table(title="By month of capture", title_justify="left", title_style="bold", box=None, pad_edge=False)
    names = (
        "month",
        "articles",
        "read",
        "title",
        "day",
        "source",
        "body",
        "original",
        "content",
        "listings",
        "teasers",
    )
    for name in names[:7] if narrow else names:
        table.add_column(name, justify="left" if name == "month" else "right")
    for month in months:
        shares = [month.share(name) for name in ("title", "published_on", "source", "body")]
        cells = [month.month, str(month.articles), _share(month.read_share), *map(_share, shares)]
        if not narrow:
            cells += [_share(month.share("original_url")), _share(month.content_share)]
            cells += [str(month.listings), str(month.teasers)]
        table.add_row(*cells)
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"


def _summary(result: Examination) -> RenderableType:
    style = "green" if not result.code else "red"
    lines: list[RenderableType] = [Text(f"\n{result.conclusion} (exit code {int(result.code)})", style=f"bold {style}")]
    for remark in result.remarks:
        lines.append(_text(f"- {remark.text}", _SEVERITIES[remark.severity]))
        if remark.remedy:
            lines.append(_line(f"  {remark.remedy}"))
    return Group(*lines)
