"""`scrapy diff ID`: shows the changes between the delivered revisions of an article."""

from __future__ import annotations

import argparse
from itertools import pairwise

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.normalize import article_id
from vokcrawl.reporting.article_history import history_of
from vokcrawl.reporting.revision_diff import difference
from vokcrawl.utils.program import PROGRAM


class Command(FolderCommand):
    """Takes an article's id or URL."""

    takes_arguments = True

    @override
    def syntax(self) -> str:
        return "[options] <id or URL of an article>"

    @override
    def short_desc(self) -> str:
        return "Show the changes between the revisions of an article"

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        if len(args) != 1:
            raise UsageError(f"name one article by its id or URL: `{PROGRAM} diff 1733788800-123456789`")
        history = history_of(self.existing_folder(), article_id(args[0]) or args[0], self.progress)
        versions = history.versions
        for line in history.damaged:
            complain("diff", f"{line}; skipped")
        if not versions:
            raise UsageError(f"{args[0]!r}: no article with this id in {self.folder.path}")
        for old, new in pairwise(versions):
            say(difference(old, new) or f"revision {new['revision']} has the same text as revision {old['revision']}")
        if len(versions) == 1:
            say(f"{history.id}: only one revision, fetched at {versions[0]['fetched_at']}")
        return ExitCode.INCOMPLETE if history.damaged else ExitCode.OK
