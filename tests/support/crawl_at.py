"""`python -m tests.support.crawl_at 2024-12-10T06:00:00+00:00 crawl vok …`: Scrapy's command line at a given time."""

from __future__ import annotations

import sys
from datetime import datetime


def main() -> None:
    import time_machine
    from scrapy.cmdline import execute

    at = datetime.fromisoformat(sys.argv[1])
    if at.tzinfo is None:
        raise SystemExit(f"{sys.argv[1]}: it says no zone, but must, such as 2024-12-10T06:00:00+00:00")
    with time_machine.travel(at, tick=True):
        execute(["scrapy", *sys.argv[2:]])


if __name__ == "__main__":
    main()
