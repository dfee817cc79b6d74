"""Reads profiles from TOML files. An error names the file, the line and the key."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vokcrawl.pages.profile.model import SiteProfile

__all__ = ["BUILT_IN", "ProfileError", "built_in_profile", "built_in_values", "read_profile"]

BUILT_IN = Path(__file__).with_name("kcnawatch.toml")
_LARGEST = 1_000_000
# Keys that do not change how a page is read.
_DESCRIPTIVE = ("name", "valid_from", "valid_until")
_TABLE = re.compile(r"\s*\[\s*([\w.\s-]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*["']?([\w-]+)["']?\s*[=.]""")


class ProfileError(ValueError):
    """A file is not a valid profile. The message names the file, the line and the key."""


@cache
def built_in_profile() -> SiteProfile:
    """The built-in profile."""
    return SiteProfile.model_validate(built_in_values())


@cache
def built_in_values() -> dict[str, Any]:
    """The values of the built-in profile, as its file has them."""
    # A package that scrapyd runs is a zip file, which has no paths.
    return tomllib.loads(resources.files(__package__).joinpath(BUILT_IN.name).read_text("utf-8"))


def read_profile(path: str) -> SiteProfile:
    """The built-in profile with the values of a file. Raises `ProfileError`."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ProfileError(f"{path}: {error.strerror or error}") from None
    return _parsed(path, content)


# Components read the settings one after the other.
@lru_cache(maxsize=16)
def _parsed(path: str, content: bytes) -> SiteProfile:
    if len(content) > _LARGEST:
        raise ProfileError(f"{path}: is larger than {_LARGEST} bytes")
    try:
        text = content.decode("utf-8")
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"{path}: not valid TOML: {error}") from None
    given.setdefault("name", "custom")
    values = _merged(built_in_values(), given)
    try:
        profile = SiteProfile.model_validate(values)
    except ValidationError as error:
        raise ProfileError(_message(path, text, error.errors(include_url=False)[0])) from None
    if profile.valid_from and profile.valid_until and profile.valid_from > profile.valid_until:
        line = _line_of(text, ("valid_until",))
        raise ProfileError(f"{path}{line}: valid_until: {profile.valid_until} is before valid_from")
    if (digest := _digest(values)) != _digest(built_in_values()):
        profile.set_digest(digest)
    return profile


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `over`; tables are merged, except with an empty one."""
    merged = dict(base)
    for key, value in over.items():
        below = base.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping) and value
        merged[key] = _merged(below or {}, value) if both else value
    return merged


def _digest(values: Mapping[str, Any]) -> str:
    extracting = {key: value for key, value in values.items() if key not in _DESCRIPTIVE}
    content = json.dumps(extracting, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def _message(path: str, text: str, details: ErrorDetails) -> str:
    location = [str(each) for each in details["loc"]]
    key = ".".join(each for each in location if not each.isdigit() and each != "[key]")
    if details["type"] == "extra_forbidden":
        reason = f"no such key; {BUILT_IN.name} describes all keys"
    elif "error" in details.get("ctx", {}):
        reason = str(details["ctx"]["error"])
    else:
        reason = f"{details['input']!r:.80} is not allowed ({details['msg']})"
    return f"{path}{_line_of(text, tuple(key.split('.')))}: {key}: {reason}"


def _line_of(text: str, keys: tuple[str, ...]) -> str:
    """Where a key is in a file, as ``, line 3``; empty if it is not found, for example in an inline table."""
    table: tuple[str, ...] = ()
    best = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            table = tuple(each.strip() for each in header[1].split("."))
            if table == keys[: len(table)]:
                best = best or f", line {number}"
            if table == keys:
                return f", line {number}"
        elif (found := _KEY.match(line)) and (*table, found[1]) == keys[: len(table) + 1]:
            return f", line {number}"
    return best
