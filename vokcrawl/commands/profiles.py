"""`scrapy profiles`: the profiles of scrapy.cfg, and which one holds.

Scrapy takes a `SCRAPY_PROJECT` that scrapy.cfg does not know for no project at all, and then says that it knows
neither the spider nor the settings. Nothing of a project is asked before that, but for commands of installed packages
(the entry point `scrapy.commands`): Scrapy makes all of them before it looks for the one that is wanted. So this one,
which `make setup` installs, is where such a name is refused.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

from scrapy.commands import ScrapyCommand
from scrapy.utils.conf import get_config

from vokcrawl.errors import ExitCode

_OURS = "vokcrawl.settings."


class Command(ScrapyCommand):
    """Lists them. When it is made, it ends the process with 2 where the profile that is asked for does not exist."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def __init__(self) -> None:
        super().__init__()
        fault = fault_of(os.environ, profiles())
        if fault is not None:
            sys.stderr.write(f"scrapy: {fault}\n")
            raise SystemExit(int(ExitCode.USAGE))

    def short_desc(self) -> str:
        return "List the profiles of scrapy.cfg, and which one holds"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        held = os.environ.get("SCRAPY_SETTINGS_MODULE")
        for name, module in profiles().items():
            said = (import_module(module).__doc__ or "").strip().partition("\n")[0]
            sys.stdout.write(f"{'*' if module == held else ' '} {name:<12}  {said}\n")


def profiles() -> dict[str, str]:
    """The profiles that the nearest scrapy.cfg knows, each with its module of settings."""
    config = get_config()
    return dict(config.items("settings")) if config.has_section("settings") else {}


def fault_of(environment: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """What is wrong with the profile that `SCRAPY_PROJECT` asks for; None when it exists, or when none is asked for.

    With `SCRAPY_SETTINGS_MODULE` none is: Scrapy takes that one, whatever the profile's name (scrapyd does so). Other
    people's projects are none of our business.
    """
    name = environment.get("SCRAPY_PROJECT")
    if name is None or name in known or "SCRAPY_SETTINGS_MODULE" in environment:
        return None
    if not any(module.startswith(_OURS) for module in known.values()):
        return None
    meant = get_close_matches(name, known, n=1)
    hint = f"did you mean {meant[0]}? " if meant else ""
    return f"SCRAPY_PROJECT: {name!r}: no such profile; {hint}The profiles of scrapy.cfg are {', '.join(sorted(known))}"
