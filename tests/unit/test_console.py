"""The console script `vokcrawl`, without a crawl; tests/integration/test_package.py runs the installed one."""

from __future__ import annotations

import pkgutil
from configparser import ConfigParser

import pytest

from tests.support.children import ROOT
from vokcrawl import __version__, commands
from vokcrawl.console import command_modules, main
from vokcrawl.settings import PROFILES
from vokcrawl.utils.program import program_name


@pytest.fixture(autouse=True)
def _no_settings_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """`main` sets the variable; the test takes it back."""
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "")
    monkeypatch.delenv("SCRAPY_SETTINGS_MODULE")


def test_help_lists_every_command_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    overview = capsys.readouterr().out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == overview
    own = {each.name for each in pkgutil.iter_modules(commands.__path__) if not each.name.startswith("_")}
    assert {"demo", "crawl", "status", "check-config"} <= own
    listed = [line.split(maxsplit=1) for line in overview.splitlines() if line.startswith("  ")]
    assert {words[0] for words in listed[1:]} == own == set(command_modules())
    assert all(len(words) == 2 for words in listed)


def test_help_of_a_command_names_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", "-h"])
    assert ended.value.code == 0
    assert "vokcrawl demo" in capsys.readouterr().out


def test_version_names_the_package_and_scrapy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith(f"vokcrawl {__version__} (Scrapy ")


def test_unknown_command_ends_with_2_and_names_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crwal", "vok"]) == 2
    assert capsys.readouterr().err == (
        "vokcrawl: 'crwal': no such command; did you mean crawl? `vokcrawl --help` lists them\n"
    )


def test_unknown_profile_ends_with_2_and_names_the_profiles(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPY_PROJECT", "live")
    assert main(["status"]) == 2
    assert capsys.readouterr().err == (
        "vokcrawl: SCRAPY_PROJECT: 'live': no such profile; The profiles are default, distributed, production, sample\n"
    )


def test_unknown_settings_module_ends_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAPY_SETTINGS_MODULE", "no_such_module")
    assert main(["status"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("vokcrawl: SCRAPY_SETTINGS_MODULE: 'no_such_module' cannot be imported")
    assert error.count("\n") == 1


def test_profiles_of_the_package_are_those_of_scrapy_cfg() -> None:
    config = ConfigParser()
    config.read(ROOT / "scrapy.cfg")
    assert dict(config.items("settings")) == PROFILES


@pytest.mark.parametrize(
    ("argv0", "name"),
    [
        ("/opt/venv/bin/vokcrawl", "vokcrawl"),
        ("vokcrawl.exe", "vokcrawl"),
        ("/opt/site-packages/vokcrawl/__main__.py", "vokcrawl"),
        ("/opt/venv/bin/scrapy", "scrapy"),
        ("/opt/site-packages/scrapy/__main__.py", "scrapy"),
        ("/opt/vokcrawl/bin/pytest", "scrapy"),
        ("", "scrapy"),
    ],
)
def test_program_is_vokcrawl_only_where_the_console_script_was_started(argv0: str, name: str) -> None:
    assert program_name(argv0) == name
