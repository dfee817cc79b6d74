"""`scrapy profiles`: lists the profiles, and marks the selected one.

If `SCRAPY_PROJECT` is not in scrapy.cfg, Scrapy ignores the project and reports an unknown spider or command. The only
project code that runs before that are commands of installed packages (the entry point `scrapy.commands`), all of which
Scrapy creates first. So this command, which is such an entry point, refuses an unknown profile when it is created. For
the same reason it prints the list of commands, which Scrapy can only sort by name, in groups.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import scrapy.commands
from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import get_config
from typing_extensions import override

from vokcrawl import commands
from vokcrawl.cli import overview, reject_arguments, reject_options
from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.settings import PROFILES, unknown_profile
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.terminal import flush_output, harmless, prepare_streams, write_error, write_output

_OURS = "vokcrawl.settings."


class Command(ScrapyCommand):
    """Lists the profiles. Its constructor exits with code 2 if the selected profile does not exist."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def __init__(self) -> None:
        super().__init__()
        prepare_streams()
        fault = fault_of(os.environ, profiles())
        if fault is not None:
            write_error(f"{PROGRAM}: {harmless(fault)}\n")
            raise SystemExit(int(ExitCode.USAGE))
        # Scrapy takes the command out of `sys.argv`, and creates all commands again if it does not know it.
        unknown = _asked_for(sys.argv)
        if unknown is not None and _is_ours(profiles()):
            write_error(f"scrapy: {harmless(unknown)!r}: no such command; {_hint(unknown, self._descriptions())}\n")
            raise SystemExit(int(ExitCode.USAGE))
        if _asks_for_commands(sys.argv) and _is_ours(profiles()):
            write_output(overview("scrapy", f"Scrapy {scrapy.__version__}, project vokcrawl", self._descriptions()))
            raise SystemExit(int(ExitCode.OK))

    def _descriptions(self) -> dict[str, str]:
        """The short descriptions of Scrapy's commands and the project's, by name; the project's replace Scrapy's."""
        found = {"profiles": self.short_desc()}
        for package in (commands, scrapy.commands):
            for module in pkgutil.iter_modules(package.__path__):
                if module.name not in found and not module.name.startswith("_"):
                    found[module.name] = import_module(f"{package.__name__}.{module.name}").Command().short_desc()
        return found

    @override
    def syntax(self) -> str:
        return "[options]"

    @override
    def short_desc(self) -> str:
        return "List the profiles, and mark the selected one"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        selected = os.environ.get("SCRAPY_SETTINGS_MODULE")
        try:
            reject_options("profiles", args)
            reject_arguments(args, "SCRAPY_PROJECT selects a profile")
            for name, module in profiles().items():
                summary = (import_module(module).__doc__ or "").strip().partition("\n")[0]
                write_output(f"{'*' if module == selected else ' '} {name:<12}  {summary}\n")
            flush_output()
        except VokcrawlError as failure:
            write_error(f"{PROGRAM} profiles: {harmless(str(failure))}\n")
            self.exitcode = int(failure.exit_code)


def profiles() -> dict[str, str]:
    """Return the settings module of each profile: from the nearest scrapy.cfg, or for `vokcrawl` from the package."""
    if PROGRAM == "vokcrawl":
        return dict(PROFILES)
    config = get_config()
    return dict(config.items("settings")) if config.has_section("settings") else {}


def fault_of(environment: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """Return the error for the profile in `SCRAPY_PROJECT`; None if it exists or none is selected.

    `SCRAPY_SETTINGS_MODULE` takes precedence, as in Scrapy (scrapyd uses it). Other projects are not checked.
    """
    name = environment.get("SCRAPY_PROJECT")
    if name is None or name in known or "SCRAPY_SETTINGS_MODULE" in environment:
        return None
    return unknown_profile(name, known) if _is_ours(known) else None


def _hint(unknown: str, known: Mapping[str, str]) -> str:
    """What to do about a command that Scrapy does not know."""
    if unknown in known:
        module = harmless(os.environ.get("SCRAPY_SETTINGS_MODULE", ""))
        return f"SCRAPY_SETTINGS_MODULE: {module!r} needs the line `from vokcrawl.settings.default import *`"
    close = get_close_matches(unknown, known, n=1)
    return f"{f'did you mean {close[0]}? ' if close else ''}`scrapy --help` lists them"


def _asked_for(argv: Sequence[str]) -> str | None:
    """Return the command that Scrapy has taken out of the arguments, if this is not the first look at them."""
    before, _Seen.arguments = _Seen.arguments, list(argv[1:])
    if before is None or len(before) != len(argv[1:]) + 1:
        return None
    return next((word for word in before if not word.startswith("-")), None)


class _Seen:
    """The arguments of the program at the first look."""

    arguments: list[str] | None = None


def _asks_for_commands(argv: Sequence[str]) -> bool:
    """Whether the program is ``scrapy``, or ``python -m scrapy``, without a command."""
    program = Path(argv[0]) if argv else Path()
    name = program.parent.name if program.stem == "__main__" else program.stem
    return name == "scrapy" and list(argv[1:]) in ([], ["-h"], ["--help"])


def _is_ours(known: Mapping[str, str]) -> bool:
    return any(module.startswith(_OURS) for module in known.values())
