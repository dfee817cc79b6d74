"""What the outcome of a run means and what to do next; docs/operations.md has the details."""

from __future__ import annotations

from dataclasses import dataclass

from vokcrawl.errors import ExitCode
from vokcrawl.policy.outcome import BACKFILL, CRASHED, NOTHING_NEW, WORDS
from vokcrawl.utils.program import PROGRAM


@dataclass(frozen=True, slots=True)
class OutcomeHelp:
    """`meaning` is what happened, `next` is what to do; both are sentences in lower case without a full stop."""

    meaning: str
    next: str


_BY_CODE = {
    ExitCode.OK: OutcomeHelp(
        "everything available has been delivered",
        "nothing to do",
    ),
    ExitCode.USAGE: OutcomeHelp(
        "an argument or a setting is invalid; no request was sent",
        "correct it as the message says",
    ),
    ExitCode.INCOMPLETE: OutcomeHelp(
        "some pages failed after all retries, or the crawl could not be proven complete; the rest is delivered",
        f"run again later: failed articles are retried then; `{PROGRAM} status` shows the retry queue",
    ),
    ExitCode.BLOCKED: OutcomeHelp(
        "the site asks for an account, truncates every article, or checks its visitors",
        "look at the site in a browser; wait, or contact its operators",
    ),
    ExitCode.LAYOUT: OutcomeHelp(
        "the layout of the site's pages is not understood; what could be extracted is delivered",
        "look at the example pages under `errors` in the run's manifest",
    ),
    ExitCode.LOCKED: OutcomeHelp(
        "another run is using the output directory",
        "wait for it to end",
    ),
    ExitCode.UNREACHABLE: OutcomeHelp(
        "the site is unreachable, or its robots.txt disallows the start page",
        "run again later; if it happens again, open the start page in a browser",
    ),
    ExitCode.STORAGE: OutcomeHelp(
        "a file or the state could not be read or written; what was committed is safe",
        "free disk space or fix what the message names, and run again",
    ),
    ExitCode.INTERRUPTED: OutcomeHelp(
        "the run was stopped; everything fetched until then is delivered",
        "run again to continue",
    ),
}
_BY_OUTCOME = {
    NOTHING_NEW: OutcomeHelp("the site shows nothing that has not been delivered", "nothing to do"),
    BACKFILL: OutcomeHelp(
        "the time of the run is used up; the crawl of the listing is not complete yet",
        "nothing to do; the next run continues where this one stopped",
    ),
    CRASHED: OutcomeHelp(
        "the run was killed or crashed; everything committed until then is delivered",
        "nothing to do; the next run recovers its files and continues",
    ),
    **{WORDS[code]: outcome_help for code, outcome_help in _BY_CODE.items()},
}


def outcome_help(outcome: str) -> OutcomeHelp | None:
    """The help for an outcome of a manifest; None for an unknown one."""
    return _BY_OUTCOME.get(outcome)
