"""Every outcome of a manifest is explained."""

from __future__ import annotations

import pytest

from vokcrawl.errors import ExitCode
from vokcrawl.policy.outcome import CRASHED, NOTHING_NEW, WORDS
from vokcrawl.reporting.outcome_help import outcome_help


@pytest.mark.parametrize("outcome", [*(WORDS[code] for code in ExitCode), NOTHING_NEW, CRASHED])
def test_every_outcome_says_what_it_means_and_what_to_do_next(outcome: str) -> None:
    said = outcome_help(outcome)
    assert said is not None
    assert said.meaning
    assert said.next
    assert not said.next.endswith(".")


def test_an_outcome_of_another_version_is_not_explained() -> None:
    assert outcome_help("abducted") is None
