"""Each system call that writes may fail: the reason is reported with 15, and the next run is whole.

A full disk, a broken one and a read-only file system are tried, for one call and for all that follow it. The default
is a sample of the calls; VOK_TEST_THOROUGH tries all of them.
"""

from __future__ import annotations

import itertools
import random
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.conftest import FULL_SIZE, IN_CI
from tests.support.commands import ONE_BY_ONE, QUIET, Crawling, Serving, contents, crawl_with_fault, faults, records_of
from tests.support.crawling import command
from tests.support.expected_records import assert_whole
from tests.support.failing_calls import ERRORS, Ended, Failure, run_failing
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import QUARANTINE

ALL = FULL_SIZE
SEED = 20241210
SETTINGS = {**QUIET, **ONE_BY_ONE, "LOG_LEVEL": "WARNING"}
# Tests among which the failures of crawls, and of each command, are divided, so that they can run side by side.
LANES = 8 if ALL else 2
COMMAND_LANES = 4 if ALL else 1
# Number of calls that fail in a crawl, by lane, and in each command, unless all do.
CRAWL_SAMPLE = 9 if IN_CI else 5
COMMAND_SAMPLE = 3 if IN_CI else 2


def failures(calls: Sequence[str], most: int, seed: object) -> list[Failure]:
    """The failures to try: each writing call with one of the errors, alone and with all calls that follow it."""
    writing = [number for number, call in enumerate(calls, 1) if not call.startswith("lock ")]
    each = itertools.cycle(ERRORS)
    found = [Failure(number, next(each), again) for number in writing for again in (False, True)]
    if ALL:
        return found
    # One call of each kind: without the run's id, and with the many writes to one file counted once.
    kinds = {re.sub(r"\d{8}T\d{6}Z(-\d+)?|\.\d+\.part", "", calls[each.number - 1]): each for each in reversed(found)}
    return random.Random(f"{SEED}:{seed}").sample(list(kinds.values()), min(most, len(kinds)))


def assert_reported(ended: Ended, failure: Failure) -> None:
    """The process ended with 15 and one message, or did not need the call."""
    assert "Traceback" not in ended.stderr, (failure, ended.stderr)
    assert ended.code in (0, 15), (failure, ended.code, ended.stderr)
    assert ended.code == 0 or ended.stderr.strip(), failure


def crawl_words(url: str, output: Path) -> list[str]:
    return command(url, output, settings=SETTINGS)[3:]


def nothing(server: SampleServer, output: Path) -> None:
    """A first run."""


def crashed_run(server: SampleServer, output: Path) -> None:
    """A run behind one that was killed, with partial files of which some are unknown."""
    url = f"{server.url}/article/163/"
    if not (kept := output.with_name("crashed")).exists():
        assert crawl_with_fault("often,kill:replace:2", url, output, SETTINGS) == -9
        (output / "articles" / "20200101T000000Z.jsonl.part").write_bytes(b"{")
        shutil.move(output, kept)
    shutil.copytree(kept, output)


@pytest.mark.parametrize("lane", range(LANES))
@pytest.mark.parametrize("before", [nothing, crashed_run])
def test_a_crawl_of_which_a_call_fails_is_whole_with_the_next_run(
    before: Callable[[SampleServer, Path], None],
    lane: int,
    crawl: Crawling,
    serve: Serving,
    output: Path,
    record_property: Callable[[str, object], None],
) -> None:
    server = serve(3)
    url = f"{server.url}/article/163/"
    before(server, output)
    calls = run_failing(crawl_words(url, output), output, None).calls
    tried = failures(calls, LANES * CRAWL_SAMPLE, before.__name__)[lane::LANES]
    failed = 0
    for failure in tried:
        shutil.rmtree(output, ignore_errors=True)
        before(server, output)
        ended = run_failing(crawl_words(url, output), output, failure)
        failed += ended.failed
        assert_reported(ended, failure)
        done = crawl(url, output, settings=SETTINGS)
        assert done.code == 0, (failure, done.stderr)
        assert_whole(done, server.site)
        assert faults(output) == [], failure
        assert [each for each in output.rglob("*.part") if QUARANTINE not in each.parts] == [], failure
    record_property("failing calls", {"crawls": len(tried), "crawls with a failed call": failed})
    # How often a crawl commits varies a little, so the last calls of one run may be missing in another.
    assert failed >= 0.9 * len(tried)


@pytest.fixture
def archive(crawl: Crawling, serve: Serving, output: Path) -> Path:
    """An output directory after two runs."""
    server = serve(4)
    assert crawl(f"{server.url}/article/163/", output, settings=SETTINGS).code == 0
    server.site.edit(server.site.truth()["articles"][0]["id"])
    assert crawl(f"{server.url}/article/163/", output, settings={**SETTINGS, "VOK_RECHECK_DAYS": "0"}).code == 0
    return output


