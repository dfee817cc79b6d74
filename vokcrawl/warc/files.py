"""Opens WARC files, also those in a WACZ file, whose paths continue that of the WACZ: `x.wacz/archive/a.warc.gz`."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from typing_extensions import override

from vokcrawl.warc.compression import NotAnArchiveError

WACZ = ".wacz"
# The endings of WARC files, in lower case.
WARC_ENDINGS = (".warc", ".warc.gz", ".warc.zst")
# Only plain names, so that no entry of a WACZ leads to another directory.
_ENTRY = re.compile(r"archive/[^/\\\x00-\x1f]+")
# The part of a ZIP file's local header that has the lengths of what follows it (APPNOTE.TXT, 4.3.7).
_LOCAL_HEADER = struct.Struct("<26xHH")


def is_warc_name(name: str) -> bool:
    """Return whether a file name has one of the endings of WARC files, in any case."""
    return name.lower().endswith(WARC_ENDINGS)


def open_file(path: Path) -> BinaryIO:
    """Open a WARC file for reading. Raises `OSError`, or `NotAnArchiveError` if its WACZ is damaged."""
    try:
        return path.open("rb")
    except NotADirectoryError:
        wacz, entry = _split(path)
        return _open_entry(wacz, entry)


def file_size(path: Path) -> int:
    """Return the size of a WARC file in bytes. Raises `OSError`."""
    with open_file(path) as file:
        return file.seek(0, io.SEEK_END)


def is_file(path: Path) -> bool:
    """Return whether a WARC file exists, in a WACZ or outside."""
    if path.is_file():
        return True
    try:
        open_file(path).close()
    except (OSError, NotAnArchiveError):
        return False
    return True


def warc_files_of(wacz: Path) -> list[Path]:
    """Return the WARC files in a WACZ file, in the order of their names. Raises `NotAnArchiveError` or `OSError`."""
    try:
        with ZipFile(wacz) as archive:
            names = archive.namelist()
    except (BadZipFile, ValueError, NotImplementedError) as fault:
        raise NotAnArchiveError(f"it is not a valid WACZ file: {fault}") from fault
    found = [each for each in names if is_warc_name(each) and _ENTRY.fullmatch(each)]
    if not found:
        raise NotAnArchiveError("it is a ZIP file without WARC files in archive/")
    return [wacz / each for each in sorted(set(found))]


def _split(path: Path) -> tuple[Path, str]:
    """Split the path of a WARC file in a WACZ file. Raises `FileNotFoundError`."""
    for wacz in path.parents:
        if wacz.is_file():
            return wacz, path.relative_to(wacz).as_posix()
    raise FileNotFoundError(2, "No such file or directory", str(path))


def _open_entry(wacz: Path, entry: str) -> BinaryIO:
    try:
        archive = ZipFile(wacz)
    except (BadZipFile, ValueError, NotImplementedError) as fault:
        raise NotAnArchiveError(f"its WACZ file is not valid: {fault}") from fault
    with archive:
        try:
            info = archive.getinfo(entry)
        except KeyError:
            raise FileNotFoundError(2, f"No such file in {wacz.name}", entry) from None
        if info.compress_type == ZIP_STORED:
            return cast("BinaryIO", io.BufferedReader(_Stored(wacz, info)))
        try:
            # It keeps the ZIP file open until it is closed itself. Unusual: a WACZ is to store WARC files as they are.
            return cast("BinaryIO", archive.open(info))
        except (BadZipFile, NotImplementedError, RuntimeError) as fault:
            raise NotAnArchiveError(f"it cannot be read in its WACZ file: {fault}") from fault


class _Stored(io.RawIOBase):
    """An entry that a ZIP file stores without compression. Unlike `ZipFile.open`, it seeks without reading."""

    def __init__(self, wacz: Path, info: ZipInfo) -> None:
        self._file = wacz.open("rb")
        self._file.seek(info.header_offset)
        header = self._file.read(_LOCAL_HEADER.size)
        lengths = _LOCAL_HEADER.unpack(header) if len(header) == _LOCAL_HEADER.size else (0, 0)
        self._start = info.header_offset + _LOCAL_HEADER.size + sum(lengths)
        self._size = info.file_size
        self._position = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    @override
    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        wanted = max(0, min(len(buffer), self._size - self._position))
        self._file.seek(self._start + self._position)
        data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    @override
    def close(self) -> None:
        self._file.close()
        super().close()
