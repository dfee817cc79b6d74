"""The sample server ends in order, whatever its clients do."""

from __future__ import annotations

import gc
import socket
import time
from urllib.parse import urlsplit

from vokcrawl.sample import SampleServer, SampleSite

REQUEST = b"GET /article/163/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def test_client_that_reads_nothing_leaves_no_open_connection() -> None:
    with SampleServer(SampleSite(20)) as server, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", urlsplit(server.url).port))
        # More pages than the buffers of both sides take: the server waits for the client.
        client.sendall(REQUEST * 500)
        seen = -1
        while len(server.requests) != seen:
            seen = len(server.requests)
            time.sleep(0.2)
        assert 0 < seen < 500
        server.close()
        # pytest reports the warning of a transport that was left open.
        gc.collect()
