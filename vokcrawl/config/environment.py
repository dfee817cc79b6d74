"""Settings from environment variables of the same name."""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIX = "VOK_"
# The project's settings without the prefix.
UNPREFIXED = ("SPLASH_URL", "REDIS_URL")
# Variables of the project's tests, not settings.
_TEST_PREFIX = "VOK_TEST_"


def from_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment variables that have the name of one of the project's settings, or the project's prefix.

    Mistyped names are included, so that they are reported as errors instead of being ignored.
    """
    environment = os.environ if environment is None else environment
    return {name: value for name, value in environment.items() if _is_setting(name)}


def _is_setting(name: str) -> bool:
    return name in UNPREFIXED or (name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX))
