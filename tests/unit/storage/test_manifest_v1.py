"""Manifests of version 1 get the names of version 2."""

from __future__ import annotations

from typing import Any

from vokcrawl.policy.pagination import StopReason
from vokcrawl.storage.manifest_v1 import upgrade_manifest

OLD: dict[str, Any] = {
    "schema": "vokcrawl.run/1",
    **dict.fromkeys(("run_id", "spider", "version", "started_at", "ended_at"), "x"),
    "arguments": {},
    "settings": {},
    "exit_code": 11,
    "counts": {},
    "files": [],
    "coverage": {},
    "other_sources": [],
    "previous_manifest": None,
    "outcome": "gated",
    "listings": [
        {"way": "ajax", "stopped": "end of the listing"},
        {"way": "link", "stopped": "joined what a complete walk has covered"},
    ],
    "ways_left": [{"url": "u", "way": "search", "why": "without_way"}],
    "owed": [{"id": "1-1", "reason": "gate_sign_up"}],
    "errors": {
        name: {"count": 1, "examples": []}
        for name in (
            *("article_gate_front_page", "closed_gate_bot_check", "article_metered", "way_http_404"),
            *("listing_splash_unreachable", "more_needs_splash", "field_x"),
        )
    },
}


def test_keys_and_outcome_are_renamed() -> None:
    new = upgrade_manifest(OLD)
    assert (new["schema"], new["outcome"]) == ("vokcrawl.run/2", "blocked")
    assert [(each["strategy"], each["stop_reason"]) for each in new["listings"]] == [
        ("ajax", "end of the listing"),
        ("link", StopReason.KNOWN),
    ]
    assert new["discovery_attempts"] == [{"url": "u", "strategy": "search", "reason": "without_route"}]


def test_reasons_of_errors_are_renamed() -> None:
    new = upgrade_manifest(OLD)
    expected = ["article_block_page_front_page", "closed_block_page_bot_check", "article_truncated", "route_http_404"]
    assert list(new["errors"]) == [*expected, "listing_browser_unreachable", "more_needs_browser", "field_x"]
    assert new["pending_retries"][0]["reason"] == "block_page_sign_up"
