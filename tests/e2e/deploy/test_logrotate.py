"""The file for logrotate is valid, and rotates the log of a run that is under way without losing a line."""

from __future__ import annotations

import getpass
import grp
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.system_tools import system_tool

CONFIGURATION = ROOT / "deploy" / "logrotate" / "vokcrawl"
CRONTAB = ROOT / "deploy" / "cron" / "vokcrawl"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    return tmp_path / "lib" / "vokcrawl.log"


def rotate(log: Path, *options: str) -> str:
    """Runs logrotate on a log of this user, and returns what it prints."""
    text = CONFIGURATION.read_text(encoding="utf-8").replace("/var/lib/vokcrawl", str(log.parent))
    user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
    configuration = log.parent.parent / "logrotate"
    configuration.write_text(text.replace("su vokcrawl vokcrawl", f"su {user} {group}"), encoding="utf-8")
    configuration.chmod(0o644)
    words = [system_tool("logrotate"), "--verbose", *options, "--state", log.parent.parent / "status", configuration]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower(), done.stderr
    return done.stdout + done.stderr


def test_it_rotates_the_log_of_the_cron_job(log: Path) -> None:
    assert "--logfile /var/lib/vokcrawl/vokcrawl.log" in CRONTAB.read_text(encoding="utf-8")
    log.write_text("a line\n", encoding="utf-8")
    printed = rotate(log, "--debug")
    assert f"considering log {log}" in printed
    assert log.read_text(encoding="utf-8") == "a line\n"


def test_a_running_crawl_loses_no_line(log: Path) -> None:
    with log.open("a", encoding="utf-8") as running:
        print("before", file=running, flush=True)
        rotate(log, "--force")
        print("after", file=running, flush=True)
    (rotated,) = log.parent.iterdir()
    assert rotated.name.startswith("vokcrawl.log-")
    assert rotated.read_text(encoding="utf-8") == "before\nafter\n"
