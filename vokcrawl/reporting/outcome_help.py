"""What the outcome of a run means, and what to do next, in a sentence each (docs/operating.md says more)."""

from __future__ import annotations

from dataclasses import dataclass

from vokcrawl.errors import ExitCode
from vokcrawl.policy.outcome import CRASHED, NOTHING_NEW, WORDS
from vokcrawl.utils.program import PROGRAM


@dataclass(frozen=True, slots=True)
class OutcomeHelp:
    """`meaning` says what happened, `next` what to do; both begin in lower case and end without a full stop."""

    meaning: str
    next: str


_BY_CODE = {
    ExitCode.OK: OutcomeHelp(
        "all that was to be had is delivered",
        "nothing to do; the next run goes on from here",
    ),
    ExitCode.USAGE: OutcomeHelp(
        "an argument or a setting is wrong; nothing was sent",
        "correct what the message names",
    ),
    ExitCode.INCOMPLETE: OutcomeHelp(
        "some pages could not be had after all retries; what was got is delivered",
        f"run again later, what is owed is asked for then; `{PROGRAM} status` names it",
    ),
    ExitCode.BLOCKED: OutcomeHelp(
        "the site asks for an account, meters every text, or checks its visitors",
        "look at the site in a browser, and wait or write to them; nothing is evaded",
    ),
    ExitCode.LAYOUT: OutcomeHelp(
        "the site's pages are not understood as they are now; what was got is delivered",
        "look at the pages that `errors` in the run's manifest names",
    ),
    ExitCode.LOCKED: OutcomeHelp(
        "another run holds the output folder",
        "wait for it to end",
    ),
    ExitCode.UNREACHABLE: OutcomeHelp(
        "the site could not be reached, or its robots.txt forbids the start page",
        "run again later; if it stays so, open the start page in a browser",
    ),
    ExitCode.STORAGE: OutcomeHelp(
        "a file or the state could not be read or written; what was committed is safe",
        "make room, or mend what the message names, and run again",
    ),
    ExitCode.INTERRUPTED: OutcomeHelp(
        "it was stopped; everything up to then is delivered",
        "run again, and it goes on where this one stopped",
    ),
}
_BY_OUTCOME = {
    NOTHING_NEW: OutcomeHelp("the site shows nothing that is not delivered yet", "nothing to do"),
    CRASHED: OutcomeHelp(
        "it died in the middle; what it had committed is delivered",
        "nothing to do; the next run finishes its files and meets the rest again",
    ),
    **{WORDS[code]: outcome_help for code, outcome_help in _BY_CODE.items()},
}


def outcome_help(outcome: str) -> OutcomeHelp | None:
    """What is to be said of an outcome, as it stands in a manifest; None for one that this code does not know."""
    return _BY_OUTCOME.get(outcome)
