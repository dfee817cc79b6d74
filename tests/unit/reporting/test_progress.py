"""The progress line and the run summary as text: rates, times, and unknown values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from vokcrawl.errors import ExitCode
from vokcrawl.reporting.progress_line import Figures, Pause, Rate, line
from vokcrawl.reporting.run_summary import run_summary
from vokcrawl.storage.manifest import Manifest

NOW = datetime(2030, 1, 1, 23, 59, 30, tzinfo=UTC)
FIGURES = Figures(pages=1204, new=1, revised=0, errors=2)


def text(pause: Pause | None = None, rate: float = 12.4) -> str:
    return "".join(part for part, _ in line(FIGURES, rate, 612, pause, NOW))


def test_the_line_shows_pages_articles_errors_rate_and_time() -> None:
    assert text() == "1,204 pages  1 new  0 revised  2 errors  12/min  10 min 12 s"


@pytest.mark.parametrize(
    ("seconds", "until"),
    [(5, "23:59:35"), (5.2, "23:59:36"), (31, "2030-01-02 00:00:01"), (86_400, "2030-01-02 23:59:30")],
)
def test_a_pause_is_shown_first_and_never_ends_before_the_shown_time(seconds: float, until: str) -> None:
    pause = Pause("example.org", NOW + timedelta(seconds=seconds), "429")
    assert text(pause) == f"waiting until {until} (example.org, 429)  {text()}"


def test_what_a_pause_names_cannot_steer_the_terminal() -> None:
    assert "(a\\u001b[2J)" in text(Pause("a\x1b[2J", NOW, ""))


def test_the_rate_is_that_of_the_last_minute() -> None:
    rate = Rate()
    assert rate.at(1000, 0) == 0
    assert rate.at(1010, 5) == 30
    assert rate.at(1030, 10) == 20
    # The first thirty seconds no longer count.
    assert rate.at(1090, 20) == 10
    assert rate.at(1190, 20) == 0


def test_without_a_manifest_the_summary_shows_outcome_and_remedy() -> None:
    result = [text for text, _ in run_summary("storage failed", ExitCode.STORAGE, None, 0, 0)]
    assert result == [
        "storage failed (exit code 15)",
        "  a file or the state could not be read or written; what was committed is safe",
        "  next: free disk space or fix what the message names, and run again",
    ]


def test_many_reasons_are_counted_and_hostile_ones_do_nothing() -> None:
    manifest = Manifest.draft("20300101T000000Z", "vok", "2030-01-01T00:00:00Z", {}, None).completed(
        ended_at="2030-01-01T01:00:01Z",
        pages={"read": 1, "failed": 0, "articles": 0, "truncated": 0},
        requests=1,
        errors={f"reason_{number}\x1b": {"count": number, "examples": []} for number in range(7)},
    )
    result = [text for text, _ in run_summary("incomplete", ExitCode.INCOMPLETE, manifest, 0, 90)]
    assert (
        "  1 page read, 0 failed; 1 request in 1 h, 1 min 30 s of it paused because the site refused requests" in result
    )
    noted = "reason_6\\u001b (6), reason_5\\u001b (5), reason_4\\u001b (4), reason_3\\u001b (3), reason_2\\u001b (2)"
    assert f"  errors: {noted}, and 2 more reasons; docs/operations.md explains each" in result
