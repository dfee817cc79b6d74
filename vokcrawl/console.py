"""The console script `vokcrawl`: runs the project's commands in any directory, without a checkout or scrapy.cfg.

The commands are the same as ``scrapy COMMAND`` in a checkout. Only the source of the settings differs: `SCRAPY_PROJECT`
selects a profile of the package (`vokcrawl.settings.PROFILES`), not of the nearest scrapy.cfg. `SCRAPY_SETTINGS_MODULE`
selects another settings module, as in Scrapy.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pkgutil
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module

import scrapy
from scrapy.cmdline import ScrapyArgumentParser
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import Settings
from scrapy.utils.project import ENVVAR, get_project_settings

from vokcrawl import __version__, cli, commands
from vokcrawl.errors import ExitCode, UsageError, VokcrawlError
from vokcrawl.settings import PROFILES, unknown_profile
from vokcrawl.utils.terminal import flush_output, harmless, prepare_streams, write_error, write_output

_ASYNCIO_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. `argv` defaults to the arguments of the program."""
    prepare_streams()
    try:
        code = _main(list(sys.argv[1:] if argv is None else argv))
        flush_output()
    except VokcrawlError as fault:
        write_error(f"vokcrawl: {harmless(str(fault))}\n")
        return int(fault.exit_code)
    except KeyboardInterrupt:
        write_error("vokcrawl: interrupted\n")
        return int(ExitCode.INTERRUPTED)
    return code


def _main(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        write_output(f"vokcrawl {__version__} (Scrapy {scrapy.__version__})\n")
        return int(ExitCode.OK)
    settings = load_settings()
    if not words or words[0] in ("-h", "--help"):
        write_output(overview())
        return int(ExitCode.OK)
    return run(words[0], words[1:], settings)


def load_settings() -> Settings:
    """Return the settings of the selected profile. Raises `UsageError` if the profile or module does not exist."""
    if ENVVAR not in os.environ:
        name = os.environ.get("SCRAPY_PROJECT", "default")
        if name not in PROFILES:
            raise UsageError(unknown_profile(name, PROFILES))
        os.environ[ENVVAR] = PROFILES[name]
    try:
        return get_project_settings()
    except ImportError as missing:
        raise UsageError(f"{ENVVAR}: {os.environ[ENVVAR]!r} cannot be imported: {missing}") from missing


def command_modules() -> dict[str, str]:
    """Return the module of each command, by its name."""
    names = [each.name for each in pkgutil.iter_modules(commands.__path__) if not each.name.startswith("_")]
    return {name: f"{commands.__name__}.{name}" for name in names}


def overview() -> str:
    """Return the output of ``vokcrawl --help``."""
    descriptions = {name: load_command(name).short_desc() for name in command_modules()}
    return cli.overview("vokcrawl", f"vokcrawl {__version__}", descriptions)


def load_command(name: str) -> ScrapyCommand:
    """Create a command. Raises `UsageError` if it does not exist."""
    modules = command_modules()
    if name not in modules:
        close = get_close_matches(name, modules, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UsageError(f"{name!r}: no such command; {hint}`vokcrawl --help` lists them")
    command: ScrapyCommand = import_module(modules[name]).Command()
    return command


def run(name: str, words: Sequence[str], settings: Settings) -> int:
    """Run a command with its arguments, and return its exit code. Raises `UsageError`, `SystemExit`."""
    command = load_command(name)
    parser = ScrapyArgumentParser(
        prog="vokcrawl",
        formatter_class=ScrapyHelpFormatter,
        usage=f"vokcrawl {name} {command.syntax()}",
        conflict_handler="resolve",
        description=command.long_desc(),
    )
    settings.setdict(command.default_settings, priority="command")
    command.settings = settings
    command.add_options(parser)
    options, arguments = parser.parse_known_args(words)
    try:
        command.process_options(arguments, options)
        if command.requires_crawler_process:
            command.crawler_process = _crawler_process(settings)
        _run(command, arguments, options)
    except ScrapyUsageError as error:
        if str(error):
            parser.error(str(error))
        if error.print_help:
            parser.print_help()
        return int(ExitCode.USAGE)
    return command.exitcode


def _run(command: ScrapyCommand, arguments: list[str], options: argparse.Namespace) -> None:
    if not options.profile:
        command.run(arguments, options)
        return
    profile = cProfile.Profile()
    profile.runcall(command.run, arguments, options)
    profile.dump_stats(options.profile)


def _crawler_process(settings: Settings) -> scrapy.crawler.AsyncCrawlerProcess | scrapy.crawler.CrawlerProcess:
    """Create the crawler process as `scrapy.cmdline.execute` does."""
    from scrapy.crawler import AsyncCrawlerProcess, CrawlerProcess  # noqa: PLC0415  imported only for commands that crawl

    is_async = settings["TWISTED_REACTOR"] == _ASYNCIO_REACTOR and not settings.getbool("FORCE_CRAWLER_PROCESS")
    if is_async or not settings.getbool("TWISTED_REACTOR_ENABLED"):
        return AsyncCrawlerProcess(settings)
    return CrawlerProcess(settings)
