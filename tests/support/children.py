"""Starts child processes of Python, forked from a process that has already imported the project where that is safe.

A new `scrapy …` process spends most of its time on imports; `fork_server.py` forks one without them. With
VOK_TEST_COLD=1 every child is a new process, as on systems where forking is not safe (macOS, Windows).
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent.parent
FORK_SERVER = Path(__file__).resolve().parent / "fork_server.py"
# What a crawl imports. Of `tldextract` only what it needs: it looks for the home folder when it is imported.
OF_A_CRAWL = (
    "vokcrawl.commands.*",
    "vokcrawl.extensions.*",
    "vokcrawl.feeds.*",
    "vokcrawl.log_formatter",
    "vokcrawl.downloader.middlewares.*",
    "vokcrawl.monitors.*",
    "vokcrawl.pipelines",
    "vokcrawl.downloader.rendering.*",
    "vokcrawl.downloader.splash.*",
    "vokcrawl.spiders.*",
    "scrapy.cmdline",
    "scrapy.commands.*",
    *(f"scrapy.core.downloader.handlers.{name}" for name in ("datauri", "file", "ftp", "s3")),
    *(f"scrapy.downloadermiddlewares.{name}" for name in ("defaultheaders", "downloadtimeout", "httpauth")),
    *(f"scrapy.downloadermiddlewares.{name}" for name in ("httpcache", "httpcompression", "httpproxy")),
    *(f"scrapy.downloadermiddlewares.{name}" for name in ("offsite", "stats", "useragent")),
    *(f"scrapy.extensions.{name}" for name in ("closespider", "corestats", "logcount", "logstats")),
    *(f"scrapy.extensions.{name}" for name in ("memdebug", "memusage", "remote_control", "spiderstate")),
    *(f"scrapy.extensions.{name}" for name in ("telnet", "throttle")),
    "scrapy.logformatter",
    "scrapy.pqueues",
    "scrapy.spidermiddlewares.*",
    "scrapy.squeues",
    "requests",
    "requests_file",
    "time_machine",
)
# What the other commands import besides; it is large, and no crawl shall seem to need so much memory.
OF_COMMANDS = (
    *OF_A_CRAWL,
    "vokcrawl.exports.*",
    "vokcrawl.replay.*",
    "vokcrawl.reporting.report.*",
    "vokcrawl.search.*",
)
# What a crawl imports that shares its work by a Redis server.
OF_A_WORKER = (*OF_A_CRAWL, "vokcrawl.distributed.*", "vokcrawl.storage.state.*", "vokcrawl.storage.state.redis.*")


# Makes the terminal the session's own; then becomes the program.
_ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Child:
    """A forked process, with the methods of `subprocess.Popen` that the tests use."""

    def __init__(self, words: Sequence[str], status: int) -> None:
        self.args = words
        self.returncode: int | None = None
        self._status = os.fdopen(status, "rb", buffering=0)
        number = self._status.readline()
        if not number:
            self._status.close()
            raise RuntimeError(f"{FORK_SERVER} has ended; its standard error output says why")
        self.pid = int(number)

    def poll(self) -> int | None:
        """The exit code, or minus the number of the signal that ended it; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and returns the same as `poll`. Raises `subprocess.TimeoutExpired`."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._status.readline()))
            self._status.close()
        return self.returncode


Process = Child | subprocess.Popen[bytes]


def launch(
    words: Sequence[str],
    *,
    env: Mapping[str, str],
    stdout: IO[bytes],
    stderr: IO[bytes],
    imported: Sequence[str] | None = None,
    preload: Path | None = None,
    on_terminal: bool = False,
) -> Process:
    """Starts `python …` in the repository's root, with its output in the two files.

    `imported` are the modules that are imported before the fork, by default those of crawls and commands. If it is
    empty, nothing is imported before. `preload` is a library for LD_PRELOAD. With `on_terminal` the files are a
    terminal, which becomes the process's standard input, and its own: a Ctrl-C that is written to it is a signal.
    """
    if preload is not None and not _may_be_forked(words, env):
        env = {**env, "LD_PRELOAD": str(preload)}
    if imported == () or not _may_be_forked(words, env):
        return subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *words] if on_terminal else words,
            cwd=ROOT,
            env=dict(env),
            stdin=stdout if on_terminal else subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=on_terminal,
        )
    if imported is None:
        imported = OF_A_CRAWL if "crawl" in words else OF_COMMANDS
    job = {
        "words": list(words[1:]),
        "cwd": str(ROOT),
        "env": dict(env),
        "terminal": os.ttyname(stdout.fileno()) if on_terminal else None,
    }
    with tempfile.TemporaryFile() as asked:
        asked.write(json.dumps(job).encode())
        asked.seek(0)
        status, status_end = os.pipe()
        files = [asked.fileno(), stdout.fileno(), stderr.fileno(), status_end]
        socket.send_fds(_forking(tuple(imported), preload), [b"!"], files)
        os.close(status_end)
    return Child(words, status)


def run(
    words: Sequence[str], *, env: Mapping[str, str], timeout: float = 60, preload: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `python …` in the repository's root. Kills it and raises `subprocess.TimeoutExpired` after the time-out."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        with launch(words, env=env, stdout=output, stderr=errors, preload=preload) as process:
            try:
                code = process.wait(timeout)
            finally:
                process.kill()
        texts = []
        for file in (output, errors):
            file.seek(0)
            # As in text mode of `subprocess`.
            texts.append(file.read().decode(errors="backslashreplace").replace("\r\n", "\n").replace("\r", "\n"))
    return subprocess.CompletedProcess(list(words), code, *texts)


def _may_be_forked(words: Sequence[str], env: Mapping[str, str]) -> bool:
    """Whether a forked child would behave like a new process: what the interpreter reads at its start is equal.

    PYTHONPATH may name one more folder, if it has only modules of its own.
    """

    def asked_for(given: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in given.items() if name.startswith(("PYTHON", "LC_", "LANG", "LD_"))}

    folder = env.get("PYTHONPATH")
    if folder is not None and "PYTHONPATH" not in os.environ and _has_only_new_modules(Path(folder)):
        env = {name: value for name, value in env.items() if name != "PYTHONPATH"}

    return (
        sys.platform == "linux"
        and not os.environ.get("VOK_TEST_COLD")
        and words[0] == sys.executable
        and words[1] != "-c"
        and asked_for(env) == asked_for(os.environ)
    )


def _has_only_new_modules(folder: Path) -> bool:
    """Whether nothing in the folder hides a module or is read at the start of Python."""
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {os.pathsep}
    modules = {name.partition(".")[0] for name in names if not name.startswith(".")}
    return (
        not any(name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth", ".zip")) for name in names)
        and not modules & {"sitecustomize", "usercustomize"}
        and not any(each.isidentifier() and _is_module(each) for each in modules)
    )


def _is_module(name: str) -> bool:
    """Whether a module has this name already. Any directory is a namespace package, which nothing here imports."""
    found = importlib.util.find_spec(name)
    return found is not None and found.origin is not None


@functools.cache
def _forking(modules: Sequence[str], preload: Path | None) -> socket.socket:
    """The socket of a fork server that has imported these modules; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        words = [sys.executable, str(FORK_SERVER), str(theirs.fileno()), *modules]
        null = subprocess.DEVNULL
        env = {**os.environ, **({"LD_PRELOAD": str(preload)} if preload is not None else {})}
        process = subprocess.Popen(words, cwd=ROOT, env=env, stdin=null, stdout=null, pass_fds=[theirs.fileno()])

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
