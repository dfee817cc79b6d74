"""The archive files to be replayed, sorted into the runs that captured them, oldest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vokcrawl.config import Arguments
from vokcrawl.config.values import parse_urls, read_value
from vokcrawl.errors import ExitCode, StorageError, UsageError
from vokcrawl.normalize import parse_utc, utc
from vokcrawl.policy.outcome import CRASHED, WORDS
from vokcrawl.policy.pagination import StopReason
from vokcrawl.replay.checks import check_manifest
from vokcrawl.storage.manifest import Manifest, read_manifest
from vokcrawl.storage.output_folder import ARCHIVE, RUN_ID, OutputFolder, began_at, run_order
from vokcrawl.warc.compression import NotAnArchiveError
from vokcrawl.warc.reader import CapturedRecord, read_archive

# The names that runs give to the files of their archives (docs/archive.md).
_OURS = re.compile(r"(\d{8}T\d{6}Z(?:-\d+)?)(?:\.(\d{5}))?\.warc\.gz", re.ASCII)
_SUFFIXES = (".warc", ".warc.gz", ".warc.zst")

TellFault = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Head:
    """An archive file's name, its size in bytes, and the time of its first record (``YYYY-MM-DDTHH:MM:SSZ``).

    `manifest` is that of the run that wrote it, if there is one.
    """

    name: str
    size: int
    began: str
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An archive file and what is known of it."""

    path: Path
    head: Head

    @property
    def run_id(self) -> str | None:
        """The run that wrote it; None for an archive of others."""
        name = _OURS.fullmatch(Path(self.head.name).name)
        return name[1] if name is not None and began_at(name[1]) is not None else None

    @property
    def number(self) -> int:
        """Its place among the files of its run, from 1."""
        name = _OURS.fullmatch(Path(self.head.name).name)
        return int(name[2] or 1) if name is not None else 1


@dataclass
class Captures:
    """What one run captured. `run_id` is None for archives of others."""

    started: datetime
    sources: list[Source]
    run_id: str | None = None
    manifest: Manifest | None = None

    @property
    def arguments(self) -> Arguments:
        """What bounded the run: what it passed over is passed over again."""
        given = self.manifest.arguments if self.manifest else {}
        return Arguments.read({name: given[name] for name in ("since", "until") if name in given})

    @property
    def starts(self) -> list[str]:
        """The start pages that the run was given otherwise than by this project's settings."""
        if self.manifest is None:
            return []
        argument, settings = self.manifest.arguments.get("start_url"), self.manifest.settings.get("VOK_START_URLS")
        starts = read_value("VOK_START_URLS", parse_urls, settings) if settings else ()
        return [str(url) for url in (argument, *starts) if url]

    @property
    def on_incomplete(self) -> bool:
        """Whether the run ended before its walks did: then nothing was given of what waited for their end."""
        if self.manifest is None:
            return False
        if self.manifest.outcome in (CRASHED, WORDS[ExitCode.INTERRUPTED]):
            return True
        return any(each.stop_reason == StopReason.INTERRUPTED for each in self.manifest.listings)


def find_sources(given: Sequence[str], folder: OutputFolder, longest: int, fault: TellFault) -> list[Captures]:
    """The captures that are meant by paths and run ids; all archives of the output folder where none is given.

    What cannot be read is told to `fault`, and the rest is given. Raises `UsageError` where there is nothing at all.
    """
    archive = folder.path / ARCHIVE
    paths: dict[Path, Path] = {}
    for each in given or (str(archive),):
        found = _files(each, archive)
        if not found and given:
            nothing = f"no archive: neither a file, nor a run's id that has one in {archive}"
            fault(Path(each), "this folder holds no WARC file" if Path(each).is_dir() else nothing)
        paths |= {path.resolve(): path for path in found if path.resolve() not in paths}
    ours: dict[str, Captures] = {}
    others: list[Captures] = []
    for path in paths.values():
        source = _source(path, longest, fault)
        if source is None:
            continue
        run_id, manifest = source.run_id, source.head.manifest
        if run_id is None:
            others.append(Captures(parse_utc(source.head.began), [source], None, manifest))
        elif run_id in ours:
            ours[run_id].sources.append(source)
        else:
            ours[run_id] = Captures(began_at(run_id) or parse_utc(source.head.began), [source], run_id, manifest)
    for captures in ours.values():
        captures.sources.sort(key=lambda source: source.number)
    if not ours and not others:
        raise UsageError(f"{', '.join(given) or archive}: there is no archive that could be read")
    return sorted([*ours.values(), *others], key=_order)


def refuse_namesakes(found: Sequence[Captures]) -> None:
    """Raises `UsageError` where two files are the same one of a run: of two crawls that began in the same second.

    Their records would name one run, and one file of an archive, for both.
    """
    for captures in found:
        known: dict[int, Source] = {}
        for source in captures.sources:
            if (other := known.setdefault(source.number, source)) is not source:
                raise UsageError(
                    f"{other.path} and {source.path} are both called {Path(source.head.name).name}: "
                    "of two crawls, or copies; replay those of each folder alone"
                )


def _order(captures: Captures) -> tuple[datetime, int, str]:
    number = run_order(captures.run_id)[1] if captures.run_id else 0
    return captures.started, number, captures.sources[0].head.name


def _files(given: str, archive: Path) -> list[Path]:
    path = Path(given)
    if path.is_dir():
        return sorted(each for each in path.iterdir() if each.name.endswith(_SUFFIXES))
    if path.exists():
        return [path]
    if RUN_ID.fullmatch(given):
        named = ((each, _OURS.fullmatch(each.name)) for each in archive.glob(f"{given}*"))
        return sorted(each for each, name in named if name is not None and name[1] == given)
    return []


def _source(path: Path, longest: int, fault: TellFault) -> Source | None:
    """A file to be read; None, and a fault told, for one that is no archive, or that holds no record."""
    try:
        for record in read_archive(path, longest):
            if isinstance(record, CapturedRecord):
                name = f"{ARCHIVE}/{path.name}" if path.parent.name == ARCHIVE else path.name
                head = Head(name, path.stat().st_size, utc(record.at), _manifest(path))
                return Source(path, head)
        fault(path, "it is no WARC file: no record could be read in it")
    except NotAnArchiveError as reason:
        fault(path, str(reason))
    except StorageError as failure:
        fault(path, str(failure).removeprefix(f"{path}: "))
    return None


def _manifest(path: Path) -> Manifest | None:
    """The manifest of the run that wrote an archive file, where that lies in the folder of the run's output."""
    name = _OURS.fullmatch(path.name)
    if name is None or path.parent.name != ARCHIVE:
        return None
    beside = path.parent.parent / "runs" / f"{name[1]}.json"
    try:
        if not beside.exists():
            return None
        manifest, _ = read_manifest(beside)
        check_manifest(manifest)
    except (StorageError, ValueError):
        return None
    return manifest
