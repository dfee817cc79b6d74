"""Base class of the project's commands: output directory, error messages, exit codes."""

from __future__ import annotations

import argparse
import atexit
import codecs
import logging
import os
import re
import shlex
import signal
import subprocess
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object
from typing_extensions import override

from vokcrawl.config import PREVIEW, Options
from vokcrawl.config.redacted import BASE_MODULE
from vokcrawl.errors import ExitCode, UsageError, VokcrawlError
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.progress import Progress, hide_progress
from vokcrawl.utils.terminal import (
    flush_output,
    harmless,
    harmless_lines,
    prepare_streams,
    write_error,
    write_output,
)


class CheckedCommand(ScrapyCommand):
    """Mixin: refuses options, arguments and spiders that Scrapy would ignore, or would fail at with a traceback."""

    # Whether options that do not exist are refused here.
    refuses_options = True
    # The least and the largest number of arguments besides options; None if the command checks them itself.
    argument_count: tuple[int, int] | None = None

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        name = type(self).__module__.rpartition(".")[2]
        try:
            reject_options(name, args if self.refuses_options else [])
        except UsageError as error:
            raise ScrapyUsageError(str(error), print_help=False) from error
        for option in ("logfile", "profile", "pidfile"):
            _require_writable(f"--{option}", getattr(opts, option, None))
        for each in opts.set:
            _require_readable(*each.partition("=")[::2])
        super().process_options(args, opts)
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        _require_writable("LOG_FILE", self.settings.get("LOG_FILE"))
        _require_log_format(self.settings)
        if self.requires_crawler_process:
            _require_addons(self.settings)
            _require_spiders(self.settings)
        if self.argument_count is not None:
            try:
                require_arguments(f"{name} {self.syntax()}", args, *self.argument_count)
            except UsageError as error:
                raise ScrapyUsageError(str(error), print_help=False) from error


class FolderCommand(CheckedCommand):
    """Base class of commands that use the output directory (`VOK_OUTPUT_DIR`). Subclasses define `work`."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type
    # `run` does, and prints the error without the usage line.
    refuses_options = False
    # Whether `work` takes arguments besides options.
    takes_arguments = False

    def __init__(self) -> None:
        super().__init__()
        # Scrapy creates all commands before it runs one of them or prints help.
        prepare_streams()

    @override
    def syntax(self) -> str:
        """The arguments in the usage line."""
        return "[options]"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run `work`. A `VokcrawlError` is printed to standard error and sets the exit code."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        self.progress = Progress()
        try:
            reject_options(type(self).__module__.rpartition(".")[2], args)
            if not self.takes_arguments:
                reject_arguments(args, "-s VOK_OUTPUT_DIR=… sets the output directory")
            self.options = Options.read(self.settings)
            self.folder = OutputFolder(self.options.output_dir)
            self.exitcode = int(self.work(args, opts))
            flush_output()
        except VokcrawlError as failure:
            complain(type(self).__module__.rpartition(".")[2], failure)
            self.exitcode = int(failure.exit_code)
        except KeyboardInterrupt:
            complain(type(self).__module__.rpartition(".")[2], "interrupted")
            self.exitcode = int(ExitCode.INTERRUPTED)
        finally:
            self.progress.close()
            # A Ctrl-C while Python ends would leave a traceback, and another exit code than that of the work done.
            atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)

    def work(self, args: list[str], opts: argparse.Namespace) -> ExitCode:
        """Run the command and return its exit code. Raises `VokcrawlError`."""
        raise NotImplementedError

    def existing_folder(self) -> OutputFolder:
        """Return the output directory. Raises `UsageError` if no run has written to it."""
        parts = any(True for _ in self.folder.parts())
        if not (parts or self.folder.holds_records() or self.folder.state.exists()):
            raise UsageError(
                f"{self.folder.path}: contains no output of a run; run `{PROGRAM} crawl vok`, or set VOK_OUTPUT_DIR"
            )
        return self.folder

    @staticmethod
    def add_others(parser: argparse.ArgumentParser, purpose: str) -> None:
        """Add ``--with DIR``; `together` takes the directories as `opts.others`."""
        parser.add_argument("--with", dest="others", action="append", default=[], metavar="DIR", help=purpose)

    @contextmanager
    def together(self, command: str, others: Sequence[str], *, read_only: bool = False) -> Iterator[list[OutputFolder]]:
        """The output folder and those of other workers, all locked. Raises `FolderLockedError`, `UsageError`.

        With `read_only` a directory in which this user cannot write is not locked.
        """
        if others and opening_of(self.options) is in_folder:
            raise UsageError("--with: only workers share a state; select their profile with SCRAPY_PROJECT=distributed")
        with ExitStack() as stack:
            folders = [self.existing_folder(), *(OutputFolder(each) for each in others)]
            for folder in folders:
                stack.enter_context(self.holding(folder, command, read_only=read_only))
            yield folders

    @staticmethod
    @contextmanager
    def holding(folder: OutputFolder, command: str, *, read_only: bool = False) -> Iterator[OutputFolder]:
        """A directory, locked so that no run changes it meanwhile. Raises `FolderLockedError`."""
        with folder.locked(f"`{PROGRAM} {command}`", read_only=read_only):
            yield folder

    @contextmanager
    def state(self) -> Iterator[State]:
        """Open the state for reading. Raises `StorageError`."""
        folder = self.existing_folder()
        state = opening_of(self.options)(folder, True, read_only=True)
        try:
            yield state
        finally:
            state.close()


class PreviewCommand(CheckedCommand):
    """Mixin for Scrapy's commands that use a spider without crawling: they open no run, and lock and write nothing."""

    @override
    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        self.settings.set(PREVIEW, True, priority="cmdline")
        leave_workers(self.settings)
        if getattr(opts, "spider", None):
            require_spider(opts.spider, get_spider_loader(self.settings).list())


