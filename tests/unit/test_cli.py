"""What every command does with text of others."""

from __future__ import annotations

import json

import pytest

from vokcrawl.cli import complain, say
from vokcrawl.errors import UsageError


def test_what_a_command_says_and_complains_of_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\n\x1b]0;owned\x07\u202etwo")
    complain("status", UsageError("a\nb\x1b[2J"))
    told = capsys.readouterr()
    assert told.out == "one\n\\u001b]0;owned\\u0007\\u202etwo\n"
    assert told.err == "scrapy status: a\\u000ab\\u001b[2J\n"


def test_json_that_a_command_says_stays_json(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"title": "조선 \x9b31m \u202e \U000e0041"}
    say(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(capsys.readouterr().out) == value
