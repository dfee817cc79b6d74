"""What the project's commands share: the output folder, clear errors, and exit codes."""

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
    """Base of the commands that work on the output folder (`VOK_OUTPUT_DIR`). Subclasses define `work`."""

    requires_project = True
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012  Scrapy's name and type

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Runs `work`; an error of ours goes to the standard error output and gives the exit code."""
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
        """Does what the command is for. Raises `VokcrawlError`."""
        raise NotImplementedError

    def existing_folder(self) -> OutputFolder:
        """The output folder. Raises `UsageError` when nothing was ever delivered there."""
        parts = any(True for _ in self.folder.parts())
        if not (parts or self.folder.holds_records() or self.folder.state.exists()):
            raise UsageError(
                f"{self.folder.path}: no run has left anything here; run `{PROGRAM} crawl vok`, or set VOK_OUTPUT_DIR"
            )
        return self.folder

    @staticmethod
    def add_others(parser: argparse.ArgumentParser, purpose: str) -> None:
        """Adds ``--with DIR``, for the folders that `together` takes as `opts.others`."""
        parser.add_argument("--with", dest="others", action="append", default=[], metavar="DIR", help=purpose)

    @contextmanager
    def together(self, command: str, others: Sequence[str], *, read_only: bool = False) -> Iterator[list[OutputFolder]]:
        """The output folder and those of other workers, all locked. Raises `FolderLockedError`, `UsageError`.

        With `read_only` a directory in which this user cannot write is not locked.
        """
        if others and opening_of(self.options) is in_folder:
            raise UsageError("--with: only workers share a state; choose their profile, SCRAPY_PROJECT=distributed")
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
        """The open state, to be read. Raises `StorageError`."""
        folder = self.existing_folder()
        state = opening_of(self.options)(folder, True, read_only=True)
        try:
            yield state
        finally:
            state.close()


def complain(command: str, failure: VokcrawlError | str) -> None:
    """Writes an error to the standard error output, as one line in which control characters are escaped."""
    sys.stderr.write(f"{PROGRAM} {command}: {harmless(str(failure))}\n")


def say(text: str) -> None:
    """Writes text to the standard output, made harmless. Raises `StorageError` when it cannot be written."""
    try:
        sys.stdout.write(harmless_lines(text) + "\n")
    except OSError as failure:
        raise StorageError(f"standard output: {failure.strerror}") from failure
