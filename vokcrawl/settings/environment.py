"""Settings that the environment gives, in a variable of the setting's own name."""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIX = "VOK_"
# What the project's tests are told by the environment, in a shell where a crawl may be started too; no settings.
OF_TESTS = "VOK_TEST_"
# The settings that are the project's without its prefix.
ALSO_OURS = ("SPLASH_URL", "REDIS_URL")


def from_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The settings that the environment gives: each variable that has the name, or the prefix, of one of ours.

    A mistyped name is given too, so that it is refused with the other settings rather than passed over.
    """
    environment = os.environ if environment is None else environment
    return {name: value for name, value in environment.items() if _is_ours(name)}


def _is_ours(name: str) -> bool:
    return name in ALSO_OURS or (name.startswith(PREFIX) and not name.startswith(OF_TESTS))
