"""What a class of settings is made of: a field for each setting, and the check that its value must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

from scrapy.settings import BaseSettings

PREFIX = "VOK_"
# The settings that are the project's without its prefix.
ALSO_OURS = ("SPLASH_URL",)

T = TypeVar("T")


def by(check: Callable[..., T], **bounds: Any) -> T:
    """A field whose setting `check(name, value, **bounds)` reads, or refuses with a `UsageFault`."""
    made: T = field(metadata={"check": partial(check, **bounds)})
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
    def values(cls, settings: BaseSettings) -> dict[str, Any]:
        """The checked values by the names of their fields. Raises `UsageFault` for the first that is wrong."""
        return {each.name: each.metadata["check"](name, settings.get(name)) for name, each in cls.checks().items()}
