"""Everything that the record files contain about one article."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from vokcrawl.storage.article_status import ArticleStatus
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import Line, read_article_lines
from vokcrawl.utils.progress import NO_PROGRESS, Progress

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArticleHistory:
    """The records of one article: `versions` by revision, `teasers` and `removals` in the order of delivery.

    `damaged` are the damaged lines that may have been of this article.
    """

    id: str
    versions: list[Record]
    teasers: list[Record]
    removals: list[Record]
    damaged: list[Line]

    @property
    def status(self) -> ArticleStatus:
        """The current version, and whether the article was removed."""
        status = reduce(ArticleStatus.with_version, self.versions, ArticleStatus())
        return reduce(ArticleStatus.with_removal, self.removals, status)

    def version(self, revision: int | None) -> Record | None:
        """The version with that number, or the current one; None if there is no such version."""
        wanted = self.status.revision if revision is None else revision
        return next((each for each in self.versions if each["revision"] == wanted), None)


def history_of(folder: OutputFolder, identity: str, progress: Progress = NO_PROGRESS) -> ArticleHistory:
    """Read the records of an article. Raises `StorageError` if a file cannot be read."""
    damaged: list[Line] = []
    progress.begin("reading records")

    def records(kind: str) -> list[Record]:
        found = []
        for line in read_article_lines(folder, kind, identity, progress):
            if line.record is None:
                damaged.append(line)
            elif line.record["id"] == identity:
                found.append(line.record)
        return found

    versions = sorted(records("articles"), key=lambda record: record["revision"])
    return ArticleHistory(identity, versions, records("teasers"), records("removals"), damaged)
