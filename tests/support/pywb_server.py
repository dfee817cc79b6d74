"""A real pywb that replays archives on the loopback interface."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tests.support.children import ROOT
from tests.support.servers import free_port, serving

FOLDER = Path(os.environ.get("VOK_TEST_PYWB") or ROOT / ".pywb")
MISSING = f"no pywb in {FOLDER}; `tests/support/install/pywb.sh` installs one"


class Pywb:
    """A collection of archives and the URL that serves it. `log` is the output of pywb."""

    def __init__(self, url: str, index: list[str], log: str) -> None:
        self.url = url
        self.index = index
        self.log = log

    def replayed(self, date: str, url: str) -> tuple[int, bytes]:
        """Status and body of the capture of a URL that is next to a time (a WARC-Date), unchanged."""
        stamp = "".join(each for each in date if each.isdigit())[:14]
        with urlopen(Request(f"{self.url}/vok/{stamp}id_/{url}"), timeout=30) as answer:  # noqa: S310  our own server
            return int(answer.status), answer.read()


@contextmanager
def replaying(archives: list[Path], folder: Path) -> Iterator[Pywb]:
    """Adds the archives to a new collection in `folder`, and serves it."""
    folder.mkdir()
    said = ""
    for command in (["init", "vok"], ["add", "vok", *map(str, archives)]):
        done = subprocess.run(
            [FOLDER / "bin" / "wb-manager", *command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said += done.stdout + done.stderr
        assert done.returncode == 0, said
    index = (folder / "collections" / "vok" / "indexes" / "index.cdxj").read_text(encoding="utf-8").splitlines()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [FOLDER / "bin" / "wayback", "--bind", "127.0.0.1", "--port", str(port)]
    with serving(command, url, folder / "pywb.log", cwd=folder):
        yield Pywb(url, index, said)
