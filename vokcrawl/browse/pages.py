"""The pages, as routes of a Datasette plugin. Each view reads, and returns a response; nothing is written."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from datasette import hookimpl
from datasette.utils.asgi import Response

from vokcrawl import __version__
from vokcrawl.browse import captured, queries
from vokcrawl.browse.addresses import ServedAddresses
from vokcrawl.browse.others import OtherArchive, same_stories
from vokcrawl.browse.queries import Article, Filter, Record, read_page
from vokcrawl.browse.rendering import ArticlePages, browse_templates, manifest_values
from vokcrawl.config.arguments import read_date_range
from vokcrawl.errors import UsageError, VokcrawlError
from vokcrawl.reporting.report.markup import encode_page
from vokcrawl.search.index import SearchIndex
from vokcrawl.search.query import Hit, find
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching
from vokcrawl.utils.humanize import pluralize

# The name of the database in the URLs of Datasette's own pages.
ROUTE = "archive"
# Nothing runs in our pages, and nothing is loaded but the style sheet and the frame with a captured page.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_ID, _REVISION = r"(?P<id>[0-9]{10}-[0-9]{1,12})", r"(?P<revision>[1-9][0-9]{0,8})"
_ARCHIVE = r"(?P<archive>[1-9][0-9]{0,2})"
_RUN = r"(?P<run>[0-9]{8}T[0-9]{6}Z(?:-[0-9]{1,9})?)"
_QUERY_TOKEN = re.compile(r'(?:\w+:)?"[^"]*"|\S+')
_MAX_QUERY, _MAX_HITS = 500, 50
_MAX_RUN_ARTICLES = 500
_RUNS_PER_PAGE = 50


class NotFoundError(UsageError):
    """Raised for an address without an article; the answer has the status 404."""


Query = Mapping[str, str]
FindRecord = Callable[[sqlite3.Connection], tuple[Article, Record | None]]
View = Callable[[sqlite3.Connection, Mapping[str, str], Query], Response]


class Pages:
    """The plugin. `title` names the archive; `database` is Datasette's current database.

    `others` are the archives in which the same stories are looked for.
    """

    # Datasette asks each plugin for its name.
    __name__ = "vokcrawl-browse"

    def __init__(self, folder: OutputFolder, title: str, others: Sequence[OtherArchive] = ()) -> None:
        self.database: Any = None
        self._folder = folder
        self._others = others
        self._title = title
        self._templates = browse_templates()
        self._templates.globals |= {"address": _address, "base": "base.html.j2"}
        self._articles = ArticlePages(folder)

    @hookimpl
    def register_routes(self) -> list[tuple[str, Any]]:
        """The URLs of our pages; they come before Datasette's."""
        views: dict[str, View] = {
            r"/$": self._index,
            r"/search$": self._search,
            r"/runs$": self._runs,
            rf"/runs/{_RUN}$": self._run,
            # A frozen site has the ending; so one link leads to either of them.
            rf"/article/{_ID}(?:\.html)?$": self._article,
            rf"/article/{_ID}/{_REVISION}$": self._version,
            rf"/article/{_ID}/{_REVISION}/page$": self._page,
            rf"/article/{_ID}/{_REVISION}/captured$": self._captured,
            rf"/with/{_ARCHIVE}/article/{_ID}$": self._other_article,
            rf"/with/{_ARCHIVE}/article/{_ID}/{_REVISION}$": self._other_version,
        }
        return [(pattern, partial(self._answer, view)) for pattern, view in views.items()]

    @hookimpl
    def get_metadata(self, datasette: Any) -> dict[str, Any]:
        """Datasette's metadata: title, and the tables that only our pages need are hidden."""
        hidden = {name: {"hidden": True} for name in ("browse_articles", "browse_facets", "browse_build")}
        return {
            "title": self._title,
            "databases": {name: {"source": self._title, "tables": hidden} for name in datasette.databases},
        }

    @hookimpl
    def handle_exception(self, request: Any, exception: Exception) -> Response:
        """An error page instead of Datasette's traceback on the terminal."""
        status = getattr(exception, "status", 500)
        text = str(exception) or type(exception).__name__
        if request.path.endswith(".json"):
            return Response.json({"ok": False, "error": text, "status": status}, status=status)
        return self._error(status, f"{request.path}: no such page" if status == 404 else text)

    async def _answer(self, view: View, request: Any) -> Response:
        def in_thread(db: sqlite3.Connection) -> Response:
            try:
                query = dict(parse_qsl(request.query_string, keep_blank_values=True, max_num_fields=20))
            except ValueError:
                return self._error(400, "the query of this address has more than 20 parameters")
            try:
                return view(db, request.url_vars, query)
            except VokcrawlError as failure:
                return self._error(_status_of(failure), str(failure))

        return await self.database.execute_fn(in_thread)

    def _index(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        wanted = Filter.read(query)
        found = queries.listing(db, wanted)
        pages = max(1, -(-found.total // queries.PAGE_SIZE))
        if wanted.page > pages:
            return self._error(404, f"page {wanted.page}: the list has {pluralize(pages, 'page')}")
        return self._render(
            db, "index.html.j2", found=found, wanted=wanted, pages=pages, years=_by_year(found.facets["month"])
        )

    def _search(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        text = query.get("q", "").strip()
        if len(text) > _MAX_QUERY:
            raise UsageError(f"q: {len(text):,} characters are too many; the limit is {_MAX_QUERY}")
        since, until = _date_range(query)
        total, hits, gone = 0, list[Hit](), set[str]()
        if text:
            index = SearchIndex(self._folder)
            try:
                words = _QUERY_TOKEN.findall(text)
                total, hits = find(index, words, limit=_MAX_HITS, since=since, until=until, removed=True)
            finally:
                index.close()
            gone = queries.removed_ids(db, (hit.id for hit in hits))
        return self._render(
            db, "search.html.j2", q=text, since=since, until=until, total=total, hits=hits, removed=gone
        )

    def _article(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        article, record = _find_article(db, names["id"])
        return self._article_page(db, article, record, permanent=False)

    def _version(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        article, record = _find_version(db, names)
        return self._article_page(db, article, record, permanent=True)

    def _article_page(
        self, db: sqlite3.Connection, article: Article, record: Record | None, *, permanent: bool
    ) -> Response:
        with ExitStack() as stack:
            others = [stack.enter_context(each.connection()) for each in self._others]
            story = article.latest["story"] if article.latest else None
            stories = same_stories(db, others, article.id, story)
        context = self._articles.context(article, record, permanent=permanent, stories=stories)
        return self._render(db, "article.html.j2", at=ServedAddresses(), **context)

    def _other_article(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        return self._other_page(names, lambda other: _find_article(other, names["id"]), permanent=False)

    def _other_version(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        return self._other_page(names, lambda other: _find_version(other, names), permanent=True)

    def _other_page(self, names: Mapping[str, str], find_record: FindRecord, *, permanent: bool) -> Response:
        number = int(names["archive"])
        if number > len(self._others):
            raise NotFoundError(f"with/{number}: there are {pluralize(len(self._others), 'other archive')}")
        archive = self._others[number - 1]
        with archive.connection() as other:
            article, record = find_record(other)
            context = archive.pages.context(article, record, permanent=permanent)
            return self._render(other, "article.html.j2", at=ServedAddresses(number), **context)

    def _page(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        article, record = _find_version(db, names)
        return self._render(db, "page.html.j2", article=article, record=record)

    def _captured(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        _, record = _find_version(db, names)
        if record["archived_as"] is None:
            raise UsageError(f"{record['id']}: revision {record['revision']} was not archived")
        return Response.html(captured.framed_page(self._folder, record), headers=dict(captured.HEADERS))

    def _runs(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        page = read_page(query)
        paths = in_run_order(matching(self._folder.runs, ".json"))[::-1]
        pages = max(1, -(-len(paths) // _RUNS_PER_PAGE))
        if page > pages:
            return self._error(404, f"page {page}: the list has {pluralize(pages, 'page')}")
        runs = [manifest_values(path) for path in paths[(page - 1) * _RUNS_PER_PAGE : page * _RUNS_PER_PAGE]]
        return self._render(db, "runs.html.j2", runs=runs, page=page, pages=pages, total=len(paths))

    def _run(self, db: sqlite3.Connection, names: Mapping[str, str], query: Query) -> Response:
        path = self._folder.manifest(names["run"])
        if not path.is_file():
            return self._error(404, f"{names['run']}: no run with this id")
        articles = queries.of_run(db, names["run"], _MAX_RUN_ARTICLES)
        return self._render(
            db,
            "run.html.j2",
            run=manifest_values(path),
            articles=articles,
            most=_MAX_RUN_ARTICLES,
            at=ServedAddresses(),
        )

    def _error(self, status: int, text: str) -> Response:
        return self._render(None, "error.html.j2", status=status, text=text)

    def _render(self, db: sqlite3.Connection | None, template: str, *, status: int = 200, **context: Any) -> Response:
        damaged = queries.damaged_lines(db) if db is not None else 0
        context = {"q": "", "damaged": damaged, **context}
        page = self._templates.get_template(template).render(
            site=self._title, version=__version__, status=status, **context
        )
        return Response(encode_page(page), status, {"Content-Security-Policy": _POLICY}, "text/html; charset=utf-8")


def _date_range(query: Query) -> tuple[str | None, str | None]:
    try:
        return read_date_range({name: query.get(name) or None for name in ("since", "until")})
    except UsageError as failure:
        # They are options of commands there.
        raise UsageError(str(failure).replace("--", "")) from failure


def _status_of(failure: VokcrawlError) -> int:
    if isinstance(failure, NotFoundError):
        return 404
    return 400 if isinstance(failure, UsageError) else 500


def _find_article(db: sqlite3.Connection, identity: str) -> tuple[Article, Record | None]:
    """Return the article of a URL and its latest version. Raises `NotFoundError` if there is none."""
    article = queries.article(db, identity)
    if article is None:
        raise NotFoundError(f"{identity}: no article with this id")
    return article, article.latest


def _find_version(db: sqlite3.Connection, names: Mapping[str, str]) -> tuple[Article, Record]:
    """Return the article and the version of a URL. Raises `NotFoundError` if there is none."""
    article = queries.article(db, names["id"])
    record = article.version(int(names["revision"])) if article else None
    if article is None or record is None:
        raise NotFoundError(f"{names['id']}: no revision {names['revision']} of an article with this id")
    return article, record


def _by_year(months: Mapping[str | int, int]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the months of each year with their number of articles, newest first; those without a day come last."""
    years: dict[str, list[tuple[str, int]]] = {}
    for month, articles in sorted(months.items(), key=lambda item: str(item[0]), reverse=True):
        years.setdefault(str(month)[:4], []).append((str(month), articles))
    return list(years.items())


def _address(wanted: Filter, **changes: Any) -> str:
    """Return the URL of a list of articles with another filter; None removes a filter."""
    chosen = {name: _parameter(name, value) for name, value in wanted.chosen.items()}
    chosen |= {name: _parameter(name, value) for name, value in changes.items()}
    text = urlencode({name: value for name, value in chosen.items() if value is not None}, quote_via=quote)
    return f"/?{text}" if text else "/"


def _parameter(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if name == "month":
        return value or queries.NO_MONTH
    return str(value) if name in ("source", "page") else ("no", "yes")[int(value)]
