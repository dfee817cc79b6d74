"""Validates what a replay uses of the manifest beside an archive: other programs may have changed it."""

from __future__ import annotations

from vokcrawl.config import Arguments
from vokcrawl.config.values import parse_urls, read_value
from vokcrawl.errors import UsageError
from vokcrawl.storage.manifest import Manifest


def check_manifest(manifest: Manifest) -> None:
    """Checks the arguments and start URLs of a manifest. Raises `ValueError` that names what is invalid."""
    arguments, starts = manifest.arguments, manifest.settings.get("VOK_START_URLS")
    try:
        Arguments.read({name: arguments[name] for name in ("since", "until", "start_url") if name in arguments})
        if starts:
            read_value("VOK_START_URLS", parse_urls, starts)
            if not isinstance(starts, str):
                raise TypeError("VOK_START_URLS: not a string")
    except (UsageError, TypeError) as error:
        raise ValueError(str(error)) from error
