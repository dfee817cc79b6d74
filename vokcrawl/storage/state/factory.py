"""Where the memory of an output folder is, and how it is opened."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

from vokcrawl.config import Options
from vokcrawl.errors import UsageError
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.program import install_command


class Opening(Protocol):
    """How the memory of a folder is opened."""

    def __call__(self, folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
        """Makes it where none is `expected`: where the folder holds no records that it would have to agree with.

        Raises `StateError` or `StorageError`.
        """


def in_folder(folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
    """The memory in the folder's own SQLite file."""
    return SqliteState.open(folder.state, expected, read_only)


def opening_of(options: Options) -> Opening:
    """How the settings say that a folder's memory is opened. Raises `UsageError` when they lack what it needs."""
    if options.state != "redis":
        return in_folder
    for module, package in (("redis", "redis"), ("scrapy_redis", "scrapy-redis")):
        if find_spec(module) is None:
            raise UsageError(
                f"the package {package} is missing, which several workers need; run `{install_command('distributed')}`"
            )
    # A crawl by one worker loads no client.
    from vokcrawl.storage.state.redis.folders import OnServer  # noqa: PLC0415

    return OnServer(options.redis_url, options.redis_prefix, options.redis_timeout)
