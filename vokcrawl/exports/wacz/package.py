"""The ZIP file of a WACZ: its entries, and the digests of all of them (`datapackage.json`)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from vokcrawl import __version__

WACZ_VERSION = "1.1.1"
_DATAPACKAGE, _DIGEST = "datapackage.json", "datapackage-digest.json"
_CHUNK = 1 << 20
# The same archive gives the same bytes, so entries have no time of their own: the first one that ZIP knows.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16

Signer = Callable[[str], dict[str, str]]


class _Hashing:
    """A file that counts and hashes what is written to it."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.sha256.update(data)
        self._file.write(data)
        return len(data)


class Package:
    """Writes a WACZ file entry by entry. Entries are hashed while they are written."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w")
        self._resources: list[dict[str, Any]] = []

    def add_file(
        self, path: Path, name: str, advance: Callable[[int], None] = lambda size: None, **properties: str
    ) -> None:
        """Copy a file as it is, without compression, so that readers find records at their offsets.

        `advance` is called with numbers of bytes copied. `properties` are those of the resource in `datapackage.json`
        in addition to name, path, digest and length.
        """
        size = path.stat().st_size
        with path.open("rb") as source, self.entry(name, ZIP_STORED, size) as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                advance(len(chunk))
        self._resources[-1] |= properties

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """Write lines."""
        with self.entry(name, ZIP_DEFLATED) as target:
            for line in lines:
                target.write(line)

    @contextmanager
    def entry(self, name: str, compression: int, size: int = 0) -> Iterator[BinaryIO]:
        """Open an entry for writing.

        Only one of more than 2 GiB (`size` in bytes) gets the ZIP64 form, which replayweb.page misreads.
        """
        info = _info(name, compression)
        info.file_size = size
        with self._zip.open(info, "w") as file:
            hashing = _Hashing(file)
            yield hashing  # type: ignore[misc]  # it is only written to
        self._resources.append(
            {
                "name": name.rpartition("/")[2].lower(),
                "path": name,
                "hash": f"sha256:{hashing.sha256.hexdigest()}",
                "bytes": hashing.size,
            }
        )

    def finish(self, properties: dict[str, str], sign: Signer | None) -> None:
        """Write `datapackage.json` and its digest, signed by `sign` if given, and close the file."""
        package = {
            "profile": "data-package",
            "resources": self._resources,
            "wacz_version": WACZ_VERSION,
            "software": f"vokcrawl/{__version__}",
            **properties,
        }
        content = orjson.dumps(package, option=orjson.OPT_INDENT_2)
        digest: dict[str, Any] = {"path": _DATAPACKAGE, "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        if sign is not None:
            digest["signedData"] = sign(digest["hash"])
        self._zip.writestr(_info(_DATAPACKAGE, ZIP_DEFLATED), content)
        self._zip.writestr(_info(_DIGEST, ZIP_DEFLATED), orjson.dumps(digest, option=orjson.OPT_INDENT_2))
        self._zip.close()

    def abandon(self) -> None:
        """Close the file as it is, after a failure. Never raises."""
        try:
            if self._zip.fp is not None:
                self._zip.fp.close()
        except OSError:
            pass
        self._zip.fp = None


def _info(name: str, compression: int) -> ZipInfo:
    info = ZipInfo(name, _NO_TIME)
    info.compress_type = compression
    info.external_attr = _MODE
    # Otherwise it differs between operating systems.
    info.create_system = 3
    return info
