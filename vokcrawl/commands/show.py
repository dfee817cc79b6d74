"""`scrapy show ID`: prints an article, its teaser and its history, its archived page, or a citation."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from typing import Any

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.config.values import POSITIVE_PHRASE, optional, parse_positive_number, read_value
from vokcrawl.errors import ExitCode, StorageError, UsageError
from vokcrawl.normalize import article_id
from vokcrawl.reporting.article_history import ArticleHistory, history_of
from vokcrawl.reporting.citation import FORMATS, Citation, ManifestReference
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import PROGRAM, missing_package
from vokcrawl.utils.terminal import write_output

_EXAMPLE = "1733788800-123456789"


class Command(FolderCommand):
    """Needs no network, and can run during a crawl. See docs/commands.md."""

    takes_arguments = True

    @override
    def syntax(self) -> str:
        return "[options] <id or URL of an article>"

    @override
    def short_desc(self) -> str:
        return "Show an article, its history, its archived page or a citation"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--revision", metavar="N", help="this version instead of the latest")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--html", action="store_true", help="print the archived page")
        what.add_argument("--raw", action="store_true", help="print the archived response, head and body as sent")
        what.add_argument(
            "--cite", nargs="?", const=FORMATS[0], metavar="FORMAT", help="print a citation as text, bibtex or csl-json"
        )

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if opts.cite is not None and opts.cite not in FORMATS and not args:
            # `--cite ID`: the option has taken the id for a format.
            args, opts.cite = [opts.cite], FORMATS[0]
        if opts.cite is not None and opts.cite not in FORMATS:
            raise UsageError(f"--cite: {opts.cite!r} is not one of {', '.join(FORMATS)}")
        if len(args) != 1:
            raise UsageError(f"name one article by its id or URL: `{PROGRAM} show {_EXAMPLE}`")
        revision = read_value("--revision", optional(parse_positive_number), opts.revision, POSITIVE_PHRASE)
        folder = self.existing_folder()
        history = history_of(folder, article_id(args[0]) or args[0], self.progress)
        for line in history.damaged:
            complain("show", f"{line}; skipped")
        _print(folder, history, _version(folder, history, args[0], revision), opts)
        return ExitCode.INCOMPLETE if history.damaged else ExitCode.OK


def _print(
    folder: OutputFolder, history: ArticleHistory, record: dict[str, Any] | None, opts: argparse.Namespace
) -> None:
    if record is None and (opts.html or opts.raw or opts.cite):
        raise UsageError(f"{history.id}: only its teaser was delivered so far; there is no article to print")
    if opts.html or opts.raw:
        _print_archived(folder, record or {}, raw=opts.raw)
    elif opts.cite:
        say(Citation(record or {}, _manifest_of(folder, record or {})).format(opts.cite))
    else:
        say("\n".join([*(_article(history, record) if record else []), *_teasers(history), *_history(history)]))


def _version(folder: OutputFolder, history: ArticleHistory, given: str, revision: int | None) -> dict[str, Any] | None:
    """Return the requested version; None if only the teaser was delivered. Raises `UsageError` if there is none."""
    record = history.version(revision)
    if record is not None or (revision is None and history.teasers):
        return record
    if not history.versions and not history.teasers:
        skipped = f"; {pluralize(len(history.damaged), 'damaged line')} skipped" if history.damaged else ""
        raise UsageError(f"{given!r}: no article with this id in {folder.path}{skipped}")
    known = ", ".join(str(each["revision"]) for each in history.versions) or "none"
    raise UsageError(f"--revision: {revision} is not a revision of {history.id}; there are: {known}")


def _print_archived(folder: OutputFolder, record: dict[str, Any], *, raw: bool) -> None:
    """Print bytes of the archive. On a terminal, text is escaped, because a page could control the terminal."""
    from vokcrawl.warc.archived_page import archived_message, archived_page  # noqa: PLC0415  other commands need none

    place = record["archived_as"]
    if place is None:
        raise UsageError(f"{record['id']}: revision {record['revision']} was not archived (VOK_ARCHIVE was off)")
    if raw and sys.stdout.isatty():
        raise UsageError("--raw: binary data; redirect it to a file, for example `> page.http`")
    content = archived_message(folder, place, record["url"]) if raw else archived_page(folder, place, record["url"])
    if sys.stdout.isatty():
        say(content.decode("utf-8", "replace"))
        return
    write_output(content)


def _manifest_of(folder: OutputFolder, record: dict[str, Any]) -> ManifestReference | None:
    """Return the manifest of the run that wrote a record; None if that run has not ended. Raises `StorageError`."""
    reference = ManifestReference.of_run(folder, record["run_id"])
    if reference is None or reference.token is None:
        return reference
    token = folder.path / reference.token
    try:
        from vokcrawl.timestamps.tokens import TokenError, manifest_time  # noqa: PLC0415  optional packages
    except ImportError as missing:
        complain("show", f"{token}: its time needs {missing_package(missing.name, 'evidence')}")
        return reference
    try:
        return replace(reference, stamped_at=manifest_time(folder.manifest(record["run_id"])))
    except TokenError as fault:
        raise StorageError(f"{token}: {fault}; move it away, or restore it from a copy") from fault


def _article(history: ArticleHistory, record: dict[str, Any]) -> list[str]:
    status = history.status
    place = record["archived_as"]
    lines = [
        record["title"],
        " · ".join(each for each in (record["published_on"], record["source"], record["language"]) if each),
        record["url"],
        *([f"Original: {record['original_url']}"] if record["original_url"] else []),
        f"Revision {record['revision']} of {status.revision}, fetched at {record['fetched_at']}",
        f"Archived in {place['file']} at {place['offset']}, {place['digest']}" if place else "Not archived",
        *([f"Removed by the site, confirmed at {status.removed_at}"] if status.removed_at else []),
        *(["Truncated by the site"] if record["truncated"] else []),
    ]
    body = record["body"] or "(no text: a headline only)"
    images = [
        f"Image: {each['url']}" + (f" ({each['caption']})" if each["caption"] else "") for each in record["images"]
    ]
    return [*(line for line in lines if line), "", body, *(["", *images] if images else [])]


def _teasers(history: ArticleHistory) -> list[str]:
    lines = []
    for teaser in history.teasers:
        lines += ["", f"Teaser, position {teaser['position']} on {teaser['found_on']}, {teaser['first_seen_at']}"]
        lines += [f"  {text}" for text in (teaser["title"], teaser["excerpt"]) if text]
        if not history.versions:
            lines.append(f"  {teaser['url']}: the article was not delivered yet")
    return lines


def _history(history: ArticleHistory) -> list[str]:
    """List versions and removals by time."""
    events = []
    for each in history.versions:
        what = f"changed: {', '.join(each['changed'])}" if each["changed"] else "first version"
        if each["revision"] > 1 and not each["changed"]:
            what = "reappeared unchanged"
        events.append((each["fetched_at"], f"revision {each['revision']}, {what}, run {each['run_id']}"))
    events += [
        (each["confirmed_at"], f"removed ({each['status']}), first missing at {each['first_missing_at']}")
        for each in history.removals
    ]
    return ["", "History", *(f"  {at}  {what}" for at, what in sorted(events))] if events else []
