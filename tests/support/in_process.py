"""Runs a command of the project in this process, as Scrapy would, without starting Python."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from scrapy.cmdline import ScrapyArgumentParser
from scrapy.settings import Settings

from tests.support.commands import Done
from vokcrawl.cli import FolderCommand
from vokcrawl.settings import base


def run_command(
    command: FolderCommand, *arguments: str, output: Path, capsys: pytest.CaptureFixture[str], cwd: Path | None = None
) -> Done:
    """`scrapy NAME arguments…` on an output directory. An exception would be a traceback, and fails the test."""
    command.settings = Settings()
    command.settings.setmodule(base, priority="project")
    command.settings.set("VOK_OUTPUT_DIR", str(output), priority="cmdline")
    parser = ScrapyArgumentParser()
    command.add_options(parser)
    options, rest = parser.parse_known_args(list(arguments))
    before = Path.cwd()
    os.chdir(cwd or before)
    capsys.readouterr()
    try:
        command.run(rest, options)
    finally:
        os.chdir(before)
    said = capsys.readouterr()
    return Done(command.exitcode, said.out, said.err)
