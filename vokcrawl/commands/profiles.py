"""`scrapy profiles`: lists the profiles, and marks the selected one.

Scrapy treats a `SCRAPY_PROJECT` that scrapy.cfg does not know as no project at all, and then reports that it knows
neither the spider nor the settings. The only project code that Scrapy runs before that are commands of installed
packages (the entry point `scrapy.commands`): it creates all of them before it looks up the wanted one. So this command,
which installing the project registers, is where such a name is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from importlib import import_module

from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import get_config
from typing_extensions import override

from vokcrawl.errors import ExitCode
from vokcrawl.settings import PROFILES, unknown_profile
from vokcrawl.utils.program import PROGRAM

_OURS = "vokcrawl.settings."


class Command(ScrapyCommand):
    """Lists the profiles. Creating it ends the process with exit code 2 where the selected profile does not exist."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def __init__(self) -> None:
        super().__init__()
        fault = fault_of(os.environ, profiles())
        if fault is not None:
            sys.stderr.write(f"{PROGRAM}: {fault}\n")
            raise SystemExit(int(ExitCode.USAGE))

    @override
    def short_desc(self) -> str:
        return "List the profiles, and mark the selected one"

    @override
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        selected = os.environ.get("SCRAPY_SETTINGS_MODULE")
        for name, module in profiles().items():
            summary = (import_module(module).__doc__ or "").strip().partition("\n")[0]
            sys.stdout.write(f"{'*' if module == selected else ' '} {name:<12}  {summary}\n")


def profiles() -> dict[str, str]:
    """The module of settings of each profile: those of the nearest scrapy.cfg, or for `vokcrawl` the package's own."""
    if PROGRAM == "vokcrawl":
        return dict(PROFILES)
    config = get_config()
    return dict(config.items("settings")) if config.has_section("settings") else {}


def fault_of(environment: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """The error for the profile that `SCRAPY_PROJECT` selects; None where it exists, or where none is selected.

    `SCRAPY_SETTINGS_MODULE` takes precedence over a profile, for Scrapy too (scrapyd uses it). Projects other than this
    one are left alone.
    """
    name = environment.get("SCRAPY_PROJECT")
    if name is None or name in known or "SCRAPY_SETTINGS_MODULE" in environment:
        return None
    if not any(module.startswith(_OURS) for module in known.values()):
        return None
    return unknown_profile(name, known)
