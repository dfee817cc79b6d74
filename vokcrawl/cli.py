"""Base class of the project's commands: output directory, error messages, exit codes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from scrapy.commands import ScrapyCommand

from vokcrawl.config import Options
from vokcrawl.errors import ExitCode, StorageError, UsageError, VokcrawlError
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.factory import in_folder, opening_of
from vokcrawl.storage.state.protocol import State
from vokcrawl.utils.program import PROGRAM
from vokcrawl.utils.terminal import harmless, harmless_lines


class FolderCommand(ScrapyCommand):
    """Base class of commands that use the output directory (`VOK_OUTPUT_DIR`). Subclasses define `work`."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run `work`. A `VokcrawlError` is printed to standard error and sets the exit code."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            self.options = Options.read(self.settings)
            self.folder = OutputFolder(self.options.output_dir)
            self.exitcode = int(self.work(args, opts))
        except VokcrawlError as failure:
            complain(type(self).__module__.rpartition(".")[2], failure)
            self.exitcode = int(failure.exit_code)
        except KeyboardInterrupt:
            complain(type(self).__module__.rpartition(".")[2], "interrupted")
            self.exitcode = int(ExitCode.INTERRUPTED)

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
        folder.take(f"`{PROGRAM} {command}`", read_only=read_only)
        try:
            yield folder
        finally:
            folder.release()

    @contextmanager
    def state(self) -> Iterator[State]:
        """Open the state for reading. Raises `StorageError`."""
        folder = self.existing_folder()
        state = opening_of(self.options)(folder, True, read_only=True)
        try:
            yield state
        finally:
            state.close()


def complain(command: str, failure: VokcrawlError | str) -> None:
    """Print an error to standard error, as one line with control characters escaped."""
    sys.stderr.write(f"{PROGRAM} {command}: {harmless(str(failure))}\n")


def say(text: str) -> None:
    """Print text to standard output, with control characters escaped. Raises `StorageError` if that fails."""
    try:
        sys.stdout.write(harmless_lines(text) + "\n")
    except OSError as failure:
        raise StorageError(f"standard output: {failure.strerror}") from failure
