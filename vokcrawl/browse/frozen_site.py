"""`scrapy browse --freeze DIR`: the pages as a static site. Later calls write only what has changed.

`frozen.json` in the directory says from which records each page was made. It is written last, so after a kill the
pages that were being written are written again. Each file is replaced as a whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from markupsafe import Markup

from vokcrawl import __version__
from vokcrawl.browse import captured, frozen_search, queries
from vokcrawl.browse.addresses import FrozenAddresses, captured_name
from vokcrawl.browse.frozen_search import SearchedArticle, index_year
from vokcrawl.browse.others import OtherArchive, same_stories
from vokcrawl.browse.rendering import STATIC, SameStory, browse_templates, manifest_values
from vokcrawl.errors import StorageError, UsageError
from vokcrawl.exports.target import replacing
from vokcrawl.reporting.report.markup import encode_page, format_day, format_moment
from vokcrawl.storage.output_folder import TIMESTAMP_ENDING, matching, run_order, translate_os_errors
from vokcrawl.utils.progress import NO_PROGRESS, Progress
from vokcrawl.utils.scripts import JOINED

NAME = "frozen.json"
# Raise it when a page or the index changes for the same records: everything is written again.
_VERSION = 2
_PAGE_SIZE = 500
# In the page of an article each of them is before an element or an end tag that ends the paragraph or item, too.
_OPTIONAL_END_TAGS = re.compile("</(?:p|li)>\n")
_EMPTY_LINES = re.compile("\n[\n ]+")
_NEWEST = 50
_MAX_RUNS = 1_000
_MAX_RUN_ARTICLES = 500
_PAGE = re.compile(r"(?:with/[0-9]+/)?(?:article|captured|list|run)/[\w-]+\.html", re.ASCII)
_MARK_COLUMNS = {
    "articles": "id, revision, content_hash, fetched_at, url, published_on, source, language, original_url, story, "
    "images, truncated, changed, first_seen_at, run_id, archived_as, latest, removed_at",
    "teasers": "*",
    "removals": "*",
}
_CAPTURE_COLUMNS = ("id", "revision", "latest", "title", "url", "fetched_at", "archived_as")
_FLAGS = {"removed": "Removed", "edited": "Edited", "truncated": "Truncated by the site"}


@dataclass(frozen=True, slots=True)
class FrozenResult:
    """Number of articles in the site, of files that were written, and of bytes in these files.

    `unreadable` are the faults of captured pages that could not be read.
    """

    articles: int
    written: int
    bytes: int
    unreadable: Sequence[str] = ()


@dataclass(slots=True)
class _Writer:
    """Writes the files of the site that are not as they should be."""

    root: Path
    written: int = 0
    size: int = 0
    _folders: set[Path] = field(default_factory=set)

    def write(self, name: str, content: bytes, *, compare: bool = False) -> None:
        """Replace a file; with `compare` only if it has another content."""
        path = self.root / name
        with translate_os_errors(path):
            if compare and path.is_file() and path.read_bytes() == content:
                return
            if path.parent not in self._folders:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._folders.add(path.parent)
            part = path.with_name(f".{path.name}.part")
            try:
                part.write_bytes(content)
                os.replace(part, path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        self.written += 1
        self.size += len(content)

    def exists(self, name: str) -> bool:
        return (self.root / name).is_file()

    def delete(self, name: str) -> None:
        """Delete a page, and those of the earlier versions of its article."""
        path = self.root / name
        with translate_os_errors(path):
            path.unlink(missing_ok=True)
            if path.with_suffix("").is_dir():
                shutil.rmtree(path.with_suffix(""))


class FrozenSite:
    """The static site of an archive in a directory."""

    def __init__(
        self,
        target: str,
        archive: OtherArchive,
        title: str,
        others: Sequence[OtherArchive] = (),
        *,
        captures: bool = False,
    ) -> None:
        """With `captures`, the site has the captured pages. Raises `UsageError` if the directory has other contents."""
        self.captures = captures
        self._root = Path(target)
        self._archive = archive
        self._title = title
        self._others = others
        self._templates = browse_templates()
        # Plain text instead of elements, for small pages.
        self._templates.filters |= {"day": _plain_time(format_day), "moment": _plain_time(format_moment)}
        self._templates.globals |= {"base": "frozen/base.html.j2", "site": title, "version": __version__}
        _refuse_other_contents(self._root, archive.folder.path)

    def write(self, progress: Progress = NO_PROGRESS) -> FrozenResult:
        """Write what has changed. Raises `StorageError`, `FolderLockedError`."""
        with translate_os_errors(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
        state_file = self._root / NAME
        format_mark = _digest([_VERSION, __version__, self._title])
        before = _read_state(state_file, format_mark)
        if not before:
            # A directory with this file is a site, even if the first one is interrupted.
            with translate_os_errors(state_file):
                state_file.write_bytes(b"{}\n")
        writer = _Writer(self._root)
        with replacing(state_file, overwrite=True) as part, ExitStack() as stack:
            db = stack.enter_context(self._archive.connection())
            others = [stack.enter_context(each.connection()) for each in self._others]
            freeze = _Freeze(self, writer, before, db, others)
            freeze.articles(progress)
            if self.captures:
                freeze.captured(progress)
            freeze.search()
            freeze.runs()
            freeze.lists()
            freeze.delete_old()
            with translate_os_errors(self._root):
                part.write_bytes(orjson.dumps({"format": format_mark, "marks": freeze.after}))
        return FrozenResult(freeze.total, writer.written, writer.size, freeze.unreadable)

    def render(self, template: str, depth: int, archive: int = 0, **context: Any) -> bytes:
        """Return a page that is `depth` directories below the root."""
        article = context.get("article")
        shown = "" if article is None or context["permanent"] else article.id
        at = FrozenAddresses(depth, archive, shown, captures=self.captures)
        page = self._templates.get_template(template).render(at=at, **context)
        if article is not None:
            page = _OPTIONAL_END_TAGS.sub("\n", page)
        return encode_page(_EMPTY_LINES.sub("\n", page))

    @property
    def index(self) -> Path:
        """The first page."""
        return self._root / "index.html"

    @property
    def archive(self) -> OtherArchive:
        """The archive that is shown."""
        return self._archive

    @property
    def others(self) -> Sequence[OtherArchive]:
        """The archives with the same stories."""
        return self._others


class _Freeze:
    """One writing of the site. `before` and `after` map names of pages to marks of the records behind them."""

    def __init__(
        self,
        site: FrozenSite,
        writer: _Writer,
        before: Mapping[str, str],
        db: sqlite3.Connection,
        others: Sequence[sqlite3.Connection],
    ) -> None:
        self._site = site
        self._writer = writer
        self._before = before
        self._db = db
        self._others = others
        self._marks = _article_marks(db, site.archive)
        self.after: dict[str, str] = {}
        self.unreadable: list[str] = []
        self.total = int(db.execute("SELECT count(*) FROM browse_articles").fetchone()[0])

    def articles(self, progress: Progress) -> None:
        """Write the pages of articles that have changed, and those of the same stories in other archives."""
        progress.begin("writing pages", len(self._marks))
        stories = self._shared_stories()
        linked: dict[tuple[int, str], None] = {}
        for identity, story in self._db.execute("SELECT id, story FROM browse_articles ORDER BY id"):
            progress.advance(1)
            same = same_stories(self._db, self._others, identity, story) if story in stories else []
            linked |= {(each.archive, each.row["id"]): None for each in same if each.archive}
            rows = [
                [each.archive, *(each.row[name] for name in ("id", "title", "source", "published_on"))] for each in same
            ]
            self._article(0, identity, _digest([self._marks[identity], rows, self._site.captures]), same)
        marks = [_article_marks(db, shown) for db, shown in zip(self._others, self._site.others, strict=True)]
        for archive, identity in linked:
            self._article(archive, identity, marks[archive - 1][identity], [])

    def captured(self, progress: Progress) -> None:
        """Write the captured page of each archived version, and a page with a frame around it."""
        query = "SELECT count(*) FROM articles WHERE archived_as IS NOT NULL"
        progress.begin("writing captured pages", int(self._db.execute(query).fetchone()[0]))
        query = f"SELECT {', '.join(_CAPTURE_COLUMNS)} FROM articles WHERE archived_as IS NOT NULL"  # noqa: S608
        for values in self._db.execute(query):
            progress.advance(1)
            record = dict(zip(_CAPTURE_COLUMNS, values, strict=True))
            record["archived_as"] = orjson.loads(record["archived_as"])
            name, frame = captured_name(record), captured_name(record, "-frame")
            mark = _digest(values)
            changed = [self._changed(each, mark) for each in (name, frame)]
            if any(changed):
                self._capture(record, name, frame)

    def _capture(self, record: Mapping[str, Any], name: str, frame: str) -> None:
        fault = ""
        try:
            content = captured.framed_file(self._site.archive.folder, record)
        except StorageError as failure:
            fault = str(failure)
            self.unreadable.append(fault)
            self._writer.delete(frame)
            # The next time tries again.
            self.after[name] = self.after[frame] = ""
        else:
            self._writer.write(frame, content)
        file = frame.rpartition("/")[2]
        page = self._site.render("frozen/captured.html.j2", 1, record=record, frame=file, fault=fault)
        self._writer.write(name, page)

    def _shared_stories(self) -> set[str]:
        """Return the stories of which there is more than one article, in this archive or in another one."""
        query = "SELECT DISTINCT story FROM browse_articles WHERE story IS NOT NULL"
        twice = "SELECT story FROM browse_articles WHERE story IS NOT NULL GROUP BY story HAVING count(*) > 1"
        found = {story for (story,) in self._db.execute(twice)}
        for other in self._others:
            found |= {story for (story,) in other.execute(query)}
        return found

    def _article(self, archive: int, identity: str, mark: str, stories: Sequence[SameStory]) -> None:
        name = f"{f'with/{archive}/' if archive else ''}article/{identity}"
        if not self._changed(f"{name}.html", mark):
            return
        db = self._others[archive - 1] if archive else self._db
        shown = self._site.others[archive - 1] if archive else self._site.archive
        article = queries.article(db, identity)
        if article is None:
            return
        depth = 3 if archive else 1
        context = shown.pages.context(article, article.latest, permanent=False, stories=stories)
        self._writer.write(f"{name}.html", self._site.render("article.html.j2", depth, archive, **context))
        for record in article.versions:
            if not record["latest"]:
                context = shown.pages.context(article, record, permanent=True)
                page = self._site.render("article.html.j2", depth + 1, archive, **context)
                self._writer.write(f"{name}/{record['revision']}.html", page)

    def _changed(self, name: str, mark: str) -> bool:
        """Note the mark of a page, and return whether it must be written."""
        self.after[name] = mark
        return self._before.get(name) != mark or not self._writer.exists(name)

    def search(self) -> None:
        """Write the indexes of the years in which an article has changed, the script and its page."""
        years: dict[str, list[str]] = {}
        for identity in sorted(self._marks):
            years.setdefault(_year(identity), []).append(identity)
        entries = dict[str, list[Any]]()
        for year, identities in years.items():
            name = f"search/{year}"
            mark = _digest([self._marks[identity] for identity in identities])
            entry = _kept_entry(self._before.get(name, ""), mark)
            if entry is not None and self._writer.exists(f"{name}-0.js"):
                entries[year] = entry
            else:
                index = index_year(year, list(self._searched(year)))
                for file, content in index.files.items():
                    self._writer.write(f"search/{file}", content)
                entries[year] = index.entry
            self.after[name] = f"{mark} {orjson.dumps(entries[year]).decode()}"
        newest_first = [entries[year] for year in sorted(entries, reverse=True)]
        self._writer.write("search/years.js", frozen_search.script("years", "", newest_first), compare=True)
        self._writer.write("search.js", _search_script(), compare=True)
        self._writer.write("search.html", self._site.render("frozen/search.html.j2", 0), compare=True)
        self._writer.write("browse.css", (STATIC / "browse.css").read_bytes(), compare=True)

    def _searched(self, year: str) -> Iterator[SearchedArticle]:
        begin, end = (int(datetime(int(year) + more, 1, 1, tzinfo=UTC).timestamp()) for more in (0, 1))
        query = """
            SELECT listed.id, listed.title, body, listed.source, listed.published_on, listed.removed, listed.edited
            FROM browse_articles AS listed JOIN articles ON articles.id = listed.id AND articles.latest
            WHERE listed.id >= ? AND listed.id < ? GROUP BY listed.id ORDER BY listed.id DESC
        """
        for identity, title, body, source, day, removed, edited in self._db.execute(query, (str(begin), str(end))):
            state = "Removed" if removed else "Edited" if edited else ""
            yield SearchedArticle(identity, title[:300], f"{title}\n{body}\n{source}", day or "", state)

    def runs(self) -> None:
        """Write the pages of the runs that delivered articles, and their list."""
        # The sum changes when a version is no longer the latest.
        query = "SELECT run_id, count(*), sum(latest * number) FROM articles GROUP BY run_id"
        found = [
            {"run_id": run_id, "versions": versions, "latest": latest}
            for run_id, versions, latest in self._db.execute(query)
        ]
        found.sort(key=lambda run: run_order(str(run["run_id"])), reverse=True)
        for run in found:
            run_id = str(run["run_id"])
            path = self._site.archive.folder.manifest(run_id)
            with translate_os_errors(path):
                status = path.stat() if path.exists() else None
            mark = _digest([*run.values(), status.st_size if status else 0, status.st_mtime_ns if status else 0])
            if self._changed(f"run/{run_id}.html", mark):
                articles = queries.of_run(self._db, run_id, _MAX_RUN_ARTICLES)
                values = manifest_values(path) if status else {"run_id": run_id, "fault": "The run has not ended yet."}
                page = self._site.render("run.html.j2", 1, run=values, articles=articles, most=_MAX_RUN_ARTICLES)
                self._writer.write(f"run/{run_id}.html", page)
        page = self._site.render("frozen/runs.html.j2", 0, runs=found[:_MAX_RUNS], total=len(found))
        self._writer.write("runs.html", page, compare=True)

    def lists(self) -> None:
        """Write the lists of articles, and at last the first page."""
        lists = [_List("state", name, label, name) for name, label in _FLAGS.items()]
        facets = {name: self._values(name) for name in ("source", "month")}
        if len(facets["source"]) > 1:
            lists += [
                _List("source", f"source-{_digest([each])}", each or "No source", each) for each in facets["source"]
            ]
        lists += [
            _List("month", each or "no-date", each or "No date", each) for each in sorted(facets["month"], reverse=True)
        ]
        for each in lists:
            self._list(each)
        newest = queries.listing(self._db, queries.Filter()).articles[:_NEWEST]
        damaged = queries.damaged_lines(self._db)
        page = self._site.render("frozen/index.html.j2", 0, total=self.total, rows=newest, lists=lists, damaged=damaged)
        self._writer.write("index.html", page, compare=True)

    def _values(self, column: str) -> list[str]:
        return [value for (value,) in self._db.execute(f"SELECT DISTINCT {column} FROM browse_facets ORDER BY 1")]  # noqa: S608

    def _list(self, wanted: _List) -> None:
        column, value = (wanted.value, 1) if wanted.kind == "state" else (wanted.kind, wanted.value)
        columns = "id, title, published_on, removed, edited, truncated"
        rows = self._db.execute(
            f"SELECT {columns} FROM browse_articles WHERE {column} = ? ORDER BY place",  # noqa: S608  our own names
            (value,),
        ).fetchall()
        wanted.total = len(rows)
        pages = max(1, -(-len(rows) // _PAGE_SIZE))
        for page in range(1, pages + 1):
            shown = rows[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
            name = f"list/{wanted.page(page)}"
            if self._changed(name, _digest([len(rows), *shown])):
                context: dict[str, Any] = {
                    "rows": [dict(zip(columns.split(", "), row, strict=True)) for row in shown],
                    "name": wanted.name,
                    "total": len(rows),
                    "page": page,
                    "pages": pages,
                    "previous": wanted.page(page - 1),
                    "next": wanted.page(page + 1),
                }
                self._writer.write(name, self._site.render("frozen/list.html.j2", 1, **context))

    def delete_old(self) -> None:
        """Delete the pages of the last time that are no longer part of the site."""
        for name in self._before.keys() - self.after.keys():
            if _PAGE.fullmatch(name):
                self._writer.delete(name)


@dataclass(slots=True)
class _List:
    """A list of articles: what they have in common, the name of its files, its headline, and the number of articles."""

    kind: str
    file: str
    name: str
    value: str
    total: int = 0

    def page(self, number: int) -> str:
        """Return the name of the file of a page."""
        return f"{self.file}.html" if number < 2 else f"{self.file}-{number}.html"


def _article_marks(db: sqlite3.Connection, archive: OtherArchive) -> dict[str, str]:
    """Return a mark of everything that the page of each article shows."""
    # A citation names the manifest and its token.
    manifests, tokens = (
        {path.stem for path in matching(archive.folder.runs, ending)} for ending in (".json", TIMESTAMP_ENDING)
    )
    marks: dict[str, bytes] = {identity: b"" for (identity,) in db.execute("SELECT id FROM browse_articles")}
    for table, columns in _MARK_COLUMNS.items():
        cursor = db.execute(f"SELECT id, run_id, {columns} FROM {table} ORDER BY number")  # noqa: S608  our own names
        for identity, run_id, *values in cursor:
            if identity in marks:
                row = repr((run_id in manifests, run_id in tokens, *values)).encode("utf-8", "surrogatepass")
                marks[identity] = hashlib.blake2b(marks[identity] + row, digest_size=8).digest()
    return {identity: mark.hex() for identity, mark in marks.items()}


def _plain_time(formatted: Callable[[str], Markup]) -> Callable[[str], str]:
    return lambda value: formatted(value).striptags()


def _year(identity: str) -> str:
    """Return the year in which the site took an article in."""
    return str(datetime.fromtimestamp(int(identity[:10]), UTC).year)


def _search_script() -> bytes:
    """Return the script of the search page, with the constants of the index."""
    text = (STATIC / "search.js").read_text(encoding="utf-8")
    constants = {
        "JOINED": "".join(each if each == "-" else f"\\u{{{ord(each):x}}}" for each in JOINED),
        "FINAL": frozen_search.FINAL,
        "MORE": frozen_search.MORE,
        "BLOCK": str(frozen_search.BLOCK),
        "MAX_WORD": str(frozen_search.MAX_WORD),
    }
    return re.sub("@([A-Z_]+)@", lambda found: constants[found[1]], text).encode()


def _digest(values: Iterable[Any]) -> str:
    return hashlib.blake2b(repr(list(values)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _kept_entry(stored: str, mark: str) -> list[Any] | None:
    """Return the entry of an index from its stored mark; None if it has another mark, or is damaged."""
    before, _, entry = stored.partition(" ")
    if before != mark:
        return None
    try:
        found = orjson.loads(entry)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, list) else None


def _read_state(path: Path, format_mark: str) -> dict[str, str]:
    """Return the marks of the last time; none if the format of the pages has changed since, or the file is damaged."""
    with translate_os_errors(path):
        if not path.is_file():
            return {}
        content = path.read_bytes()
    try:
        state = orjson.loads(content)
        if state["format"] != format_mark:
            return {}
        return {str(name): str(mark) for name, mark in state["marks"].items()}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}


def _refuse_other_contents(root: Path, output: Path) -> None:
    if root.resolve() == output.resolve():
        raise UsageError(f"--freeze: {root}: is the output directory; choose another one, for example {root}/site")
    with translate_os_errors(root):
        if root.exists() and not root.is_dir():
            raise UsageError(f"--freeze: {root}: is not a directory")
        if root.is_dir() and any(root.iterdir()) and not (root / NAME).is_file():
            raise UsageError(
                f"--freeze: {root}: has other contents than a frozen site; choose an empty or a new directory"
            )
