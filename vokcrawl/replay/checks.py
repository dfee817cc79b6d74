"""Validates the manifest that lies beside an archive: other programs may have changed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vokcrawl.config import Arguments
from vokcrawl.config.addresses import urls
from vokcrawl.errors import UsageError


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Looks at what a replay asks a manifest for. Raises `ValueError` that names what is not as runs write it."""
    for name in ("arguments", "settings"):
        if not isinstance(manifest.get(name, {}), dict):
            raise ValueError(f"{name}: no JSON object")
    listings = manifest.get("listings", [])
    if not isinstance(listings, list) or not all(isinstance(each, dict) for each in listings):
        raise ValueError("listings: no list of JSON objects")
    arguments, settings = manifest.get("arguments", {}), manifest.get("settings", {})
    try:
        Arguments.read({name: arguments[name] for name in ("since", "until", "start_url") if name in arguments})
        if starts := settings.get("VOK_START_URLS"):
            urls("VOK_START_URLS", starts)
            if not isinstance(starts, str):
                raise TypeError("VOK_START_URLS: no text")
    except (UsageError, TypeError) as fault:
        raise ValueError(str(fault)) from fault
