"""The name of the command line program: `vokcrawl` for the console script, `scrapy` in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path


def program_name(argv0: str) -> str:
    """Return the name of the program from `sys.argv[0]`: `vokcrawl` (also for ``python -m vokcrawl``) or `scrapy`.

    >>> program_name("/usr/bin/vokcrawl"), program_name("/usr/lib/vokcrawl/__main__.py"), program_name("scrapy")
    ('vokcrawl', 'vokcrawl', 'scrapy')
    """
    path = Path(argv0)
    return "vokcrawl" if "vokcrawl" in (path.stem, path.parent.name if path.stem == "__main__" else "") else "scrapy"


PROGRAM = program_name(sys.argv[0] if sys.argv else "")


def missing_package(package: str | None, extra: str) -> str:
    """Return the end of an error message about a package that is not installed, with the command that installs it."""
    return f"the package {package}, which is not installed; run `{install_command(extra)}`"


def install_command(extra: str) -> str:
    """Return the command that installs an extra: the pinned packages in a checkout, or else the extra itself."""
    if PROGRAM == "vokcrawl":
        return f"pip install 'vokcrawl[{extra}]'"
    # The pinned runtime of a checkout includes scrapy-splash.
    return "pip install -r requirements.txt" if extra == "splash" else f"pip install -r requirements/{extra}.txt"
