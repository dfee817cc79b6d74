"""`scrapy replay`: reads archived pages again into a folder of their own, or tells what would change."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from typing_extensions import override

from vokcrawl.cli import FolderCommand, say
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.storage.output_folder import ARCHIVE, DATA_KINDS, OutputFolder
from vokcrawl.utils.humanize import pluralize
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.terminal import harmless

# Scrapy imports all commands to run one: others need not pay for what reads archives.
if TYPE_CHECKING:
    from vokcrawl.replay.sources import Captures
    from vokcrawl.replay.work import Done, Replay

# So many faults are told; more are counted.
_MOST = 20
# So many are listed in what --json gives.
_MOST_LISTED = 100
_MOST_WORKERS = 256
# Where more of them can be read, by what was asked for.
_WHERE_MORE = {
    "to": "the manifests name more of them",
    "diff": f"--json lists up to {_MOST_LISTED}",
}


class Command(FolderCommand):
    """Takes archive files, folders of such, or run ids; all archives of the output folder where none is given."""

    @override
    def syntax(self) -> str:
        return "[options] [archive file, folder or run id] …"

    @override
    def short_desc(self) -> str:
        return "Read archived pages again, into a folder of their own"

    @override
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--to", metavar="DIR", help="write what is read to this folder, which must be new or empty")
        parser.add_argument("--diff", action="store_true", help="tell what would change in what was delivered")
        parser.add_argument("--json", action="store_true", help="with --diff: tell it as JSON, for programs")
        parser.add_argument("--workers", metavar="N", help="processes that read pages (default: one for each core)")

    @override
    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        from vokcrawl.replay.work import Replay  # noqa: PLC0415

        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if opts.to == "":
            raise UsageError("--to: must not be empty; name a folder")
        if bool(opts.to) == opts.diff:
            raise UsageError("give either --to DIR or --diff")
        if opts.json and not opts.diff:
            raise UsageError("--json goes with --diff alone")
        told = _Told()
        replay = Replay(self.options, self.settings, _workers(opts.workers), told.fault)
        try:
            if opts.diff:
                done = self._diff(replay, args, told if opts.json else None)
            else:
                done = self._rewrite(replay, args, Path(opts.to))
        except KeyboardInterrupt:
            incomplete = f"; {opts.to} is incomplete" if opts.to else ""
            sys.stderr.write(f"{PROGRAM} replay: interrupted{incomplete}\n")
            return ExitCode.INTERRUPTED
        told.end(_WHERE_MORE["diff" if opts.diff else "to"])
        if done.below_minimum_coverage:
            sys.stderr.write(
                f"{PROGRAM} replay: under the floor of VOK_MIN_COVERAGE: {', '.join(done.below_minimum_coverage)}\n"
            )
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
        say(f"{folder.path}: {pluralize(done.runs, 'run')}, {pluralize(done.answers, 'answer')} read, {delivered}")
        if done.passed_over:
            others = ", ".join(f"{name} ({number})" for name, number in done.passed_over.most_common(5))
            say(f"Passed over, for they are no answers of the site: {others}")
        return done

    def _diff(self, replay: Replay, args: Sequence[str], as_json: _Told | None) -> Done:
        from vokcrawl.replay.comparison import SCHEMA, compare  # noqa: PLC0415
        from vokcrawl.replay.sources import refuse_namesakes  # noqa: PLC0415

        delivered = self.existing_folder()
        captures = self._captures(replay, args)
        told: set[str] | None = None
        runs = {each.run_id for each in captures if each.run_id is not None}
        archive = (delivered.path / ARCHIVE).resolve()
        if args and all(source.path.parent.resolve() == archive for each in captures for source in each.sources):
            # What of a run is new is told by all that came before it.
            told, captures = runs, self._captures(replay, ())
        refuse_namesakes(captures)
        with TemporaryDirectory(prefix="vokcrawl-replay-") as place:
            folder = OutputFolder(place)
            done = replay.into(folder, captures)
            kinds = compare(delivered, folder, {each.run_id for each in captures if each.run_id is not None}, told)
        if as_json is not None:
            result = {
                "schema": SCHEMA,
                "output_dir": str(delivered.path),
                "runs": done.runs,
                "answers": done.answers,
                "faults": done.faults,
                "faults_listed": as_json.listed,
                "kinds": {kind: changes.to_dict() for kind, changes in kinds.items()},
            }
            say(json.dumps(result, ensure_ascii=False, indent=2))
            return done
        say(f"{delivered.path}: {pluralize(done.runs, 'run')}, {pluralize(done.answers, 'answer')} read again")
        for kind, changes in kinds.items():
            for line in changes.words(kind):
                say(line)
        return done

    def _fresh(self, path: Path) -> OutputFolder:
        """The folder to write to. Raises `UsageError` unless it is new or empty, and apart from what is replayed."""
        self._refuse_crawl(path)
        if path.exists() and any(path.iterdir()):
            raise UsageError(f"--to: {path} is not empty; name a folder that is new or empty")
        return OutputFolder(path)

    def _refuse_crawl(self, path: Path) -> None:
        resolved, output = path.resolve(), self.folder.path.resolve()
        inside = any(resolved.is_relative_to(output / kind) for kind in (*DATA_KINDS, ARCHIVE, "runs"))
        if resolved == output or inside:
            raise UsageError(f"--to: {path} is where the crawl's own files lie; name a folder of its own")
        if path.exists() and not path.is_dir():
            raise UsageError(f"--to: {path} is a file; name a folder")
        folder = OutputFolder(path)
        if path.exists() and (folder.state.exists() or folder.holds_records()):
            raise UsageError(f"--to: {path} holds a crawl, or an earlier replay; name a folder of its own")


def _workers(given: str | None) -> int:
    if given is None:
        # Not all systems tell which cores this process may use.
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(usable, _MOST_WORKERS)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MOST_WORKERS):
        raise UsageError(f"--workers: {given!r} is not a whole number from 1 to {_MOST_WORKERS}")
    return int(given)


class _Told:
    """Tells faults on the standard error output, up to a number of them."""

    def __init__(self) -> None:
        self._faults = 0
        self.listed: list[str] = []

    def fault(self, path: Path, text: str) -> None:
        self._faults += 1
        if self._faults <= _MOST:
            sys.stderr.write(harmless(f"{PROGRAM} replay: {path}: {text}") + "\n")
        if self._faults <= _MOST_LISTED:
            self.listed.append(f"{path}: {text}")

    def end(self, where: str) -> None:
        """Says how many more there were, and where they can be read."""
        if self._faults > _MOST:
            sys.stderr.write(f"{PROGRAM} replay: and {self._faults - _MOST} more faults; {where}\n")
