"""`python -m tests.support.offline replay …`: Scrapy's command line, killed at the first use of the network."""

from __future__ import annotations

import os
import sys

# What Python itself reports before it does it (sys.addaudithook). Processes that are forked inherit the hook.
_NETWORK = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")
_NETWORK += (
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
    "http.client.connect",
    "urllib.Request",
)


def main() -> None:
    def watch(event: str, _: object) -> None:
        if event in _NETWORK:
            os.write(2, f"the network was asked for: {event}\n".encode())
            os._exit(99)

    sys.addaudithook(watch)
    from scrapy.cmdline import execute

    execute(["scrapy", *sys.argv[1:]])


if __name__ == "__main__":
    main()