# What the profile `distributed` replaces.
_OF_WORKERS = ("VOK_STATE", "SCHEDULER", "DUPEFILTER_CLASS", "DOWNLOADER", "DOWNLOADER_MIDDLEWARES", "EXTENSIONS")


def leave_workers(settings: Settings) -> None:
    """Set the components of a single crawl in the profile `distributed`: without a run, no Redis server is needed."""
    if settings.get("VOK_STATE") != "redis":
        return
    single = Settings()
    single.setmodule(BASE_MODULE, priority="project")
    for name in _OF_WORKERS:
        settings.set(name, single[name], priority="cmdline")


def reject_options(command: str, args: list[str]) -> None:
    """Raises `UsageError` for an option that does not exist: Scrapy passes it on as an argument."""
    for each in args:
        if each.startswith("-") and each not in ("-", "--"):
            raise UsageError(f"{each}: no such option; `{PROGRAM} {command} -h` lists them")


def require_arguments(usage: str, args: list[str], least: int, most: int) -> None:
    """Raises `UsageError` for too few or too many arguments; `usage` is the command with its arguments."""
    if len(args) < least:
        raise UsageError(f"missing argument: `{PROGRAM} {usage}`")
    if len(args) > most:
        raise UsageError(f"{args[most]!r}: unexpected argument: `{PROGRAM} {usage}`")


def require_url(args: list[str]) -> None:
    """Raises `scrapy.exceptions.UsageError` if the first argument is no URL that Scrapy's commands request."""
    if args and not re.match(r"https?://[^/?#]|file://", args[0]):
        raise ScrapyUsageError(f"{args[0]!r} is not a URL, such as https://example.org/newstream/", print_help=False)


def open_editor(editor: str, file: str | os.PathLike[str]) -> int:
    """Open a file in the program of the setting `EDITOR`, and return its exit code. Raises `UsageError`."""
    try:
        words = shlex.split(editor)
        if not words:
            raise ValueError("it is empty")
        return subprocess.call([*words, os.fspath(file)])  # noqa: S603  the user's own editor
    except (OSError, ValueError) as failure:
        why = failure.strerror if isinstance(failure, OSError) else failure
        raise UsageError(f"EDITOR: {editor!r} cannot be started ({why}); name an editor in that variable") from failure


def reject_arguments(args: list[str], hint: str) -> None:
    """Raises `UsageError` for any argument; `hint` says what to use instead."""
    if args:
        raise UsageError(f"{args[0]!r}: unexpected argument; {hint}")


def _require_writable(name: str, file: str | None) -> None:
    """Raises `scrapy.exceptions.UsageError` if a file that an option or a setting names cannot be written."""
    if not file:
        return
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))
    except (OSError, ValueError) as failure:
        why = failure.strerror if isinstance(failure, OSError) else failure
        raise ScrapyUsageError(
            f"{name}: {file!r} cannot be written ({why}); name a file in a directory that exists", print_help=False
        ) from failure


def _require_readable(name: str, value: str) -> None:
    """Raises `scrapy.exceptions.UsageError` if the value of ``-s`` is not the JSON that this setting needs."""
    try:
        Settings().set(name, value)
    except ValueError as failure:
        raise ScrapyUsageError(
            f'{name}: {value!r} is not JSON ({failure}); give the whole value, such as {{"my.Component": 500}}',
            print_help=False,
        ) from failure


