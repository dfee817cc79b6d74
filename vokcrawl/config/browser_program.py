"""Finds the Chromium program."""

from __future__ import annotations

import shutil

# The names of the program in distributions, the first one found is used.
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find_chromium(configured: str) -> str | None:
    """The path of the program that `VOK_CHROMIUM` names, or else of the first one on the PATH; None without any."""
    names = (configured,) if configured else PROGRAMS
    return next((path for name in names if (path := shutil.which(name)) is not None), None)
