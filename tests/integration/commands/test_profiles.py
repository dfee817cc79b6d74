"""Profiles: the list, the selected one, and the error for an unknown one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.crawling import environment
from tests.support.installed_project import installed_to
from vokcrawl.commands.profiles import fault_of, profiles


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed_to(tmp_path_factory.mktemp("installed"))


def scrapy(*words: str, project: str, path: Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = environment({"SCRAPY_PROJECT": project, "PYTHONPATH": str(path)})
    command = [sys.executable, "-m", "scrapy", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


COMMANDS = ["crawl vok", "check-config", "settings --get VOK_SOURCE", "status", "list"]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_profile_ends_every_command_with_2_and_a_suggestion(command: str, installed: Path) -> None:
    done = scrapy(*command.split(), project="prodution", path=installed)
    assert done.returncode == 2
    assert done.stderr == (
        "scrapy: SCRAPY_PROJECT: 'prodution': no such profile; did you mean production? "
        f"The profiles are {', '.join(sorted(profiles()))}\n"
    )


@pytest.mark.thorough
def test_each_profile_is_listed_and_selects_its_settings(installed: Path) -> None:
    names = profiles()
    assert {"default", "sample", "production"} <= names.keys()
    for name in names:
        listed = scrapy("profiles", project=name, path=installed)
        assert listed.returncode == 0, listed.stderr
        marked = [line for line in listed.stdout.splitlines() if line.startswith("*")]
        assert [line.split()[1] for line in marked] == [name]
        assert len(listed.stdout.splitlines()) == len(names)
    timeouts = {
        name: scrapy("settings", "--get", "DOWNLOAD_TIMEOUT", project=name, path=installed).stdout.strip()
        for name in ("default", "sample", "production")
    }
    assert timeouts == {"default": "60", "sample": "15", "production": "120"}


def test_files_of_the_report_are_installed(installed: Path) -> None:
    folder = Path("vokcrawl", "reporting", "report", "templates")
    names = {path.name for path in (ROOT / folder).iterdir()}
    assert names
    assert {path.name for path in (installed / folder).iterdir()} == names


def test_another_project_in_the_same_environment_is_not_affected(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "scrapy.cfg").write_text("[settings]\ndefault = theirs\n")
    (tmp_path / "theirs.py").write_text("BOT_NAME = 'theirs'\n")
    for project in ("default", "unknown"):
        assert scrapy("version", project=project, path=installed, folder=tmp_path).returncode == 0
    alone = tmp_path / "alone"
    alone.mkdir()
    (tmp_path / "scrapy.cfg").unlink()
    assert scrapy("version", project="unknown", path=installed, folder=alone).returncode == 0


def test_a_settings_module_needs_no_profile() -> None:
    known = {"default": "vokcrawl.settings.default"}
    named = {"SCRAPY_PROJECT": "whatever", "SCRAPY_SETTINGS_MODULE": "vokcrawl.settings.production"}
    assert fault_of(named, known) is None
    assert fault_of({}, known) is None
    assert "no such profile" in (fault_of({"SCRAPY_PROJECT": "whatever"}, known) or "")
