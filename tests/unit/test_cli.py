"""Every command escapes untrusted text and has readable help."""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
from scrapy.commands import ScrapyHelpFormatter
from scrapy.settings import Settings

import vokcrawl.commands
from vokcrawl.cli import complain, overview, say
from vokcrawl.errors import UsageError

COMMANDS = Path(vokcrawl.commands.__file__).parent


def test_output_and_errors_of_a_command_cannot_control_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\n\x1b]0;owned\x07\u202etwo")
    complain("status", UsageError("a\nb\x1b[2J"))
    result = capsys.readouterr()
    assert result.out == "one\n\\u001b]0;owned\\u0007\\u202etwo\n"
    assert result.err == "scrapy status: a\\u000ab\\u001b[2J\n"


def test_json_output_of_a_command_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"title": "조선 \x9b31m \u202e \U000e0041"}
    say(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(capsys.readouterr().out) == value


@pytest.mark.parametrize("name", ["status", "verify", "repair", "demo", "browse"])
def test_a_command_without_arguments_refuses_one(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`verify DIRECTORY` must not call another directory sound."""
    command = import_module(f"vokcrawl.commands.{name}").Command()
    command.settings = Settings({"VOK_OUTPUT_DIR": str(tmp_path / "output")})
    command.run([str(tmp_path)], argparse.Namespace())
    assert command.exitcode == 2
    assert "unexpected argument; -s VOK_OUTPUT_DIR=… sets the output directory" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_help_has_no_headings_but_those_of_its_sections(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapy underlines every line of the help that ends with a colon, also where a text was wrapped behind one."""
    monkeypatch.setenv("COLUMNS", "80")
    command = import_module(f"vokcrawl.commands.{path.stem}").Command()
    command.settings = Settings()
    parser = argparse.ArgumentParser(formatter_class=ScrapyHelpFormatter, conflict_handler="resolve")
    command.add_options(parser)
    parser.print_help()
    shown = capsys.readouterr().out.splitlines()
    headings = [above for above, line in pairwise(shown) if line and set(line) <= {"=", "-"}]
    assert set(headings) <= {"Usage", "Options", "Global Options"}
    assert max(map(len, shown)) <= 80


def test_the_list_of_commands_has_each_of_ours_in_a_group_and_fits_80_columns() -> None:
    names = [path.stem for path in COMMANDS.glob("[a-z]*.py")]
    described = {name: import_module(f"vokcrawl.commands.{name}").Command().short_desc() for name in names}
    shown = overview("scrapy", "Scrapy", {**described, "crawlx": "A command of another package"})
    assert all(len(line) <= 80 for line in shown.splitlines())
    ours, _, others = shown.partition("\nOther commands:")
    assert all(f"\n  {name} " in ours for name in names)
    assert "crawlx" in others


@pytest.mark.parametrize("path", sorted(COMMANDS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_the_usage_line_names_the_options_and_fits_80_columns(path: Path) -> None:
    syntax = import_module(f"vokcrawl.commands.{path.stem}").Command().syntax()
    assert len(f"  scrapy {path.stem} {syntax}") <= 80
    assert "[options]" in syntax
