"""Other output directories (`--with`) with the same stories from other sources or in other languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from vokcrawl.browse import queries
from vokcrawl.browse.database import BrowseDatabase
from vokcrawl.browse.rendering import ArticlePages, SameStory
from vokcrawl.errors import StorageError
from vokcrawl.storage.output_folder import OutputFolder

# Articles of one story on the page of an article, from each archive.
_MAX_STORIES = 20


@dataclass(frozen=True)
class OtherArchive:
    """An output directory, its database, and its pages of articles."""

    folder: OutputFolder
    database: BrowseDatabase
    pages: ArticlePages

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection to the current database, read-only. Raises `StorageError`."""
        path = self.database.path
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
                yield db
        except sqlite3.Error as failure:
            raise StorageError(f"{path}: {failure}; delete the file and start again") from failure


def same_stories(
    db: sqlite3.Connection, others: Sequence[sqlite3.Connection], identity: str, story: str | None
) -> list[SameStory]:
    """Return the articles of a story, without the one with this id: those of its archive, `db`, then of the others."""
    if story is None:
        return []
    own = [SameStory(0, row) for row in queries.of_story(db, story, _MAX_STORIES + 1) if row["id"] != identity]
    return own[:_MAX_STORIES] + [
        SameStory(number, row)
        for number, other in enumerate(others, 1)
        for row in queries.of_story(other, story, _MAX_STORIES)
    ]
