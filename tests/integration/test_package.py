"""The package: built as a wheel, installed into an empty environment, and used from an empty directory."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.children import ROOT
from tests.support.commands import Done
from tests.support.empty_environment import build_wheel, install_wheel
from vokcrawl import __version__
from vokcrawl.sample import SampleServer


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@dataclass(frozen=True)
class Installed:
    """The console script of a new environment, run in an empty directory."""

    programs: Path
    directory: Path

    def vokcrawl(self, *words: str, **variables: str) -> Done:
        """Runs `vokcrawl words…`. Anything that looks like a traceback fails the test."""
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory.parent), **variables}
        command = [self.programs / "vokcrawl", *words]
        done = subprocess.run(
            command, cwd=self.directory, env=env, capture_output=True, text=True, timeout=120, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_wheel(wheel, tmp_path_factory.mktemp("environment") / "venv")


@pytest.fixture
def installed(programs: Path, tmp_path: Path) -> Installed:
    directory = tmp_path / "empty"
    directory.mkdir()
    return Installed(programs, directory)


def test_wheel_holds_every_file_of_the_package_and_the_licence(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", "vokcrawl"], cwd=ROOT, capture_output=True, text=True, check=True)
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (licence,) = (name for name in names if name.endswith(".dist-info/licenses/LICENSE"))
        assert archive.read(licence).startswith(b"BSD 3-Clause License")
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    assert {"vokcrawl/py.typed", "vokcrawl/reporting/report/templates/report.html.j2"} <= names
    assert {name for name in names if name.startswith("vokcrawl/")} == {
        name for name in tracked.stdout.splitlines() if (ROOT / name).exists()
    }
    expected = {f"Version: {__version__}", "Author: vokcrawl contributors", "License-Expression: BSD-3-Clause"}
    assert expected <= set(lines)


def test_demo_runs_in_an_empty_directory(installed: Installed) -> None:
    done = installed.vokcrawl("demo", "--articles", "5")
    assert done.code == 0, done.stderr
    assert "vokcrawl crawl vok" in done.stdout
    records = [
        json.loads(line)
        for path in (installed.directory / "output/demo/articles").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert {record["schema"] for record in records} == {"vokcrawl.article/1"}
    status = installed.vokcrawl("status", "--json", VOK_OUTPUT_DIR="output/demo")
    assert status.code == 0, status.stderr
    assert json.loads(status.stdout)["articles"] == len(records)
    export = installed.vokcrawl("export", "--to", "x.parquet", VOK_OUTPUT_DIR="output/demo")
    assert (export.code, export.stderr) == (
        2,
        "vokcrawl export: --to: .parquet needs the package pyarrow, which is not installed; "
        "run `pip install 'vokcrawl[export]'`\n",
    )


def test_crawl_and_status_agree_and_a_second_crawl_finds_nothing_new(
    installed: Installed, serve: Callable[..., SampleServer]
) -> None:
    server = serve(6)
    words = ["crawl", "vok", "-a", f"start_url={server.url}/article/163/"]
    first = installed.vokcrawl(*words, SCRAPY_PROJECT="sample")
    assert first.code == 0, first.stderr
    written = sorted((installed.directory / "output/sample/articles").glob("*.jsonl"))
    assert len(written) == 1
    status = installed.vokcrawl("status", "--json", SCRAPY_PROJECT="sample")
    assert json.loads(status.stdout)["articles"] == len(written[0].read_text(encoding="utf-8").splitlines())
    second = installed.vokcrawl(*words, SCRAPY_PROJECT="sample")
    assert second.code == 0, second.stderr
    assert sorted((installed.directory / "output/sample/articles").glob("*.jsonl")) == written
    assert installed.vokcrawl("verify", SCRAPY_PROJECT="sample").code == 0


def test_check_config_names_the_origin_of_each_setting(installed: Installed) -> None:
    done = installed.vokcrawl("check-config", "-s", "VOK_LOOKBACK_DAYS=3", SCRAPY_PROJECT="sample")
    assert done.code == 0, done.stderr
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert lines["VOK_LOOKBACK_DAYS"] == ["-s", "3"]
    assert lines["VOK_BACKOFF_SECONDS"] == ["profile", "sample", "1"]


@pytest.mark.parametrize(
    ("words", "variables", "message"),
    [
        (
            ["status"],
            {},
            "vokcrawl status: output: contains no output of a run; run `vokcrawl crawl vok`, or set VOK_OUTPUT_DIR\n",
        ),
        (["staus"], {}, "vokcrawl: 'staus': no such command; did you mean status? `vokcrawl --help` lists them\n"),
        (
            ["status"],
            {"SCRAPY_PROJECT": "prodution"},
            "vokcrawl: SCRAPY_PROJECT: 'prodution': no such profile; did you mean production? "
            "The profiles are default, distributed, production, sample\n",
        ),
    ],
)
def test_error_in_an_empty_directory_names_the_value_and_the_remedy(
    installed: Installed, words: list[str], variables: dict[str, str], message: str
) -> None:
    done = installed.vokcrawl(*words, **variables)
    assert (done.code, done.stdout, done.stderr) == (2, "", message)
    assert not list(installed.directory.iterdir())


def test_splash_without_its_package_ends_the_crawl_with_2_and_the_command_that_installs_it(
    installed: Installed,
) -> None:
    done = installed.vokcrawl("crawl", "vok", SPLASH_URL="http://127.0.0.1:9", LOG_LEVEL="ERROR")
    assert done.code == 2
    assert (
        "vokcrawl crawl: SPLASH_URL: needs the package scrapy-splash, which is not installed; "
        "run `pip install 'vokcrawl[splash]'`, or unset it" in done.stderr
    )
