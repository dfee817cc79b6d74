"""The archive files to replay, grouped by the runs that captured them, oldest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
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
from vokcrawl.storage.manifest import Manifest, parse_manifest
from vokcrawl.storage.output_folder import ARCHIVE, RUN_ID, OutputFolder, began_at, run_order, translate_os_errors
from vokcrawl.warc.compression import NotAnArchiveError
from vokcrawl.warc.files import WACZ, WARC_ENDINGS, file_size, is_warc_name, open_file, warc_files_of
from vokcrawl.warc.reader import Flaw, read_archive

# The names that runs give to the files of their archives (docs/archive.md).
_OURS = re.compile(r"(\d{8}T\d{6}Z(?:-\d+)?)(?:\.(\d{5}))?\.warc\.gz", re.ASCII)
# Files that are not read, but named if a directory contains them: Heritrix is still writing those, or has crashed.
_OPEN = tuple(f"{ending}.open" for ending in WARC_ENDINGS)
_ARC_ENDINGS = (".arc", ".arc.gz")
# Where browsertrix keeps the WARC files of its collections, below the directory that it was given.
_COLLECTIONS = ("collections/*/archive", "crawls/collections/*/archive")

FaultHandler = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Head:
    """Name and size in bytes of an archive file, and the time of its first record (``YYYY-MM-DDTHH:MM:SSZ``).

    `manifest` is that of the run that wrote it, if there is one.
    """

    name: str
    size: int
    began: str
    manifest: Manifest | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """An archive file and what is known of it.

    `group` is the directory or WACZ file in which it was found; None if the file itself was named.
    """

    path: Path
    head: Head
    group: Path | None = None

    @property
    def run_id(self) -> str | None:
        """The run that wrote it; None for an archive of another program."""
        name = _OURS.fullmatch(Path(self.head.name).name)
        return name[1] if name is not None and began_at(name[1]) is not None else None

    @property
    def number(self) -> int:
        """Its number among the files of its run, from 1."""
        name = _OURS.fullmatch(Path(self.head.name).name)
        return int(name[2] or 1) if name is not None else 1


@dataclass
class Captures:
    """The captures of one run. `run_id` is None for archives of other programs."""

    started: datetime
    sources: list[Source]
    run_id: str | None = None
    manifest: Manifest | None = None

    @property
    def arguments(self) -> Arguments:
        """The date limits of the run, which its replay observes."""
        given = self.manifest.arguments if self.manifest else {}
        return Arguments.read({name: given[name] for name in ("since", "until") if name in given})

    @property
    def starts(self) -> list[str]:
        """The start pages in the manifest of the run."""
        if self.manifest is None:
            return []
        argument, settings = self.manifest.arguments.get("start_url"), self.manifest.settings.get("VOK_START_URLS")
        starts = read_value("VOK_START_URLS", parse_urls, settings) if settings else ()
        return [str(url) for url in (argument, *starts) if url]

    @property
    def is_incomplete(self) -> bool:
        """Whether the run ended before its listing crawls did, so that no deferred teaser was delivered."""
        if self.manifest is None:
            return False
        if self.manifest.outcome in (CRASHED, WORDS[ExitCode.INTERRUPTED]):
            return True
        return any(each.stop_reason == StopReason.INTERRUPTED for each in self.manifest.listings)


def find_sources(given: Sequence[str], folder: OutputFolder, longest: int, fault: FaultHandler) -> list[Captures]:
    """Return the captures named by paths and run ids; without any, those of all archives in the output directory.

    `fault` is called with what is not an archive. Raises `UsageError` if there is no archive at all.
    """
    sources: dict[Path, Source | None] = {}
    archive = folder.path / ARCHIVE
    for each in given or (str(archive),):
        found = False
        for path, group in _files(each, archive, fault):
            found = True
            resolved = path.resolve()
            if resolved not in sources:
                sources[resolved] = _source(resolved, group, longest, fault)
        if not found and given and not Path(each).exists():
            fault(Path(each), f"no archive: neither a file, nor the id of a run that has one in {archive}")
    ours: dict[str, Captures] = {}
    others: list[Captures] = []
    for source in sources.values():
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
    """Raise `UsageError` if two files have the same name of a run, because two crawls began in the same second.

    Their records would name one run, and one archive file, for both.
    """
    for captures in found:
        known: dict[int, Source] = {}
        for source in captures.sources:
            if (other := known.setdefault(source.number, source)) is not source:
                raise UsageError(
                    f"{other.path} and {source.path} are both called {Path(source.head.name).name}: "
                    "from two crawls, or copies; replay each directory on its own"
                )


def _order(captures: Captures) -> tuple[datetime, int, str]:
    number = run_order(captures.run_id)[1] if captures.run_id else 0
    return captures.started, number, captures.sources[0].head.name


def _files(given: str, archive: Path, fault: FaultHandler) -> Iterator[tuple[Path, Path | None]]:
    """Yield the WARC files of a path or run id, each with the directory or WACZ in which it was found."""
    path = Path(given)
    if path.is_dir():
        found = list(_files_in(path))
        if not found and path != archive:
            fault(path, "this directory contains no WARC or WACZ file")
        for each in found:
            yield from _warc_files(each, path, fault)
    elif path.exists():
        yield from _warc_files(path, None, fault)
    elif RUN_ID.fullmatch(given):
        named = ((each, _OURS.fullmatch(each.name)) for each in archive.glob(f"{given}*"))
        yield from sorted((each, archive) for each, name in named if name is not None and name[1] == given)


def _warc_files(path: Path, group: Path | None, fault: FaultHandler) -> Iterator[tuple[Path, Path | None]]:
    """Yield a WARC file, or those in a WACZ file."""
    name = path.name.lower()
    if not name.endswith(WACZ):
        if group is not None and name.endswith(_OPEN):
            fault(path, "Heritrix is still writing this file, or has crashed; name the file itself to read it")
            return
        yield path, group
        return
    try:
        yield from ((each, path) for each in warc_files_of(path))
    except (NotAnArchiveError, OSError) as reason:
        fault(path, getattr(reason, "strerror", None) or str(reason))


def _files_in(directory: Path) -> Iterator[Path]:
    """Yield the archives in a directory, or below it where this project and browsertrix keep them."""
    patterns = (*_COLLECTIONS, f"*/{ARCHIVE}") if directory.name == "collections" else _COLLECTIONS
    archives = [*directory.glob(ARCHIVE), *(each for pattern in patterns for each in directory.glob(pattern))]
    below = [path for each in sorted(archives) if each.is_dir() for path in sorted(each.iterdir()) if _is_archive(path)]
    # browsertrix packs a collection into a WACZ file of the same name, next to the files themselves.
    packed = {f"{each.parent.name}{WACZ}" for each in archives} if below else set()
    yield from (path for path in sorted(directory.iterdir()) if _is_archive(path) and path.name not in packed)
    yield from below


def _is_archive(path: Path) -> bool:
    name = path.name.lower()
    return (is_warc_name(name) or name.endswith((WACZ, *_ARC_ENDINGS, *_OPEN))) and path.is_file()


def _source(path: Path, group: Path | None, longest: int, fault: FaultHandler) -> Source | None:
    """Return a file to be read; None, after a call of `fault`, for one that is not a WARC file."""
    try:
        flaw = None
        for record in read_archive(path, longest):
            if isinstance(record, Flaw):
                flaw = flaw or record
                continue
            return Source(path, _head(path, record.at), group)
        if flaw is not None and flaw.at is not None:
            # The manifest of its run names the faults.
            return Source(path, _head(path, flaw.at), group)
        fault(path, "no record could be read in it" + (f"; at {flaw.place.offset}: {flaw.text}" if flaw else ""))
    except NotAnArchiveError as reason:
        fault(path, str(reason))
    except StorageError as failure:
        fault(path, str(failure).removeprefix(f"{path}: "))
    return None


def _head(path: Path, began: datetime) -> Head:
    name = f"{ARCHIVE}/{path.name}" if path.parent.name == ARCHIVE else path.name
    with translate_os_errors(path):
        return Head(name, file_size(path), utc(began), _manifest(path))


def _manifest(path: Path) -> Manifest | None:
    """Return the manifest of the run that wrote an archive file, if it is next to the file, also in a WACZ."""
    name = _OURS.fullmatch(path.name)
    if name is None or path.parent.name != ARCHIVE:
        return None
    beside = path.parent.parent / "runs" / f"{name[1]}.json"
    try:
        with open_file(beside) as file:
            manifest = parse_manifest(file.read())
        check_manifest(manifest)
    except (OSError, ValueError):
        return None
    return manifest
