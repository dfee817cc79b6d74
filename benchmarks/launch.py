"""Runs the command that its arguments are, and prints as JSON what that cost; what the command prints goes to stderr.

A script of its own because Linux counts the size of the process that starts another one into the other's peak: the
benchmark itself grows while it serves a site, this process stays at a few megabytes.
"""

from __future__ import annotations

import json
import os
import sys
import time

# ru_maxrss is in KiB; macOS alone has it in bytes.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def main(command: list[str]) -> int:
    """Prints `code`, `wall` and `cpu` in seconds (`cpu` is user and system time), `peak` in bytes."""
    started = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    cost = {
        "code": os.waitstatus_to_exitcode(status),
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * PEAK_UNIT,
    }
    print(json.dumps(cost))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
