"""The records of an output directory for Python programs: typed objects, or a pandas, Polars or Arrow table.

>>> from vokcrawl.data import articles
>>> for article in articles("output", as_of="2025-06-30"):  # doctest: +SKIP
...     print(article.published_on, article.title)
>>> frame = articles("output", versions="all").to_pandas()  # doctest: +SKIP

Only complete files are read, so a crawl may run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from vokcrawl.errors import UsageError
from vokcrawl.exports.rows import Rows, columns_of
from vokcrawl.exports.selection import Selection
from vokcrawl.items import Article, Moment, Record, Removal, Teaser
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.snapshot import Snapshot
from vokcrawl.utils.program import missing_package

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["ArticleVersion", "Records", "articles", "removals", "teasers"]

Versions = Literal["current", "all"]


class ArticleVersion(Article):
    """A version of an article. `removed_at` is when the removal was confirmed (UTC), the same in all versions."""

    latest: bool
    removed_at: Moment | None


T = TypeVar("T", bound=Record)


class Records(Generic[T]):
    """Records of one kind. Iterate over it for typed objects, or get all of them as a table.

    Each use reads the files again. In a table, days are dates and times are UTC timestamps; every column has its type
    even if all its values are null. Raises `StorageError` for a damaged line, unless `skip_damaged` is set.
    """

    def __init__(
        self, folder: str | Path, what: str, model: type[T], selection: Selection, *, skip_damaged: bool
    ) -> None:
        self._folder = OutputFolder(folder)
        if not self._folder.path.is_dir():
            raise UsageError(f"{folder}: no such directory; give the output directory of a crawl")
        self._what = what
        self._model = model
        self._selection = selection
        self._skip_damaged = skip_damaged

    def __iter__(self) -> Iterator[T]:
        for row in self.rows():
            yield self._model.model_validate(row)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the records as plain dicts."""
        snapshot = Snapshot(self._folder, self._selection.as_of, skip_damaged=self._skip_damaged)
        rows = Rows(snapshot, self._selection, (self._what,), near_duplicates=False)
        fields = [column.name for column in columns_of(self._what, near_duplicates=False)]
        try:
            for row in rows.of(self._what):
                yield {name: row[name] for name in fields}
        finally:
            rows.close()

    def to_arrow(self) -> pa.Table:
        """Return a `pyarrow.Table`. Raises `UsageError` if pyarrow is not installed."""
        try:
            import pyarrow.parquet as pq  # noqa: PLC0415  an optional dependency

            from vokcrawl.exports.parquet import ParquetWriter  # noqa: PLC0415
        except ImportError as missing:
            raise UsageError(f"needs {missing_package(missing.name, 'export')}") from missing
        # The table is that of an export: Parquet needs less memory than lists of Python values.
        with TemporaryDirectory(prefix="vokcrawl-") as directory:
            path = Path(directory) / "records.parquet"
            writer = ParquetWriter(path, {self._what: columns_of(self._what, near_duplicates=False)})
            try:
                for row in self.rows():
                    writer.write(self._what, row)
                writer.finish()
            except BaseException:
                writer.abandon()
                raise
            return pq.read_table(path, memory_map=False)

    def to_polars(self) -> pl.DataFrame:
        """Return a `polars.DataFrame`. Needs pyarrow and polars."""
        import polars as pl  # noqa: PLC0415  an optional dependency

        frame = pl.from_arrow(self.to_arrow())
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("polars returned no table")
        return frame

    def to_pandas(self) -> pd.DataFrame:
        """Return a `pandas.DataFrame`. Needs pyarrow and pandas."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame


def articles(
    folder: str | Path = "output",
    *,
    as_of: str | None = None,
    versions: Versions = "current",
    since: str | None = None,
    until: str | None = None,
    skip_damaged: bool = False,
) -> Records[Article] | Records[ArticleVersion]:
    """Return the articles of an output directory.

    Args:
        folder: The output directory.
        as_of: The archive as of the end of this day (UTC), `YYYY-MM-DD`.
        versions: `current` for the latest version of each article that was not removed, by id; `all` for every
            delivered version in order of delivery, as `ArticleVersion`.
        since: Only articles dated this day or later.
        until: Only articles dated this day or earlier.
        skip_damaged: Skip damaged lines instead of raising `StorageError`.

    Raises:
        UsageError: An argument is invalid, or there is no such directory.
    """
    selection = Selection.read({"as_of": as_of, "since": since, "until": until})
    if versions == "all":
        return Records(folder, "articles", ArticleVersion, selection, skip_damaged=skip_damaged)
    if versions != "current":
        raise UsageError(f"versions: {versions!r} is not one of current, all")
    return Records(folder, "current", Article, selection, skip_damaged=skip_damaged)


def teasers(folder: str | Path = "output", *, as_of: str | None = None, skip_damaged: bool = False) -> Records[Teaser]:
    """Return the teasers of an output directory, in order of delivery. The arguments are those of `articles`."""
    return Records(folder, "teasers", Teaser, Selection.read({"as_of": as_of}), skip_damaged=skip_damaged)


def removals(
    folder: str | Path = "output", *, as_of: str | None = None, skip_damaged: bool = False
) -> Records[Removal]:
    """Return the removals of an output directory, in order of delivery. The arguments are those of `articles`."""
    return Records(folder, "removals", Removal, Selection.read({"as_of": as_of}), skip_damaged=skip_damaged)
