"""URLs of the pages, for the links in the templates: those of the server, and those of a static site.

An empty URL means that there is no such page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ServedAddresses:
    """URLs of the server. `archive` is the number of another archive (`--with`), or 0."""

    def __init__(self, archive: int = 0) -> None:
        self._archive = archive
        self._root = f"/with/{archive}" if archive else ""

    def article(self, identity: str) -> str:
        """The latest version of an article."""
        return f"{self._root}/article/{identity}"

    def version(self, record: Mapping[str, Any]) -> str:
        """One version of an article: a permanent address."""
        return f"{self._root}/article/{record['id']}/{record['revision']}"

    def captured(self, record: Mapping[str, Any]) -> str:
        """The captured page of a version."""
        return "" if self._archive or not record["archived_as"] else f"{self.version(record)}/page"

    def run(self, run_id: str) -> str:
        """A run."""
        return "" if self._archive else f"/runs/{run_id}"

    def other(self, archive: int, identity: str) -> str:
        """An article of another archive, by the number of the archive."""
        return f"/with/{archive}/article/{identity}" if archive else f"/article/{identity}"


class FrozenAddresses:
    """Relative URLs of a static site, in a page that is `depth` directories below its root.

    `shown` is the id of the article that the page is about. With `captures`, the site has captured pages.
    """

    def __init__(self, depth: int, archive: int = 0, shown: str = "", *, captures: bool = False) -> None:
        self.root = "../" * depth
        self._captures = captures
        self._archive = archive
        self._shown = shown

    def article(self, identity: str) -> str:
        """The latest version of an article."""
        return self.other(self._archive, identity)

    def version(self, record: Mapping[str, Any]) -> str:
        """One version of an article: a permanent address."""
        if record["latest"]:
            page = "" if record["id"] == self._shown else self.article(record["id"])
            return f"{page}#revision-{record['revision']}"
        return self.article(record["id"]).replace(".html", f"/{record['revision']}.html")

    def captured(self, record: Mapping[str, Any]) -> str:
        """The captured page of a version."""
        wanted = self._captures and not self._archive and record["archived_as"]
        return f"{self.root}{captured_name(record)}" if wanted else ""

    def run(self, run_id: str) -> str:
        """A run."""
        return "" if self._archive else f"{self.root}run/{run_id}.html"

    def other(self, archive: int, identity: str) -> str:
        """An article of another archive, by the number of the archive."""
        return f"{self.root}{f'with/{archive}/' if archive else ''}article/{identity}.html"


def captured_name(record: Mapping[str, Any], part: str = "") -> str:
    """Return the name of a file of a static site: the page about a captured page, or with `part` a part of it."""
    return f"captured/{record['id']}-{record['revision']}{part}.html"
