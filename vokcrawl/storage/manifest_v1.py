"""Reads manifests of version 1 (`vokcrawl.run/1`, until 2026-11-29): old keys become those of version 2.

The first releases did not write all keys of version 1; what is missing becomes null or empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SCHEMA_V1 = "vokcrawl.run/1"
# A few development versions wrote it under the second name.
SCHEMAS_V1 = frozenset({SCHEMA_V1, "vokcrawl.runs.run/1"})

# Keys of version 1 that are stored under another name in version 2.
_RENAMED = {
    "follows": "leader_run_id",
    "ways_left": "discovery_attempts",
    "readings": "extractors_used",
    "owed": "pending_retries",
    "replayed": "replay",
}
_RENAMED_IN_LISTING = {
    "led_from": "discovered_from",
    "way": "strategy",
    "sweep": "rescan",
    "stopped": "stop_reason",
    "back_to": "covered_since",
    "head": "first_page_ids",
}
_RENAMED_IN_ATTEMPT = {"way": "strategy", "why": "reason"}
_RENAMED_IN_RETRY = {"first_at": "first_failed_at", "next_at": "next_attempt_at"}
_RENAMED_IN_REPLAY = {"passed_over": "skipped", "faults_counted": "fault_count"}
# Parts of the reasons of errors that have other names now.
_RENAMED_IN_REASON = (
    (re.compile(r"(?<![a-z])gate_(?=sign_up|front_page|bot_check|national_block)"), "block_page_"),
    (re.compile(r"^article_metered"), "article_truncated"),
    (re.compile(r"^way_"), "route_"),
    (re.compile(r"(?<![a-z])without_way$"), "without_route"),
    (re.compile(r"(?<![a-z])splash_(?=unreachable$|refused$|out_of_time$)"), "browser_"),
    (re.compile(r"^more_needs_splash$"), "more_needs_browser"),
)
# Values of `policy.pagination.StopReason`.
_STOP_REASONS = {
    "first page as the last complete walk left it": "first page unchanged since the last complete crawl",
    "joined what a complete walk has covered": "reached pages that a complete crawl has covered",
    "passed the day of since": "reached the date in since",
    "a page of the listing could not be had": "a listing page failed",
    "an empty page where more was promised": "an empty page before the end",
    "pages repeat what was already shown": "pages repeat entries already shown",
    "no way to More Articles could be read": "More Articles not understood",
    "a full first page without any More Articles": "a full first page without More Articles",
    "the run's time is used up": "time limit of the run reached",
    "left for another way": "replaced by another discovery strategy",
    "the search takes no notice of the days it is asked for": "the search ignores its date range",
    "days that hold more than the search shows": "days with more articles than the search shows",
    "batches do not join the ones before": "batches do not overlap",
    "entries that were shown are neither delivered nor scheduled for a retry": (
        "entries neither delivered nor scheduled for a retry"
    ),
    "as much of the sitemap as one run asks for": "the sitemap's limit per run reached",
}
OUTCOMES = {"gated": "blocked", "held": "locked", "killed": "crashed"}
# The default of VOK_SOURCE in all releases that wrote version 1. A listing of the first releases had no source.
DEFAULT_SOURCE_V1 = "Voice of Korea (EN)"
# Keys that not all releases wrote.
_LISTING_DEFAULTS = {"found_by": "start page", "discovered_from": None, "backfill": None, "found_late": 0}
_RETRY_DEFAULTS = {"first_failed_at": None, "missing_since": None}
# Keys of every draft, and the further keys of every manifest.
_DRAFT_KEYS = ("run_id", "spider", "version", "arguments", "settings", "started_at")
_RESULT_KEYS = (
    *("ended_at", "outcome", "exit_code", "counts", "listings", "files", "coverage", "errors", "owed"),
    *("other_sources", "previous_manifest"),
)


def upgrade_manifest(raw: Mapping[str, Any], *, draft: bool = False) -> dict[str, Any]:
    """A manifest of version 1, or the draft of one, with the keys of version 2. Raises `ValueError`.

    Only names are changed here; the types of the values are checked by the model.
    """
    required = _DRAFT_KEYS if draft else (*_DRAFT_KEYS, *_RESULT_KEYS)
    if missing := [name for name in required if name not in raw]:
        raise ValueError(f"the keys {', '.join(missing)} are missing")
    new = _renamed(raw, _RENAMED) | {"schema": "vokcrawl.run/2"}
    if isinstance(new.get("outcome"), str):
        new["outcome"] = OUTCOMES.get(new["outcome"], new["outcome"])
    pages = new.get("pages")
    if not pages:
        new["pages"] = None
    elif isinstance(pages, dict):
        old = {"read": 0, "failed": 0, "articles": 0, "metered": 0, **pages}
        new["pages"] = _renamed(old, {"metered": "truncated"})
    settings = raw["settings"]
    source = settings.get("VOK_SOURCE", DEFAULT_SOURCE_V1) if isinstance(settings, dict) else DEFAULT_SOURCE_V1
    new["listings"] = [
        {"source": source, **_LISTING_DEFAULTS, **_with_stop_reason(_renamed(each, _RENAMED_IN_LISTING))}
        for each in _objects(new, "listings")
    ]
    new["discovery_attempts"] = [
        _with_reason(_renamed(each, _RENAMED_IN_ATTEMPT)) for each in _objects(new, "discovery_attempts")
    ]
    new["pending_retries"] = [
        {**_RETRY_DEFAULTS, **_with_reason(_renamed(each, _RENAMED_IN_RETRY))}
        for each in _objects(new, "pending_retries")
    ]
    if isinstance(new.get("errors"), dict):
        new["errors"] = {current_reason(reason): error for reason, error in new["errors"].items()}
    if isinstance(new.get("replay"), dict):
        new["replay"] = _renamed(new["replay"], _RENAMED_IN_REPLAY)
    return new


def current_reason(reason: str) -> str:
    """The present name of the reason of an error.

    >>> current_reason("article_gate_sign_up")
    'article_block_page_sign_up'
    """
    for old, new in _RENAMED_IN_REASON:
        reason = old.sub(new, reason)
    return reason


def _with_reason(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"reason": current_reason(raw["reason"])} if isinstance(raw.get("reason"), str) else raw


def _with_stop_reason(raw: dict[str, Any]) -> dict[str, Any]:
    reason = raw.get("stop_reason")
    return raw | {"stop_reason": _STOP_REASONS.get(reason, reason)} if isinstance(reason, str) else raw


def _renamed(raw: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in raw.items()}


def _objects(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"{key}: not a list of JSON objects")
    return value
