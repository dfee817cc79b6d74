"""What a class of settings is made of: a field for each setting, and the check that its value must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any, Self, TypeVar

from scrapy.settings import BaseSettings

from vokcrawl.errors import UsageError
from vokcrawl.settings.environment import ALSO_OURS, PREFIX

T = TypeVar("T")


def by(check: Callable[..., T], *, is_secret: bool = False, **bounds: Any) -> T:
    """A field whose setting `check(name, value, **bounds)` reads, or refuses with a `UsageError`.

    What `is_secret` is shown nowhere.
    """
    made: T = field(metadata={"check": partial(check, **bounds), "secret": is_secret}, repr=not is_secret)
    return made


@dataclass(frozen=True, slots=True)
class Group:
    """Base of the classes of settings. Each field is made with `by`; its setting has its name, in capitals."""

    @classmethod
    def checks(cls) -> dict[str, Field[Any]]:
        """The names of the settings, each with its field."""
        named = {each.name.upper(): each for each in fields(cls)}
        return {name if name in ALSO_OURS else PREFIX + name: each for name, each in named.items()}

    @classmethod
    def read(cls, settings: BaseSettings) -> Self:
        """Reads and checks those of this group. Raises `UsageError` that names the setting and what is allowed."""
        for fault in cls.faults(settings):
            raise UsageError(fault)
        return cls(**cls.values(settings))

    @classmethod
    def faults(cls, settings: BaseSettings) -> list[str]:
        """What is wrong with the settings of this group, a line for each."""
        values, found = {}, []
        for name, each in cls.checks().items():
            try:
                values[each.name] = each.metadata["check"](name, settings.get(name))
            except UsageError as fault:
                found.append(str(fault))
        return found or cls(**values).disagreements()

    def disagreements(self) -> list[str]:
        """What is wrong with the settings taken together, a line for each."""
        return []

    @classmethod
    def values(cls, settings: BaseSettings) -> dict[str, Any]:
        """The checked values by the names of their fields. Raises `UsageError` for one that is wrong."""
        return {each.name: each.metadata["check"](name, settings.get(name)) for name, each in cls.checks().items()}