COMMANDS = {
    "export.sqlite": ["export", "--to", "{target}/all.sqlite"],
    "export.parquet": ["export", "--to", "{target}/all.parquet"],
    "export.csv": ["export", "--to", "{target}/all.csv"],
    "export.xlsx": ["export", "--to", "{target}/all.xlsx"],
    "export.jsonl": ["export", "--to", "{target}/all.jsonl.zst"],
    "export.wacz": ["export", "--to", "{target}/all.wacz"],
    "report": ["report", "--to", "{target}/report.html"],
    "replay": ["replay", "--to", "{target}/replayed", "--workers", "1"],
    "repair": ["repair"],
    "rebuild": ["repair", "--rebuild-state"],
    "verify": ["verify"],
    "search": ["search", "the"],
}


@pytest.mark.parametrize("lane", range(COMMAND_LANES))
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_which_a_call_fails_leaves_nothing_half_written(
    name: str, lane: int, archive: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    place, kept = tmp_path / "place", tmp_path / "kept"
    shutil.move(archive, kept / "output")
    (kept / "target").mkdir()

    def run(failure: Failure | None) -> Ended:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(kept, place)
        return again(failure)

    def again(failure: Failure | None) -> Ended:
        words = [each.format(target=place / "target") for each in COMMANDS[name]]
        return run_failing([*words, "-s", f"VOK_OUTPUT_DIR={place / 'output'}"], place, failure)

    whole = run(None)
    assert whole.code == 0, whole.stderr
    expected, before = contents(place / "target"), records_of(kept / "output")
    tried = failures(whole.calls, COMMAND_SAMPLE, name)[lane::COMMAND_LANES]
    failed = 0
    for failure in tried:
        ended = run(failure)
        failed += ended.failed
        assert_reported(ended, failure)
        assert records_of(place / "output") == before, failure
        if name != "replay":
            assert list(_half(contents(place / "target"), expected)) == [], failure
        # The command again, without a failure. A replay needs an empty directory, an export a new file: the last call
        # of one that fails syncs the directory of a file that has its name already.
        if name == "replay" or name.startswith("export"):
            shutil.rmtree(place / "target")
            (place / "target").mkdir()
        done = again(None)
        assert done.code == 0, (failure, done.stderr)
        assert contents(place / "target").keys() == expected.keys(), failure
        assert faults(place / "output") == [], failure
    record_property("failing calls", {"commands": len(tried), "commands with a failed call": failed})


def _half(found: dict[str, bytes], expected: dict[str, bytes]) -> Iterator[str]:
    """Files that are neither what a whole run writes nor partial files by their name."""
    for name, content in found.items():
        like = expected.get(name)
        # A report names the time at which it was made.
        same = like is not None and (content == like or content.rstrip().endswith(b"</html>"))
        if not same and not name.endswith(".part"):
            yield name


def test_a_failed_cleanup_ends_a_run_with_15(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(2)
    url = f"{server.url}/article/163/"
    deleted = [call for call in run_failing(crawl_words(url, output), output, None).calls if call.startswith("unlink ")]
    number = next(number for number, call in enumerate(deleted, 1) if call.endswith(".holder.json"))
    shutil.rmtree(output)
    ended = run_failing(crawl_words(url, output), output, Failure(number, "EROFS", again=True, name="unlink"))
    assert ended.code == 15, ended.stderr
    assert f"{output / '.holder.json'}: Read-only file system" in ended.stderr
    done = crawl(url, output, settings=SETTINGS)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    assert faults(output) == []


@pytest.mark.parametrize("name", ["fsync", "write", "rename"])
def test_a_failed_cleanup_hides_no_earlier_error(name: str, serve: Serving, output: Path) -> None:
    """From some call on all fail, those that delete files too: the first failure is reported."""
    words = crawl_words(f"{serve(2).url}/article/163/", output)
    calls = run_failing(words, output, None).calls
    number = [at for at, each in enumerate(calls, 1) if each.startswith(f"{name} ")][2]
    shutil.rmtree(output)
    ended = run_failing(words, output, Failure(number, "EIO", again=True))
    assert ended.code == 15, ended.stderr
    first = next(line for line in ended.stderr.splitlines() if "Input/output error" in line or "disk I/O error" in line)
    # Two runs may differ by some calls: this is the one that failed.
    call = ended.calls[number - 1]
    assert str(Path(call.split(" ")[1]).parent) in first, (call, first)
    assert ".holder.json" not in ended.stderr
