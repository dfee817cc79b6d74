"""Holds to its form what others may have changed: findings from files, and manifests that tell of an archive's run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from vokcrawl.config import Arguments
from vokcrawl.config.addresses import urls
from vokcrawl.errors import UsageFault
from vokcrawl.items import ArchivePlace
from vokcrawl.normalize import absolute_url, article_id, parse_utc, utc
from vokcrawl.replay.findings import Finding, Kind
from vokcrawl.warc.reader import FIRST_YEAR

# No file is longer, and no state or JSON keeps a larger number.
_LARGEST = 1 << 53


# Made when the first findings are read from a file.
_CONFIG = ConfigDict(extra="forbid", strict=True, defer_build=True)


class _Image(BaseModel):
    model_config = _CONFIG

    url: str
    caption: str | None


class _Item(BaseModel):
    """What `loaders.load_article` gives. Its values are looked at as all records are, by the pipelines."""

    model_config = _CONFIG

    schema_: str = Field(alias="schema")
    id: str
    url: str = ""
    title: str = ""
    body: str
    published_on: str | None = None
    ingested_at: str | None
    source: str | None = None
    language: str | None
    original_url: str | None = None
    story: str | None
    images: list[_Image]
    truncated: bool
    extractor: str
    content_hash: str


_FINDINGS = TypeAdapter(list[Finding], config=ConfigDict(defer_build=True))


def checked_findings(text: bytes) -> list[Finding]:
    """Findings that stand in a file. Raises `ValueError` that says what is wrong with which of them."""
    try:
        # Nested too deeply, or with numbers that nothing can keep, it is none of ours.
        orjson.loads(text)
        found = _FINDINGS.validate_json(text, strict=True)
        for each in found:
            _check(each)
    except ValidationError as fault:
        raise ValueError(_first(fault)) from fault
    return found


def _check(found: Finding) -> None:
    check_moment(found.at)
    ArchivePlace.model_validate(found.place)
    numbers = (found.status, found.unclosed, found.place["offset"], *(raw.position for raw in found.teasers))
    if not all(0 <= number < _LARGEST for number in numbers):
        raise ValueError("a number is out of bounds")
    if absolute_url(found.url, found.url) is None or found.identity not in (None, article_id(found.url)):
        raise ValueError(f"{found.url[:200]!r} is not the address of {found.identity!r}")
    if found.kind is not Kind.ARTICLE:
        return
    item = _Item.model_validate(found.item)
    if item.id != found.identity or (found.unfit is None and not item.title):
        raise ValueError("an article is not the one of its address, or without a title")


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
    except (UsageFault, TypeError) as fault:
        raise ValueError(str(fault)) from fault


def check_moment(moment: str) -> None:
    """Raises `ValueError` for what `fields.utc` does not write, or would write of a time before there was a web."""
    at = parse_utc(moment)
    if utc(at) != moment or at.year < FIRST_YEAR:
        raise ValueError(f"{moment[:50]!r} is no moment of a capture")


def _first(fault: ValidationError) -> str:
    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else str(first["msg"])
