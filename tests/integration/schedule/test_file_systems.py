"""File systems on which locks or syncs do not work are refused; a backup can be taken and restored."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import QUIET, Crawling, Serving, contents, faults, scrapy
from tests.support.crawling import command
from tests.support.expected_records import assert_whole
from tests.support.failing_calls import Failure, run_failing
from tests.support.system_tools import system_tool


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Failure(1, "ENOLCK", again=True, name="lock"), "this file system does not support locks"),
        (Failure(1, "EOPNOTSUPP", again=True, name="lock"), "this file system does not support locks"),
        (Failure(1, "EINVAL", again=True, name="fsync"), "this file system cannot sync files to disk"),
        (Failure(2, "ENOSYS", again=True, name="fsync"), "this file system cannot sync files to disk"),
        (Failure(1, "ignored", again=True, name="lock"), "locks have no effect on this file system"),
    ],
    ids=str,
)
def test_a_file_system_without_locks_or_syncs_is_refused(
    failure: Failure, reason: str, serve: Serving, output: Path
) -> None:
    server = serve(2)
    output.mkdir()
    words = command(f"{server.url}/article/163/", output, settings=QUIET)[3:]
    ended = run_failing(words, output, failure)
    assert ended.code == 15, ended.stderr
    message = ended.stderr.splitlines()[-1]
    assert reason in message
    assert "set VOK_OUTPUT_DIR to a directory on a local disk" in message
    assert "Traceback" not in ended.stderr
    assert server.requests == []
    assert contents(output).keys() <= {".lock", "health.json"}


def test_a_backup_under_the_lock_is_whole_and_can_be_restored(crawl: Crawling, serve: Serving, output: Path) -> None:
    """As docs/operations.md describes it."""
    server = serve(5)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, settings=QUIET).code == 0
    backup = output.with_name("backup")
    flock = system_tool("flock")
    # While the copy is made, no run begins.
    with subprocess.Popen([flock, output / ".lock", "cat"], stdin=subprocess.PIPE) as copying:
        assert copying.stdin is not None
        while (refused := crawl(url, output, settings=QUIET)).code == 0:
            pass
        assert refused.code == 13, refused.stderr
        copying.stdin.close()
    subprocess.run([flock, output / ".lock", "cp", "-a", output, backup], check=True)
    server.site.publish(2)
    assert crawl(url, output, settings=QUIET).code == 0

    shutil.rmtree(output)
    shutil.copytree(backup, output)
    assert scrapy("verify", output=output).code == 0
    done = crawl(url, output, settings=QUIET)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    assert faults(output) == []
