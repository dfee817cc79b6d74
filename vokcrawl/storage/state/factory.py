"""Selects and opens the state of an output directory."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

from vokcrawl.config import Options
from vokcrawl.errors import UsageError
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.protocol import State
from vokcrawl.storage.state.sqlite import SqliteState
from vokcrawl.utils.program import missing_package


class Opening(Protocol):
    """A function that opens the state of an output directory."""

    def __call__(self, folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
        """Opens the state. It is created unless it is `expected`, because the directory has records.

        Raises `StateError` or `StorageError`.
        """


def in_folder(folder: OutputFolder, expected: bool, *, read_only: bool = False) -> State:
    """The state in the SQLite file of the directory."""
    return SqliteState.open(folder.state, expected, read_only)


def opening_of(options: Options) -> Opening:
    """The function that opens the state that the settings select. Raises `UsageError` if a package is missing."""
    if options.state != "redis":
        return in_folder
    for module, package in (("redis", "redis"), ("scrapy_redis", "scrapy-redis")):
        if find_spec(module) is None:
            raise UsageError(f"several workers need {missing_package(package, 'distributed')}")
    # Not imported in a crawl by a single worker.
    from vokcrawl.storage.state.redis.folders import OnServer  # noqa: PLC0415

    return OnServer(options.redis_url, options.redis_prefix, options.redis_timeout)
