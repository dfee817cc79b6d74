"""`python fork_server.py SOCKET MODULE…`: forks a process for each command line that it receives on a Unix socket.

The server imports the modules once and builds what they build on first use, because both take most of the time of a
short crawl. A forked process has its own memory, files, threads and signals, like a new one. The server creates no
reactor, no event loop and no thread and reads no settings, so each child creates its own.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import inspect
import json
import os
import pkgutil
import posix
import runpy
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent


class Child(NamedTuple):
    """A running child and the pipe that expects its wait status."""

    pid: int
    status_pipe: int


def import_all(names: Sequence[str]) -> None:
    """Imports modules; `a.package.*` stands for a package and all its modules."""
    for name in names:
        module = importlib.import_module(name.removesuffix(".*"))
        for found in pkgutil.iter_modules(module.__path__, f"{module.__name__}.") if name.endswith(".*") else ():
            importlib.import_module(found.name)


def build_lazy_parts() -> None:
    """Builds what the imported modules build on first use and keep: models, the built-in profile, its expressions."""
    if (pydantic := sys.modules.get("pydantic")) is not None:
        _build_models(pydantic.BaseModel)
    if (profile_files := sys.modules.get("vokcrawl.pages.profile.files")) is not None:
        profile = profile_files.built_in_profile()
        for part in (profile, *vars(profile).values()):
            for name, _ in inspect.getmembers(type(part), lambda each: isinstance(each, functools.cached_property)):
                getattr(part, name)


def _build_models(parent: type) -> None:
    for model in parent.__subclasses__():
        if model.__module__.startswith("vokcrawl.") and not model.__pydantic_complete__:
            model.model_rebuild()
        _build_models(model)


def serve(requests: socket.socket) -> dict[str, Any] | None:
    """Answers requests. Returns the requested job in each child, and None in the server when the socket is closed.

    A request carries open files: the job (JSON), standard output, standard error, and a pipe that receives the process
    id and later the wait status.
    """
    poll = select.poll()
    poll.register(requests, select.POLLIN)
    children: dict[int, Child] = {}
    while True:
        for ready, _ in poll.poll():
            if ready in children:
                poll.unregister(ready)
                child = children.pop(ready)
                os.close(ready)
                _write_line(child.status_pipe, os.waitpid(child.pid, 0)[1])
                os.close(child.status_pipe)
                continue
            message, files, _, _ = socket.recv_fds(requests, 1, 4)
            if not message:
                return None
            job, output, errors, status_pipe = files
            pid = os.fork()
            if pid == 0:
                os.close(status_pipe)
                for handle, other in children.items():
                    os.close(handle)
                    os.close(other.status_pipe)
                requests.close()
                return _take_over(job, output, errors)
            for each in (job, output, errors):
                os.close(each)
            _write_line(status_pipe, pid)
            handle = os.pidfd_open(pid)
            children[handle] = Child(pid, status_pipe)
            poll.register(handle, select.POLLIN)


def _write_line(pipe: int, number: int) -> None:
    # The process at the other end may have ended.
    with suppress(BrokenPipeError):
        os.write(pipe, f"{number}\n".encode())


def _take_over(job: int, output: int, errors: int) -> dict[str, Any]:
    """Gives the child its standard files and signals, and reads its job."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(job, "rb") as file:
        asked: dict[str, Any] = json.load(file)
    terminal = asked.pop("terminal")
    if terminal is not None:
        # The first terminal that the leader of a new session opens becomes its own: Ctrl-C there is a signal for it.
        os.setsid()
    source = os.open(terminal or os.devnull, os.O_RDWR)
    os.dup2(source, 0)
    os.close(source)
    for source, target in ((output, 1), (errors, 2)):
        os.dup2(source, target)
        os.close(source)
    if terminal is not None:
        # The server's streams believe that they can seek.
        sys.stdout = open(1, "w", buffering=1, encoding=sys.stdout.encoding, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace", closefd=False)  # noqa: SIM115
    return asked


def run_python(words: list[str], cwd: str, env: dict[str, str]) -> None:
    """Does what `python WORDS…` does."""
    os.chdir(cwd)
    started_with = os.environ.get("PYTHONPATH")
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if env.get("PYTHONPATH") != started_with:
        sys.path.insert(1, env["PYTHONPATH"])
    if words[0] == "-m":
        sys.path[0] = cwd
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(words[0]).parent)
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def run_and_exit(job: dict[str, Any]) -> None:
    """Runs the job and ends the process without clearing the imported modules, which would take 0.1 s.

    As `multiprocessing` does: threads are waited for, exit handlers run, garbage is collected, streams are flushed.
    Returns, or lets an exception through, where the interpreter has to report an error.
    """
    code: object = None
    try:
        run_python(**job)
    except SystemExit as error:
        if not (error.code is None or isinstance(error.code, int)):
            raise
        code = error.code
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    try:
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
    except OSError:
        return
    # Not `os._exit`: coverage replaces that, and has saved its data in an exit handler.
    posix._exit(int(code or 0) & 0xFF)


def main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(ROOT)
    import_all(sys.argv[2:])
    build_lazy_parts()
    assert "twisted.internet.reactor" not in sys.modules, "children would share a reactor"
    assert threading.active_count() == 1, "children would lack a thread"
    if "coverage" in sys.modules:
        # It asks for the stack in each child; the first call takes 0.1 s and fills caches that the children share.
        inspect.stack()
    # The imported modules are never garbage; a collection would copy their shared memory pages.
    gc.collect()
    gc.freeze()
    # Ctrl-C is for the children; the tests wait for them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (job := serve(requests)) is not None:
        run_and_exit(job)


if __name__ == "__main__":
    main()
