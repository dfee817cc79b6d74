"""`scrapy replay`: extracts records from archives again, into another directory or for comparison."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, complain, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.storage.output_folder import ARCHIVE, DATA_KINDS, OutputFolder
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.temp_directory import temporary_directory

# Imported late, because Scrapy imports all commands to run one.
if TYPE_CHECKING:
    from vokcrawl.replay.sources import Captures
    from vokcrawl.replay.work import Done, Replay

# Maximum number of faults to print.
_MAX_PRINTED = 20
# Maximum number of faults to list in JSON.
_MAX_LISTED = 100
_MAX_WORKERS = 256
# Where to find more of them.
_WHERE_MORE = {
    "to": "the manifests list more of them",
    "diff": f"--json lists up to {_MAX_LISTED}",
}


class Command(FolderCommand):
    """Takes archive files, directories of them, or run ids; the default is all archives of the output directory."""

    takes_arguments = True

    @override
    def syntax(self) -> str:
        return "[options] [archive file, directory or run id] …"

    @override
    def short_desc(self) -> str:
        return "Extract records from archives again"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--to", metavar="DIR", help="output directory, which must be new or empty")
        parser.add_argument("--diff", action="store_true", help="compare with the delivered records")
        parser.add_argument("--json", action="store_true", help="with --diff: print machine-readable JSON")
        parser.add_argument("--workers", metavar="N", help="number of processes (default: one per core)")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.replay.work import Replay  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if opts.to == "":
            raise UsageError("--to: must not be empty; give a directory")
        if bool(opts.to) == opts.diff:
            raise UsageError("give either --to DIR or --diff")
        if opts.json and not opts.diff:
            raise UsageError("--json needs --diff")
        printer = _FaultPrinter()
        replay = Replay(self.options, self.settings, _workers(opts.workers), printer.fault, self.progress)
        try:
            if opts.diff:
                done = self._diff(replay, args, printer if opts.json else None)
            else:
                done = self._rewrite(replay, args, Path(opts.to))
        except KeyboardInterrupt:
            incomplete = f"; {opts.to} is incomplete" if opts.to else ""
            complain("replay", f"interrupted{incomplete}")
            return ExitCode.INTERRUPTED
        printer.end(_WHERE_MORE["diff" if opts.diff else "to"])
        if done.below_minimum_coverage:
            complain("replay", f"below VOK_MIN_COVERAGE: {', '.join(done.below_minimum_coverage)}")
        return done.exit_code

    def _captures(self, replay: Replay, args: Sequence[str]) -> list[Captures]:
        from vokcrawl.replay.sources import find_sources  # noqa: PLC0415

        return find_sources(args, self.folder, replay.longest, replay.fault)

    def _rewrite(self, replay: Replay, args: Sequence[str], path: Path) -> Done:
        from vokcrawl.replay.sources import refuse_namesakes  # noqa: PLC0415

        folder = self._fresh(path)
        captures = self._captures(replay, args)
        refuse_namesakes(captures)
        done = replay.into(folder, captures)
        delivered = ", ".join(f"{number} {kind}" for kind, number in sorted(done.counts.items())) or "no records"
        say(f"{folder.path}: {pluralize(done.runs, 'run')}, {pluralize(done.answers, 'response')} read, {delivered}")
        if done.passed_over:
            others = ", ".join(f"{name} ({number})" for name, number in done.passed_over.most_common(5))
            say(f"Skipped, because they are not responses of the site: {others}")
        _say_unread(done)
        return done

    def _diff(self, replay: Replay, args: Sequence[str], as_json: _FaultPrinter | None) -> Done:
        from vokcrawl.replay.comparison import SCHEMA, compare  # noqa: PLC0415
        from vokcrawl.replay.sources import refuse_namesakes  # noqa: PLC0415

        delivered = self.existing_folder()
        captures = self._captures(replay, args)
        compared: set[str] | None = None
        runs = {each.run_id for each in captures if each.run_id is not None}
        archive = (delivered.path / ARCHIVE).resolve()
        if args and all(source.path.parent.resolve() == archive for each in captures for source in each.sources):
            # What is new in a run depends on all runs before it.
            compared, captures = runs, self._captures(replay, ())
        refuse_namesakes(captures)
        with temporary_directory("vokcrawl-replay-") as place:
            folder = OutputFolder(place)
            done = replay.into(folder, captures)
            kinds = compare(delivered, folder, {each.run_id for each in captures if each.run_id is not None}, compared)
        if as_json is not None:
            result = {
                "schema": SCHEMA,
                "output_dir": str(delivered.path),
                "runs": done.runs,
                "answers": done.answers,
                "faults": done.faults,
                "faults_listed": as_json.listed,
                "unread_articles": dict(sorted(done.unread.items())),
                "kinds": {kind: changes.to_dict() for kind, changes in kinds.items()},
            }
            say(json.dumps(result, ensure_ascii=False, indent=2))
            return done
        say(f"{delivered.path}: {pluralize(done.runs, 'run')}, {pluralize(done.answers, 'response')} read again")
        for kind, changes in kinds.items():
            for line in changes.words(kind):
                say(line)
        _say_unread(done)
        return done

    def _fresh(self, path: Path) -> OutputFolder:
        """Return the output directory. Raises `UsageError` unless it is new or empty, and separate from the crawl's."""
        self._refuse_crawl(path)
        if path.exists() and any(path.iterdir()):
            raise UsageError(f"--to: {path} is not empty; give a new or empty directory")
        return OutputFolder(path)

    def _refuse_crawl(self, path: Path) -> None:
        resolved, output = path.resolve(), self.folder.path.resolve()
        inside = any(resolved.is_relative_to(output / kind) for kind in (*DATA_KINDS, ARCHIVE, "runs"))
        if resolved == output or inside:
            raise UsageError(f"--to: {path} contains the files of the crawl; give another directory")
        if path.exists() and not path.is_dir():
            raise UsageError(f"--to: {path} is a file; give a directory")
        folder = OutputFolder(path)
        if path.exists() and (folder.state.exists() or folder.holds_records()):
            raise UsageError(f"--to: {path} contains a crawl or an earlier replay; give another directory")


def _say_unread(done: Done) -> None:
    """Print how many articles no response gave a record of, and why."""
    if done.unread:
        reasons = ", ".join(f"{reason} ({number})" for reason, number in done.unread.most_common())
        say(f"Without a record: {pluralize(done.unread.total(), 'article')}: {reasons}; the manifests name them")


def _workers(given: str | None) -> int:
    if given is None:
        # Not available on all systems.
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(usable, _MAX_WORKERS)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MAX_WORKERS):
        raise UsageError(f"--workers: {given!r} is not a whole number from 1 to {_MAX_WORKERS}")
    return int(given)


class _FaultPrinter:
    """Prints faults to standard error, up to a maximum number."""

    def __init__(self) -> None:
        self._faults = 0
        self.listed: list[str] = []

    def fault(self, path: Path, text: str) -> None:
        self._faults += 1
        if self._faults <= _MAX_PRINTED:
            complain("replay", f"{path}: {text}")
        if self._faults <= _MAX_LISTED:
            self.listed.append(f"{path}: {text}")

    def end(self, where: str) -> None:
        """Print how many more there were, and where to find them."""
        if self._faults > _MAX_PRINTED:
            complain("replay", f"and {self._faults - _MAX_PRINTED} more faults; {where}")
