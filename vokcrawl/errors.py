"""Exit codes, and the exceptions that end a run or a command."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of every command; docs/operations.md has the table."""

    OK = 0
    USAGE = 2
    INCOMPLETE = 10
    BLOCKED = 11
    LAYOUT = 12
    LOCKED = 13
    UNREACHABLE = 14
    STORAGE = 15
    INTERRUPTED = 130


class VokcrawlError(Exception):
    """Base class of the errors that end a run or a command.

    The message names what is wrong, its value, and what to do about it. `exit_code` is the exit code that follows.
    """

    exit_code = ExitCode.STORAGE


class UsageError(VokcrawlError):
    """An argument or a setting is invalid.

    Raised by `config` and by the commands, before a file is opened or a request is sent. Exit code 2.
    """

    exit_code = ExitCode.USAGE


class FolderLockedError(VokcrawlError):
    """Another run or command holds the lock of the output directory.

    Raised by `storage.output_folder` when the lock is acquired. Exit code 13.
    """

    exit_code = ExitCode.LOCKED


class StorageError(VokcrawlError):
    """A file or the state could not be read or written, for example because the disk is full.

    Raised by `storage` and `runs`. The crawl ends; what was committed before is kept. Exit code 15.
    """


class StateError(StorageError):
    """The state is missing, damaged, foreign, from a newer version, or has lost committed data.

    Raised by `storage.state` when the state is opened or read. Exit code 15.
    """


class RedisUnavailableError(StorageError):
    """The Redis server that holds the state cannot be reached.

    Raised by `storage.state.redis`. The crawl ends; what was committed before is kept. Exit code 14.
    """

    exit_code = ExitCode.UNREACHABLE


class ReplayError(VokcrawlError):
    """A worker process of a replay died.

    Raised by `replay.pool`. What was committed before is kept. Exit code 10.
    """

    exit_code = ExitCode.INCOMPLETE
