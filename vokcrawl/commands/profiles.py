"""`scrapy profiles`: lists the profiles, and marks the selected one.

If `SCRAPY_PROJECT` is not in scrapy.cfg, Scrapy ignores the project and reports an unknown spider or command. The only
project code that runs before that are commands of installed packages (the entry point `scrapy.commands`), all of which
Scrapy creates first. So this command, which is such an entry point, refuses an unknown profile when it is created.
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
    """Lists the profiles. Its constructor exits with code 2 if the selected profile does not exist."""

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
    if not any(module.startswith(_OURS) for module in known.values()):
        return None
    return unknown_profile(name, known)
