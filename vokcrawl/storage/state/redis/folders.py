"""Opens the state on a Redis server for the output directory of a worker."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from vokcrawl.errors import FolderLockedError, StateError
from vokcrawl.storage.output_folder import OutputFolder, in_run_order, matching, translate_os_errors, write_whole
from vokcrawl.storage.state.redis.codec import read
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.namespace import AT_WORK, FORGOTTEN
from vokcrawl.storage.state.redis.store import RedisState
from vokcrawl.utils.program import PROGRAM

# File in the output directory of a worker with the id that the server knows it by.
ID_FILE = ".worker"
_ID = re.compile(r"[0-9a-f]{32}")
_HINT = f"correct REDIS_URL or VOK_REDIS_PREFIX, or stop all workers and run `{PROGRAM} repair --rebuild-state` here"


@dataclass(frozen=True, slots=True)
class OnServer:
    """Opens the state of an output directory on a Redis server; implements `state.factory.Opening`."""

    url: str
    prefix: str
    patience: float

    def __call__(self, folder: OutputFolder, expected: bool, *, read_only: bool = False) -> RedisState:
        """Opens the state of a directory.

        Raises `UsageError` for a wrong server, `StateError` if the directory has records and the server does not know
        it, `FolderLockedError` if another directory with the same id is in use, and `StorageError`.
        """
        server = Server(self.url, self.prefix, self.patience)
        try:
            ours = server.open(make=not (expected or read_only))
            worker = id_of(folder)
            known = bool(ours and worker and server.call(lambda: server.client.hexists(server.key("folders"), worker)))
            if (expected or read_only) and not known:
                raise StateError(f"{server.name}: does not know {folder.path}, which has delivered records; {_HINT}")
            if not read_only:
                worker = worker or _make_id(folder)
                _register(server, folder, worker)
            state = RedisState(server, worker or "")
            if expected:
                _refuse_forgotten(state, folder)
        except BaseException:
            server.close()
            raise
        return state

    def folders(self) -> dict[str, tuple[str, str]]:
        """Host and path of the directories that the server knows, by id. Raises the same as opening one."""
        server = Server(self.url, self.prefix, self.patience)
        try:
            server.open(make=False)
            places = server.call(lambda: server.client.hgetall(server.key("folders")))
        finally:
            server.close()
        return {worker: read(tuple[str, str], place) for worker, place in places.items()}

    def adopt(self, folder: OutputFolder) -> RedisState:
        """Opens the state for a directory that the server may not know yet, for a repair."""
        server = Server(self.url, self.prefix, self.patience)
        server.open(make=True)
        worker = id_of(folder) or _make_id(folder)
        _register(server, folder, worker)
        return RedisState(server, worker)


def id_of(folder: OutputFolder) -> str | None:
    """The id of a directory; None if no worker has used it. Raises `StateError`."""
    path = folder.path / ID_FILE
    if not path.exists():
        return None
    with translate_os_errors(path):
        identity = path.read_text(encoding="ascii", errors="replace").strip()
    if not _ID.fullmatch(identity):
        raise StateError(f"{path}: not the id of a worker; move it away, and {_HINT.partition(', or ')[2]}")
    return identity


def _make_id(folder: OutputFolder) -> str:
    worker = uuid4().hex
    write_whole(folder.path / ID_FILE, worker.encode() + b"\n")
    return worker


def _register(server: Server, folder: OutputFolder, worker: str) -> None:
    """Stores the location of the directory. Raises `FolderLockedError` if a copy with the same id is in use."""
    place = json.dumps([socket.gethostname(), str(Path(folder.path).absolute())])
    before = server.call(lambda: server.client.hget(server.key("folders"), worker))
    if before not in (None, place):
        seconds, micros = server.call(server.client.time)
        now = 1000 * seconds + micros // 1000
        at_work = server.call(lambda: server.client.zrange(server.key(AT_WORK), now, "+inf", byscore=True))
        for run in at_work:
            if _worker_of(server, run) == worker:
                host, path = read(tuple[str, str], before)
                raise FolderLockedError(
                    f"{folder.path}: run {run} uses a directory with the same id, {path} on {host}; is this one a "
                    f"copy? Wait for the run to end, or set another VOK_OUTPUT_DIR"
                )
    server.call(lambda: server.client.hset(server.key("folders"), worker, place))


def _worker_of(server: Server, run_id: str) -> str | None:
    """The id of the directory that a run writes to."""
    worker: str | None = server.call(lambda: server.client.hget(server.key("run_ids"), run_id))
    return worker


def _refuse_forgotten(state: RedisState, folder: OutputFolder) -> None:
    newest = in_run_order(matching(folder.runs, ".json"))[-1:]
    if newest and not state.has_run(newest[0].stem):
        raise StateError(f"{state.server.name}: the manifest of run {newest[0].stem} is here, but {FORGOTTEN}")
