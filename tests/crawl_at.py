"""`python crawl_at.py 2024-12-10T06:00:00+00:00 crawl vok …`: Scrapy's command line at another time of the world."""

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
    # As `python -m scrapy` does it, for `scrapy.cfg` and its modules are in the working directory.
    sys.path[0] = ""
    main()
