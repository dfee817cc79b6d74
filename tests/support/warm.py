"""`python warm.py SOCKET MODULE…`: forks a process for each command line that is asked for on a Unix socket.

The modules are imported once, here; importing them is most of what a short crawl costs. What is forked is a process
like any other: it has its own memory, files, threads and signals, dies alone, and ends as every Python program ends.
No reactor, no event loop and no thread is made here, and no settings are read, so each child makes its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def import_all(names: Sequence[str]) -> None:
    """Imports modules; for `a.package.*`, a package and all that is in it."""
    for name in names:
        module = importlib.import_module(name.removesuffix(".*"))
        for found in pkgutil.iter_modules(module.__path__, f"{module.__name__}.") if name.endswith(".*") else ():
            importlib.import_module(found.name)
    assert "twisted.internet.reactor" not in sys.modules, "children would share a reactor"
    assert threading.active_count() == 1, "children would lack a thread"


def next_child(requests: socket.socket) -> dict[str, Any] | None:
    """Waits for requests, and returns in each child what it has to become; None here, when no more will be asked for.

    A request is the open files for what to become (as JSON), the standard output, the standard error output, and a
    pipe that is told the process id, then the wait status.
    """
    while True:
        message, files, _, _ = socket.recv_fds(requests, 1, 4)
        if not message:
            return None
        if os.fork() == 0:
            break
        for each in files:
            os.close(each)
        # Those that are over by now; so their time counts as time of the tests.
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
    # One process for each child waits for it, so that this one need not look after many.
    requests.close()
    asked, output, errors, told = files
    child = os.fork()
    if child:
        for each in (asked, output, errors):
            os.close(each)
        # Who asked may have ended before.
        with suppress(BrokenPipeError):
            os.write(told, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        with suppress(BrokenPipeError):
            os.write(told, f"{status}\n".encode())
        os._exit(0)
    os.close(told)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for given, standard in ((output, 1), (errors, 2)):
        os.dup2(given, standard)
        os.close(given)
    with open(asked, "rb") as file:
        return json.load(file)


def become(words: list[str], cwd: str, env: dict[str, str]) -> None:
    """Does what `python WORDS…` does."""
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    if words[0] == "-m":
        sys.path[0] = cwd
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(words[0]).parent)
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def main() -> None:
    requests = socket.socket(fileno=int(sys.argv[1]))
    sys.path[0] = str(ROOT)
    import_all(sys.argv[2:])
    # What is here now is never garbage, and shall stay shared.
    gc.collect()
    gc.freeze()
    # Control-C is for the children; they are waited for by others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (asked := next_child(requests)) is not None:
        become(**asked)


if __name__ == "__main__":
    main()
