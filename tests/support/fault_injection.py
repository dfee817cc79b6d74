"""`python -m tests.support.fault_injection FAULTS crawl vok …`: Scrapy's command line with injected faults.

FAULTS is a list of these, joined by commas:
`often`             batches are small and committed often, so that there is much to be torn
`kill:NAME:N`       SIGKILL just before the Nth call of NAME: `fsync`, `replace` (of `os`) or `commit` (of the state)
`largest:BYTES`     no file may grow beyond that (RLIMIT_FSIZE)
`calls:NAME:N:ERROR[:again]`
                    the Nth system call of NAME (empty: of any) that writes below $FAIL_BELOW fails with ERROR, such
                    as ENOSPC (`ignored`: a lock has no effect); with `again`, so do those behind it. $FAIL_LOG gets a
                    line for each call.
`output:ENCODING`   standard output and standard error have this encoding, and refuse other characters
`closed`            the reader of standard output has closed the pipe
`powerless`         root may do no more than others (Linux); must be the last
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import io
import os
import resource
import signal
import sys
from typing import Any


def often() -> None:
    from vokcrawl.extensions import run as extension
    from vokcrawl.runs import run

    run.BATCH = 7
    extension.COMMIT_SECONDS = 0.1


def kill(name: str, number: int) -> None:
    from vokcrawl.storage.state.sqlite import SqliteState

    kill_in(SqliteState if name == "commit" else os, name, number)


def kill_in(owner: Any, name: str, number: int) -> None:
    """SIGKILL just before the Nth call of `owner`'s attribute of this name."""
    function, calls = getattr(owner, name), iter(range(1, number))

    def called(*args: Any, **kwargs: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)

    setattr(owner, name, called)


def largest(size: int) -> None:
    if "coverage" in sys.modules:
        # The file with its measurement may be larger.
        measured = sys.modules["coverage"].Coverage.current()
        atexit.unregister(measured._atexit)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fail_calls(name: str, number: int, error: str, again: bool) -> None:
    # The library is preloaded; this only finds it.
    library = ctypes.CDLL(os.environ["FAIL_LIBRARY"])
    texts = [os.environ[each].encode() if each in os.environ else b"" for each in ("FAIL_BELOW", "FAIL_LOG")]
    library.fail_calls(texts[0], name.encode(), ctypes.c_long(number), getattr(errno, error, 0), again, texts[1])


def output(encoding: str) -> None:
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding=encoding, errors="strict")
    sys.stderr = io.TextIOWrapper(sys.stderr.buffer, encoding=encoding, errors="strict", line_buffering=True)


def closed() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
    # The old one may believe that it can seek.
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding=sys.stdout.encoding)


def powerless() -> None:
    """Continues as a new process that is subject to file permissions even as root."""
    if os.geteuid() == 0:
        drop_from_bounding_set, overriding = 24, (1, 2, 3)
        for capability in overriding:
            if ctypes.CDLL(None, use_errno=True).prctl(drop_from_bounding_set, capability, 0, 0, 0) != 0:
                raise SystemExit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execv(sys.executable, [sys.executable, "-m", "scrapy", *sys.argv[2:]])  # noqa: S606


def main() -> None:
    from scrapy.cmdline import execute

    for fault in sys.argv[1].split(","):
        match fault.split(":"):
            case ["often"]:
                often()
            case ["kill", name, number]:
                kill(name, int(number))
            case ["largest", size]:
                largest(int(size))
            case ["calls", name, count, error, *again]:
                fail_calls(name, int(count), error, again == ["again"])
            case ["output", encoding]:
                output(encoding)
            case ["closed"]:
                closed()
            case ["powerless"]:
                powerless()
            case _:
                raise SystemExit(f"{fault}: no fault that is known here")
    execute(["scrapy", *sys.argv[2:]])


if __name__ == "__main__":
    main()
