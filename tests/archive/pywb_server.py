"""A real pywb that replays archives on the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

FOLDER = Path(os.environ.get("VOK_TEST_PYWB") or Path(__file__).resolve().parent.parent.parent / ".pywb")
MISSING = f"no pywb in {FOLDER}; `tests/archive/install_pywb.sh` installs one"
START_SECONDS = 60


class Pywb:
    """A collection of archives, and where it is served. `log` has what pywb said of them."""

    def __init__(self, url: str, index: list[str], log: str) -> None:
        self.url = url
        self.index = index
        self.log = log

    def replayed(self, date: str, url: str) -> tuple[int, bytes]:
        """Status and body of what was archived of an address at a moment (a WARC-Date), or next to it, as it was."""
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
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    log = folder / "pywb.log"
    with log.open("wb") as out:
        command = [str(FOLDER / "bin" / "wayback"), "--bind", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, log)
            yield Pywb(url, index, said)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            with urlopen(url, timeout=5):  # noqa: S310  our own server
                return
        except (URLError, OSError):
            time.sleep(0.1)
