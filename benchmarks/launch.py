"""Runs the command in its arguments, and prints its cost as JSON; the output of the command goes to stderr.

This is a separate script, because Linux includes the size of the parent process in the child's peak memory. The
benchmark grows while it serves a site; this process needs a few megabytes.
"""

from __future__ import annotations

import json
import os
import sys
import time

# ru_maxrss is in KiB, on macOS in bytes.
PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


def main(command: list[str]) -> int:
    """Print `code`, `wall` and `cpu` (user and system time) in seconds, and `peak` in bytes."""
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