def _require_log_format(settings: Settings) -> None:
    """Raises `scrapy.exceptions.UsageError` for settings with which logging would fail at each line."""
    try:
        codecs.lookup(settings["LOG_ENCODING"])
    except (LookupError, TypeError) as failure:
        value = settings["LOG_ENCODING"]
        raise ScrapyUsageError(
            f"LOG_ENCODING: {value!r} is not an encoding, such as utf-8", print_help=False
        ) from failure
    for name in ("LOG_FORMAT", "LOG_DATEFORMAT"):
        try:
            formats = {"LOG_FORMAT": None, "LOG_DATEFORMAT": None, name: settings[name]}
            record = logging.LogRecord("name", logging.INFO, "file", 1, "text", (), None)
            logging.Formatter(formats["LOG_FORMAT"], formats["LOG_DATEFORMAT"]).format(record)
        except (ValueError, TypeError, KeyError) as failure:
            raise ScrapyUsageError(
                f"{name}: {settings[name]!r} is not a format of Python's logging ({failure})", print_help=False
            ) from failure


def _require_addons(settings: Settings) -> None:
    """Raises `scrapy.exceptions.UsageError` if an add-on cannot be imported; Scrapy would do it next."""
    path: Any = settings["ADDONS"]
    try:
        for path in build_component_list(settings["ADDONS"]):
            load_object(path)
    except Exception as failure:
        raise ScrapyUsageError(
            f"ADDONS: {str(path)!r} cannot be loaded: {failure}; correct the path, or remove it from the settings",
            print_help=False,
        ) from failure


def _require_spiders(settings: Settings) -> None:
    """Raises `scrapy.exceptions.UsageError` if the modules of spiders cannot be imported; Scrapy would do it next."""
    loader = settings["SPIDER_LOADER_CLASS"]
    try:
        load_object(loader)
    except Exception as failure:
        raise ScrapyUsageError(
            f"SPIDER_LOADER_CLASS: {loader!r} cannot be loaded: {failure}; correct the path, or omit the setting",
            print_help=False,
        ) from failure
    try:
        get_spider_loader(settings)
    except Exception as failure:
        frames = traceback.extract_tb(failure.__traceback__)
        where = next((f" ({each.filename}, line {each.lineno})" for each in frames[::-1] if each.line), "")
        reason = f"{type(failure).__name__}: {failure}{where}"
        modules = ", ".join(settings.getlist("SPIDER_MODULES"))
        raise ScrapyUsageError(
            f"SPIDER_MODULES: {modules} cannot be loaded: {reason}; correct the spider or the setting",
            print_help=False,
        ) from failure


def require_spider(name: str, known: list[str]) -> None:
    """Raises `scrapy.exceptions.UsageError` if a spider does not exist."""
    if name in known:
        return
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    has = f"this project has: {', '.join(known)}" if known else "SPIDER_MODULES names none"
    raise ScrapyUsageError(f"spider not found: {name}; {hint}{has}", print_help=False)


# The commands in groups, for `scrapy` and `vokcrawl` without a command; those not named here are of other packages.
_GROUPS = {
    "Crawl": ("crawl", "sources", "demo", "sample"),
    "Read the output": ("status", "search", "browse", "show", "diff", "export", "report"),
    "Maintain": ("doctor", "verify", "repair", "replay", "check-config", "profiles"),
    "Develop": ("shell", "parse", "fetch", "view", "check", "list", "genspider", "edit", "runspider", "bench"),
    "Scrapy": ("settings", "startproject", "version"),
}
_OTHERS = "Other commands"


def overview(program: str, head: str, descriptions: Mapping[str, str]) -> str:
    """The list of all commands, in groups. `descriptions` has the short description of each command by its name."""
    lines = [head, "", "Usage:", f"  {program} <command> [options] [args]"]
    grouped = {name for names in _GROUPS.values() for name in names}
    others = tuple(sorted(name for name in descriptions if name not in grouped))
    for title, names in {**_GROUPS, _OTHERS: others}.items():
        present = [name for name in names if name in descriptions]
        if present:
            lines += ["", f"{title}:", *(f"  {name:<13} {descriptions[name]}" for name in present)]
    return "\n".join([*lines, "", f"`{program} <command> -h` explains a command.", ""])


def complain(command: str, failure: VokcrawlError | str) -> None:
    """Print an error to standard error, as one line with control characters escaped."""
    hide_progress()
    write_error(f"{PROGRAM} {command}: {harmless(str(failure))}\n")


def say(text: str) -> None:
    """Print text to standard output, with control characters escaped. Raises `StorageError` if that fails."""
    hide_progress()
    write_output(harmless_lines(text) + "\n")
