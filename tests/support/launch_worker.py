"""`python -m tests.support.launch_worker HOW crawl vok …`: Scrapy's command line as a worker.

HOW is a comma-separated list of:

`together:N`     nothing is asked for until so many workers are at work
`often`          batches are small and committed often
`without:NAME`   the package of this name is not installed
`kill:NAME:N`    SIGKILL just before the Nth call of NAME: `fsync` or `replace` (of `os`), `commit` (of the state)
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from importlib.abc import MetaPathFinder
from typing import Any

from tests.support.fault_injection import kill_in, often


def together(number: int) -> None:
    from vokcrawl.spiders.vok import VokSpider

    start = VokSpider.start

    async def after_the_others(spider: VokSpider) -> AsyncIterator[Any]:
        client, tickets = spider.run.state.server.client, f"{spider.options.redis_prefix}-tickets"
        ticket = client.incr(tickets)
        # The last one of as many as begin together.
        last = -(-ticket // number) * number
        while int(client.get(tickets)) < last:
            await asyncio.sleep(0.02)
        async for each in start(spider):
            yield each

    VokSpider.start = after_the_others  # type: ignore[method-assign]


class _Missing(MetaPathFinder):
    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.partition(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def without(name: str) -> None:
    from importlib import util

    found = util.find_spec
    util.find_spec = lambda each, package=None: None if each == name else found(each, package)
    sys.meta_path.insert(0, _Missing(name))


def kill(name: str, number: int) -> None:
    from vokcrawl.storage.state.redis.store import RedisState

    kill_in(RedisState if name == "commit" else os, name, number)


def main() -> None:
    for how in filter(None, sys.argv[1].split(",")):
        match how.split(":"):
            case ["together", number]:
                together(int(number))
            case ["often"]:
                often()
            case ["without", name]:
                without(name)
            case ["kill", name, number]:
                kill(name, int(number))
            case _:
                raise SystemExit(f"{how}: not known here")
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[2:]])


if __name__ == "__main__":
    main()
