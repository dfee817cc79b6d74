"""Opening the memory on a Redis server for one worker's folder: the server must be ours, and must know the folder."""

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

# The file in a worker's folder that says by which id the server knows it.
ID_FILE = ".worker"
_ID = re.compile(r"[0-9a-f]{32}")
_WAY_OUT = f"mend REDIS_URL or VOK_REDIS_PREFIX, or stop all workers and run `{PROGRAM} repair --rebuild-state` here"


@dataclass(frozen=True, slots=True)
class OnServer:
    """How a folder's memory is opened where it lies on a Redis server (see `state.place.Opening`)."""

    url: str
    prefix: str
    patience: float

    def __call__(self, folder: OutputFolder, expected: bool, *, read_only: bool = False) -> RedisState:
        """Opens the state of a folder.

        Raises `UsageError` for a wrong server, `StateError` where a folder holds records and the server does not know
        it, `FolderLockedError` where another folder of the same id is being written to, and `StorageError`.
        """
        server = Server(self.url, self.prefix, self.patience)
        try:
            ours = server.open(make=not (expected or read_only))
            worker = id_of(folder)
            known = bool(ours and worker and server.call(lambda: server.client.hexists(server.key("folders"), worker)))
            if (expected or read_only) and not known:
                raise StateError(
                    f"{server.name}: it knows nothing of {folder.path}, which holds delivered records; {_WAY_OUT}"
                )
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
        """The folders that the server knows, by their ids: host and path of each. Raises as opening one does."""
        server = Server(self.url, self.prefix, self.patience)
        try:
            server.open(make=False)
            told = server.call(lambda: server.client.hgetall(server.key("folders")))
        finally:
            server.close()
        return {worker: read(tuple[str, str], place) for worker, place in told.items()}

    def adopt(self, folder: OutputFolder) -> RedisState:
        """The memory for a folder that it may not know yet: for a repair, which tells it what the folder holds."""
        server = Server(self.url, self.prefix, self.patience)
        server.open(make=True)
        worker = id_of(folder) or _make_id(folder)
        _register(server, folder, worker)
        return RedisState(server, worker)


def id_of(folder: OutputFolder) -> str | None:
    """The id by which a server knows a folder; None where it was never a worker's. Raises `StateError`."""
    path = folder.path / ID_FILE
    if not path.exists():
        return None
    with translate_os_errors(path):
        said = path.read_text(encoding="ascii", errors="replace").strip()
    if not _ID.fullmatch(said):
        raise StateError(f"{path}: it holds no worker's id; move it away, and {_WAY_OUT.partition(', or ')[2]}")
    return said


def _make_id(folder: OutputFolder) -> str:
    worker = uuid4().hex
    write_whole(folder.path / ID_FILE, worker.encode() + b"\n")
    return worker


def _register(server: Server, folder: OutputFolder, worker: str) -> None:
    """Stores where the folder is. Raises `FolderLockedError` when a copy of it (the same id elsewhere) is in use."""
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
                    f"{folder.path}: run {run} is writing to a folder of the same id, {path} on {host}; was this one "
                    f"copied from there? Wait for it to end, or set another VOK_OUTPUT_DIR"
                )
    server.call(lambda: server.client.hset(server.key("folders"), worker, place))


def _worker_of(server: Server, run_id: str) -> str | None:
    """The id of the folder that a run writes to."""
    said: str | None = server.call(lambda: server.client.hget(server.key("run_ids"), run_id))
    return said


def _refuse_forgotten(state: RedisState, folder: OutputFolder) -> None:
    newest = in_run_order(matching(folder.runs, ".json"))[-1:]
    if newest and not state.has_run(newest[0].stem):
        raise StateError(f"{state.server.name}: run {newest[0].stem} left its manifest here, but {FORGOTTEN}")
