"""``python -m vokcrawl.config [PAGE]``: writes the tables of settings and arguments into docs/settings.md."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from vokcrawl.config.documentation import update
from vokcrawl.errors import ExitCode

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def main(arguments: Sequence[str]) -> int:
    """Updates one page. Returns the exit code."""
    page = Path(arguments[0]) if arguments else PAGE
    try:
        page.write_text(update(page.read_text(encoding="utf-8")), encoding="utf-8")
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{page}: {error}\n")
        return int(ExitCode.USAGE)
    sys.stdout.write(f"{page}\n")
    return int(ExitCode.OK)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
