"""The systemd units are valid and hardened, and treat exit codes correctly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.system_tools import system_tool
from vokcrawl.config import known_names
from vokcrawl.errors import ExitCode
from vokcrawl.settings import production

UNITS = ROOT / "deploy" / "systemd"
# Out of 10; "medium" begins at 4. What is left is the network, which a crawl is for.
MOST_EXPOSED = 1.5


def directives(name: str) -> dict[str, list[str]]:
    """All directives of a unit; some stand there more than once."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def placed(tmp_path: Path) -> Path:
    """The units as they are, but with this checkout and this environment in place of /opt/vokcrawl."""
    for name in ("vokcrawl.service", "vokcrawl.timer"):
        text = (UNITS / name).read_text(encoding="utf-8")
        text = text.replace("/opt/vokcrawl/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / name).write_text(text.replace("/opt/vokcrawl", str(ROOT)), encoding="utf-8")
    return tmp_path


def test_systemd_finds_nothing_wrong_with_them(placed: Path) -> None:
    done = run(system_tool("systemd-analyze"), "verify", placed / "vokcrawl.service", placed / "vokcrawl.timer")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_is_hardened() -> None:
    service = UNITS / "vokcrawl.service"
    done = run(
        system_tool("systemd-analyze"), "security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}", service
    )
    assert done.returncode == 0, done.stdout
    found = re.search(r"Overall exposure level for vokcrawl.service: ([\d.]+)", done.stdout)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED
    # It may write only to its state directory, which is the output directory of the crawl.
    result = directives("vokcrawl.service")
    (folder,) = result["StateDirectory"]
    assert f"VOK_OUTPUT_DIR=/var/lib/{folder}" in result["Environment"]
    assert "ReadWritePaths" not in result


def test_the_timer_fires_after_each_update_of_the_site_with_jitter() -> None:
    result = directives("vokcrawl.timer")
    base = "--base-time=2030-01-01 00:00 UTC"
    done = run(system_tool("systemd-analyze"), "calendar", "--iterations=4", base, *result["OnCalendar"])
    assert re.findall(r"2030-01-01 (\d\d):20:00 UTC", done.stdout) == ["03", "09", "15", "21"]
    assert result["RandomizedDelaySec"] == ["20min"]
    assert result["Persistent"] == ["yes"]


def test_each_exit_code_is_a_success_or_a_failure_as_the_documents_say() -> None:
    result = directives("vokcrawl.service")
    good = {0, *map(int, result["SuccessExitStatus"][0].split())}
    assert good <= {int(code) for code in ExitCode}
    assert {int(code) for code in ExitCode} - good == {
        ExitCode.USAGE,
        ExitCode.BLOCKED,
        ExitCode.LAYOUT,
        ExitCode.STORAGE,
    }
    # Longer than the longest request and all notifications.
    patience = int(result["TimeoutStopSec"][0])
    assert patience > production.DOWNLOAD_TIMEOUT + 30 + 4 * production.VOK_ALERT_TIMEOUT


def test_what_the_units_and_examples_name_exists() -> None:
    result = directives("vokcrawl.service")
    profiles = ConfigParser()
    profiles.read(ROOT / "scrapy.cfg")
    named = dict(each.split("=", 1) for each in result["Environment"])
    assert named.pop("SCRAPY_PROJECT") in profiles["settings"]
    example = (UNITS / "vokcrawl.env").read_text(encoding="utf-8")
    names = set(named) | set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert names - {"SCRAPY_PROJECT"} <= known_names(), json.dumps(sorted(names - known_names()))
    assert (ROOT / "docs" / "deploying.md").exists()
