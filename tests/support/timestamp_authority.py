"""A timestamp authority (RFC 3161) on the loopback interface: `openssl ts` behind a small HTTP server."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


class Authority:
    """Its URL, and the file `certificate` of its root. `status` other than 200, `answer` or `delay` make it fail."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate = folder / "root.pem"
        self.url = ""
        self.requests = 0
        self.status = 200
        self.answer: bytes | None = None
        self.delay = threading.Event()
        self.delay.set()
        folder.mkdir()
        (folder / "serial").write_text("01\n", encoding="ascii")
        (folder / "openssl.cnf").write_text(_CONFIG.format(folder=folder), encoding="ascii")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(
            "req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root", "-days", "9"
        )
        self._openssl("req", "-new", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
        signed = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "9", "-out", "tsa.pem"]
        extensions = ["-extfile", "openssl.cnf", "-extensions", "extensions"]
        self._openssl("x509", "-req", "-in", "tsa.csr", *signed, *extensions)

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        self._openssl(
            "ts", "-reply", "-config", "openssl.cnf", "-section", "one", "-queryfile", "query", "-out", "reply"
        )
        return (self.folder / "reply").read_bytes()

    def _openssl(self, *command: str) -> None:
        subprocess.run(["openssl", *command], cwd=self.folder, check=True, capture_output=True)


@contextmanager
def timestamp_authority(folder: Path) -> Iterator[Authority]:
    """Serves an authority whose files are in a new directory."""
    authority = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.requests += 1
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.delay.wait()
            answer = authority.answer if authority.answer is not None else authority.reply(query)
            self.send_response(authority.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        authority.url = f"http://127.0.0.1:{server.server_port}/tsr?key=s3cret"
        try:
            yield authority
        finally:
            authority.delay.set()
            server.shutdown()
            thread.join()
