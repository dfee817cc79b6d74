"""Temporary databases."""

from __future__ import annotations

import sys
from threading import Thread
from typing import Any

import pytest

from vokcrawl.utils.temp_database import temporary_database


def test_temporary_database_may_be_deleted_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", errors.append)
    databases = [temporary_database("CREATE TABLE texts (text TEXT)")]
    thread = Thread(target=databases.clear)
    thread.start()
    thread.join()
    assert errors == []
