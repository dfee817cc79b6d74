"""Settings that the environment gives, in a variable of the setting's own name."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vokcrawl.options.group import ALSO_OURS, OF_TESTS, PREFIX


def from_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment gives: each variable that has the name, or the prefix, of one of ours.

    A mistyped name is given too, so that it is refused with the other settings rather than passed over.
    """
    environment = os.environ if environment is None else environment
    return {name: value for name, value in environment.items() if _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name in ALSO_OURS or (name.startswith(PREFIX) and not name.startswith(OF_TESTS))
