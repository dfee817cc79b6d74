"""A server that does not know an output directory with records is not written to."""

from __future__ import annotations

import json
import shutil
import time
from itertools import count
from pathlib import Path

import pytest

from tests.support.redis_server import RedisServer
from tests.support.state_backends import run
from vokcrawl.errors import ExitCode, FolderLockedError, StateError
from vokcrawl.storage.output_folder import OutputFolder, write_whole
from vokcrawl.storage.state.redis.folders import ID_FILE, OnServer
from vokcrawl.storage.state.redis.store import RedisState

_prefixes = count()


@pytest.fixture
def opening(redis_server: RedisServer) -> OnServer:
    return OnServer(redis_server.url, f"folders-{next(_prefixes)}", 1)


@pytest.fixture
def folder(tmp_path: Path) -> OutputFolder:
    made = OutputFolder(tmp_path / "one")
    made.path.mkdir()
    return made


def with_a_run(opening: OnServer, folder: OutputFolder, run_id: str = "20241210T060000Z") -> RedisState:
    """The open backend of a folder in which a run has left its manifest."""
    state = opening(folder, False)
    state.put_run(run(run_id, manifest_sha256="abc"))
    assert not state.commit()
    folder.runs.mkdir(exist_ok=True)
    write_whole(folder.manifest(run_id), b"{}")
    return state


def test_an_output_directory_is_recognised_by_its_id_file(opening: OnServer, folder: OutputFolder) -> None:
    with_a_run(opening, folder).close()
    again = opening(folder, True)
    assert [row.run_id for row in again.runs()] == ["20241210T060000Z"]
    again.close()
    reader = opening(folder, True, read_only=True)
    assert reader.worker == (folder.path / ID_FILE).read_text().strip()
    reader.close()


def test_a_moved_output_directory_is_recognised(opening: OnServer, folder: OutputFolder) -> None:
    with_a_run(opening, folder).close()
    moved = OutputFolder(folder.path.rename(folder.path.with_name("moved")))
    state = opening(moved, True)
    assert len(state.runs()) == 1
    state.close()


def test_an_unknown_output_directory_with_records_is_refused(
    opening: OnServer, folder: OutputFolder, redis_server: RedisServer
) -> None:
    with_a_run(opening, folder).close()
    elsewhere = OnServer(redis_server.url, "elsewhere", 1)
    for read_only in (False, True):
        with pytest.raises(StateError, match="does not know") as refused:
            elsewhere(folder, True, read_only=read_only)
        assert refused.value.exit_code is ExitCode.STORAGE
        assert "repair --rebuild-state" in str(refused.value)
    with redis_server.client() as client:
        assert client.keys("elsewhere:*") == []


def test_an_output_directory_with_records_and_without_id_is_refused(opening: OnServer, folder: OutputFolder) -> None:
    with_a_run(opening, folder).close()
    (folder.path / ID_FILE).unlink()
    with pytest.raises(StateError, match="does not know"):
        opening(folder, True)
    assert not (folder.path / ID_FILE).exists()


def test_an_invalid_id_is_refused(opening: OnServer, folder: OutputFolder) -> None:
    (folder.path / ID_FILE).write_bytes(b"\xff../../x")
    with pytest.raises(StateError, match="not the id of a worker"):
        opening(folder, False)


def test_a_server_without_the_last_run_of_the_output_directory_is_refused(
    opening: OnServer, folder: OutputFolder
) -> None:
    with_a_run(opening, folder).close()
    write_whole(folder.manifest("20241211T060000Z"), b"{}")
    with pytest.raises(StateError, match="the manifest of run 20241211T060000Z is here, but it has lost"):
        opening(folder, True)


def test_a_copy_of_an_output_directory_in_use_is_refused_until_its_run_ends(
    opening: OnServer, folder: OutputFolder, redis_server: RedisServer
) -> None:
    state = with_a_run(opening, folder)
    copy = OutputFolder(shutil.copytree(folder.path, folder.path.with_name("copy")))
    with redis_server.client() as client:
        client.zadd(f"{opening.prefix}:workers", {"20241210T060000Z": 1000 * (time.time() + 60)})
        with pytest.raises(FolderLockedError) as held:
            opening(copy, True)
        assert held.value.exit_code is ExitCode.LOCKED
        assert str(folder.path) in str(held.value)
        # The folder itself may be opened: its own lock says whether somebody writes to it.
        opening(folder, True).close()
        client.delete(f"{opening.prefix}:workers")
        opening(copy, True).close()
        assert json.loads(client.hget(f"{opening.prefix}:folders", state.worker))[1] == str(copy.path)
    state.close()
