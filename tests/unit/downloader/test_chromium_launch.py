"""How Chromium is started: with its sandbox where that is possible, and with no secrets in its environment."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from playwright.async_api import Error

from vokcrawl.downloader.chromium.launch import _launched


class FakePlaywright:
    """Notes how it is asked to start a browser, and fails with the given messages first."""

    def __init__(self, *failures: str) -> None:
        self.failures = list(failures)
        self.launches: list[dict[str, Any]] = []
        self.chromium = self

    async def launch(self, **options: Any) -> str:
        self.launches.append(options)
        if self.failures:
            raise Error(self.failures.pop(0))
        return "browser"


def launches(playwright: FakePlaywright) -> list[dict[str, Any]]:
    assert asyncio.run(_launched(playwright, "/usr/bin/chromium")) == "browser"  # type: ignore[arg-type]
    return playwright.launches


def test_sandbox_is_on_for_a_user(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert [each["chromium_sandbox"] for each in launches(FakePlaywright())] == [True]
    assert caplog.messages == []


def test_sandbox_is_off_for_root_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert [each["chromium_sandbox"] for each in launches(FakePlaywright())] == [False]
    assert caplog.record_tuples[0][1:] == (
        logging.WARNING,
        "Chromium runs without its sandbox, because this process runs as root; use another user",
    )


def test_sandbox_is_off_where_the_system_refuses_it_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    found = launches(FakePlaywright("FATAL: No usable sandbox! Update your kernel"))
    assert [each["chromium_sandbox"] for each in found] == [True, False]
    assert caplog.messages == ["Chromium runs without its sandbox, because this system does not allow it one"]


def test_another_failure_is_no_reason_to_leave_the_sandbox_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    playwright = FakePlaywright("out of memory")
    with pytest.raises(Error, match="out of memory"):
        launches(playwright)
    assert len(playwright.launches) == 1


def test_passwords_of_the_environment_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://user:password@host/0")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = launches(FakePlaywright())[0]["env"]
    assert "REDIS_URL" not in environment
    assert environment["LANG"] == "C.UTF-8"
