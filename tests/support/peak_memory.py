"""`python -m tests.support.peak_memory crawl vok …`: Scrapy's command line that prints its peak memory at exit."""

from __future__ import annotations

import atexit
import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> int:
    """The peak memory of this process in KiB.

    `VmHWM` where it exists, because `ru_maxrss` includes the parent's memory before the fork.
    """
    if STATUS.exists() and (found := re.search(r"VmHWM:\s*(\d+)", STATUS.read_text(encoding="utf-8"))):
        return int(found[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most


def main() -> None:
    from scrapy.cmdline import execute

    atexit.register(lambda: print(f"peak memory: {peak()} KiB", file=sys.stderr))
    execute(["scrapy", *sys.argv[1:]])


if __name__ == "__main__":
    main()
