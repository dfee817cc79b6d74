"""The crontab line, run as by cron: with a lock and the crawl's exit code."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.system_tools import system_tool
from vokcrawl.sample import SampleServer

Serving = Callable[..., SampleServer]

CRONTAB = ROOT / "deploy" / "cron" / "vokcrawl"


@dataclass(frozen=True)
class Job:
    """What cron reads from the file: the environment, when, as whom, and the command."""

    environment: dict[str, str]
    when: str
    user: str
    command: str


def read_crontab() -> Job:
    """As crontab(5) says: a `%` that is not escaped ends the command."""
    environment: dict[str, str] = {}
    jobs = []
    for line in CRONTAB.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if found := re.fullmatch(r"(\w+)=(.*)", line):
            environment[found[1]] = found[2]
        else:
            *when, user, command = line.split(maxsplit=6)
            jobs.append(Job(environment, " ".join(when), user, re.split(r"(?<!\\)%", command)[0].replace("\\%", "%")))
    (job,) = jobs
    return job


@pytest.fixture
def cron(tmp_path: Path) -> Callable[[dict[str, str]], subprocess.CompletedProcess[str]]:
    """Runs the command as cron does, with this checkout and folders of the test's own, and without the long wait."""
    system_tool("flock")
    job = read_crontab()
    command = job.command.replace(".venv/bin/scrapy", str(Path(sys.executable).with_name("scrapy")))
    assert "% 1200" in command
    command = command.replace("% 1200", "% 1").replace("/opt/vokcrawl", str(ROOT))
    (tmp_path / "lib").mkdir()

    def placed(text: str) -> str:
        return text.replace("/var/lib/vokcrawl", str(tmp_path / "lib"))

    def run(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        given = {name: placed(value) for name, value in job.environment.items()}
        # cron gives its jobs hardly any environment.
        plain = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **given, **env}
        words = [job.environment["SHELL"], "-c", placed(command)]
        return subprocess.run(words, env=plain, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    return run


def test_the_job_runs_after_each_update_of_the_site() -> None:
    job = read_crontab()
    assert (job.when, job.user) == ("20 3,9,15,21 * * *", "vokcrawl")
    assert job.environment["CRON_TZ"] == "UTC"


def test_its_command_crawls_says_nothing_and_leaves_a_log(
    cron: Callable[[dict[str, str]], subprocess.CompletedProcess[str]], serve: Serving, tmp_path: Path
) -> None:
    server = serve(5)
    env = {"VOK_START_URLS": f"{server.url}/article/163/", "SCRAPY_PROJECT": "sample"}
    done = cron(env)
    # Cron would send a letter with whatever is said.
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    output = tmp_path / "lib"
    assert_whole(Crawl(0, "", "", output), server.site)
    assert "done (exit code 0), 5 articles" in (output / "vokcrawl.log").read_text(encoding="utf-8")


def test_while_one_runs_another_is_not_even_begun(
    cron: Callable[[dict[str, str]], subprocess.CompletedProcess[str]], serve: Serving, tmp_path: Path
) -> None:
    server = serve(2)
    env = {"VOK_START_URLS": f"{server.url}/article/163/", "SCRAPY_PROJECT": "sample"}
    with (tmp_path / "lib" / ".cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = cron(env)
        assert (done.returncode, done.stdout + done.stderr) == (13, "")
    assert server.requests == []
    assert os.listdir(tmp_path / "lib") == [".cron.lock"]
