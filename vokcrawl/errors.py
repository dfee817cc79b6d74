"""What can go wrong so that a run, or a command, must end: one base and a few children."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command, as a scheduler reads them (docs/operating.md)."""

    DONE = 0
    USAGE = 2
    INCOMPLETE = 10
    BLOCKED = 11
    LAYOUT = 12
    LOCKED = 13
    UNREACHABLE = 14
    STORAGE = 15
    INTERRUPTED = 130


class VokcrawlError(Exception):
    """Base of the errors that end a run. The message names the thing, the value and the way out."""

    exit_code = ExitCode.STORAGE


class UsageFault(VokcrawlError):
    """A wrong argument or setting. Raised by `options`, before anything is opened or sent: exit code 2."""

    exit_code = ExitCode.USAGE


class FolderLocked(VokcrawlError):
    """Another run holds the output folder. Raised by `files` when the lock is taken: exit code 13."""

    exit_code = ExitCode.LOCKED


class StorageFailed(VokcrawlError):
    """A file or the state could not be read or written (no space, no permission). Raised by `files`,
    `state` and `run`; the crawl closes, what was committed stays: exit code 15."""


class StateUnusable(StorageFailed):
    """The state is missing, damaged, foreign or newer than this code, or its server has forgotten something. Raised by
    `state`: exit code 15."""


class ReplayBroken(VokcrawlError):
    """A process that read archived pages died. Raised by `replay.pool`; what was committed stays: exit code 10."""

    exit_code = ExitCode.INCOMPLETE


class ServerAway(StorageFailed):
    """The Redis server that keeps the state cannot be reached any more. Raised by `state`; the crawl closes, what was
    committed stays: exit code 14."""

    exit_code = ExitCode.UNREACHABLE
