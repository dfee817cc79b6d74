"""The export's file is replaced atomically and nothing else is touched: wrong paths, full disks, kills, two at once."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import contents, ended_by, scrapy, wait_for
from tests.support.crawling import environment
from tests.support.in_process import run_command
from tests.support.written_records import article, exported, write_archive
from vokcrawl.commands.export import Command
from vokcrawl.errors import FolderLockedError, StorageError, UsageError
from vokcrawl.exports.data_dictionary import dictionary_name
from vokcrawl.exports.near_duplicates.kept import NAME
from vokcrawl.exports.target import replacing
from vokcrawl.storage.output_folder import OutputFolder

Capture = pytest.CaptureFixture[str]
ENDINGS = (".parquet", ".sqlite", ".csv", ".xlsx", ".jsonl", ".jsonl.zst")


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "output")


@contextmanager
def exporting(archive: Path, target: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """An export in a child process, killed at the end if need be."""
    command = [sys.executable, "-m", "scrapy", "export", "--to", str(target), *options]
    with subprocess.Popen(
        [*command, "-s", f"VOK_OUTPUT_DIR={archive}"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose export takes long enough to be broken off."""
    moment = "2024-01-01T00:00:00Z"
    return write_archive(
        tmp_path_factory.mktemp("large") / "output", *(article(number, moment) for number in range(2_500))
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_command_writes_the_file_and_says_what_is_in_it(ending: str, archive: Path, tmp_path: Path) -> None:
    before = contents(archive)
    target = tmp_path / f"new{ending}"
    done = scrapy("export", "--to", str(target), output=archive)
    rows = "9 articles, 6 teasers, 2 removals" if ending == ".sqlite" else "5 current"
    assert (done.code, done.stdout, done.stderr) == (0, f"{target}: {rows}; {target.stat().st_size} bytes\n", "")
    assert left(tmp_path) == [target.name, dictionary_name(target.name)]
    after = contents(archive)
    assert after.pop(NAME).startswith(b"SQLite format 3")
    assert after == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give the output file with --to"),
        (("--to", "x.csv", "y.csv"), "give the output file with --to"),
        (
            ("--to", "x.ods"),
            "x.ods: the extension must be one of .parquet, .sqlite, .csv, .xlsx, .jsonl, .jsonl.zst, .wacz",
        ),
        (("--to", "x.zst"), "the extension must be one of"),
        (("--to", "{here}/none/x.csv"), "none does not exist; create it first"),
        (("--to", "{here}/folder.csv"), "is a directory; give a file name"),
        (
            ("--to", "{here}/there.csv"),
            "there.csv: already exists; choose another file, or use --overwrite to replace it",
        ),
        (("--to", "{here}/output/articles/x.csv"), "this directory belongs to the crawl"),
        (("--to", "{here}/output/runs/../teasers/x.csv"), "this directory belongs to the crawl"),
        (("--to", "{here}/link/x.csv", "--overwrite"), "this directory belongs to the crawl"),
        (("--to", "{here}/x.parquet", "--spreadsheet"), "--spreadsheet: applies to .csv files only, not to .parquet"),
        (("--to", "{here}/x.xlsx", "--spreadsheet"), "--spreadsheet: applies to .csv files only, not to .xlsx"),
        (
            ("--to", "{here}/x.csv", "--what", "news"),
            "--what: 'news' is not one of current, articles, teasers, removals",
        ),
        (("--to", "{here}/x.csv", "--since", "2024-13-01"), "--since: '2024-13-01' is not a day"),
        (
            ("--to", "{here}/x.csv", "--as-of", "2020-01-01"),
            "--as-of: 2020-01-01 is before the first run, on 2024-03-10",
        ),
    ],
)
def test_a_wrong_target_or_option_is_refused_in_one_line_and_nothing_is_written(
    arguments: tuple[str, ...], words: str, archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "there.csv").write_text("precious")
    (tmp_path / "link").symlink_to(archive / "articles")
    before = contents(tmp_path)
    given = [each.format(here=tmp_path) for each in arguments]
    done = run_command(Command(), *given, output=archive, capsys=capsys, cwd=tmp_path)
    assert (done.code, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.startswith("scrapy export: ")
    assert done.stderr.count("\n") == 1
    assert contents(tmp_path) == before


def test_an_existing_file_is_replaced_only_when_that_is_asked_for(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    exported(archive, target)
    before = target.read_bytes()
    with pytest.raises(UsageError, match="--overwrite"):
        exported(archive, target, what="teasers")
    assert target.read_bytes() == before
    exported(archive, target, what="teasers", overwrite=True)
    assert target.read_bytes() != before


def test_an_existing_data_dictionary_is_replaced_only_when_that_is_asked_for(archive: Path, tmp_path: Path) -> None:
    dictionary = tmp_path / "x.csv.datapackage.json"
    dictionary.write_text("precious")
    with pytest.raises(UsageError, match=r"x\.csv\.datapackage\.json: already exists.*--overwrite"):
        exported(archive, tmp_path / "x.csv")
    assert left(tmp_path) == [dictionary.name]
    assert dictionary.read_text() == "precious"
    exported(archive, tmp_path / "x.csv", overwrite=True)
    assert json.loads(dictionary.read_text())["resources"][0]["path"] == "x.csv"


def test_a_kill_between_the_two_files_leaves_a_whole_export_without_data_dictionary(
    archive: Path, tmp_path: Path
) -> None:
    target = tmp_path / "x.jsonl"
    done = scrapy("export", "--to", str(target), output=archive, fault="kill:replace:2")
    assert done.code == -signal.SIGKILL
    assert left(tmp_path) == ["x.jsonl", "x.jsonl.datapackage.json.part"]
    exported(archive, tmp_path / "y.jsonl")
    assert target.read_bytes() == (tmp_path / "y.jsonl").read_bytes()


def test_a_data_dictionary_that_cannot_be_published_is_named(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if str(target).endswith(".datapackage.json"):
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    target = tmp_path / "x.jsonl"
    with pytest.raises(StorageError) as failure:
        exported(archive, target)
    assert str(failure.value) == (
        f"{target}.datapackage.json: Input/output error; {target} was written without its data dictionary; "
        "repeat with --overwrite"
    )
    assert left(tmp_path) == ["x.jsonl"]


def test_a_file_that_comes_while_the_export_is_written_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    with pytest.raises(UsageError, match="already exists"), replacing(target, overwrite=False):
        target.write_text("precious")
    assert target.read_text() == "precious"
    assert left(tmp_path) == ["x.csv"]


def test_an_archive_without_a_record_is_refused_and_an_older_export_stays(
    output: Path, tmp_path: Path, capsys: Capture
) -> None:
    target = tmp_path / "x.csv"
    target.write_text("the export of yesterday")
    done = run_command(Command(), "--to", str(target), "--overwrite", output=output, capsys=capsys)
    assert done.code == 2
    assert "contains no output of a run" in done.stderr
    (output / "runs").mkdir(parents=True)
    (output / "runs" / "20240101T000000Z.json").write_text("{}")
    with pytest.raises(UsageError, match="no run has delivered a record yet"):
        exported(output, target, overwrite=True)
    assert target.read_text() == "the export of yesterday"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_selection_of_nothing_is_a_file_without_rows(ending: str, archive: Path, tmp_path: Path) -> None:
    done = exported(archive, tmp_path / f"x{ending}", until="1999-12-31")
    assert set(done.rows.values()) == {0}
    # Plain JSONL has nothing but its rows.
    assert (done.bytes > 0) == (ending != ".jsonl")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_that_may_not_grow_ends_with_15_and_leaves_what_was_there(
    ending: str, large: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"x{ending}"
    target.write_text("the export of yesterday")
    done = scrapy(
        "export", "--to", str(target), "--overwrite", "--no-near-duplicates", output=large, fault="largest:200000"
    )
    assert done.code == 15
    assert done.stderr.startswith(f"scrapy export: {target}: ")
    assert "no file was written; free some space" in done.stderr
    assert done.stderr.count("\n") == 1
    assert target.read_text() == "the export of yesterday"
    assert left(tmp_path) == [target.name]


def test_temporary_files_without_room_end_with_15_and_say_where_they_go() -> None:
    code = """
import resource
from vokcrawl.utils import temp_database
from vokcrawl.errors import StorageError

temp_database._CACHE_KIB = 64
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
db = temp_database.temporary_database("CREATE TABLE texts (text TEXT)")
try:
    for _ in range(1000):
        with temp_database.translate_database_errors():
            db.execute("INSERT INTO texts VALUES (?)", ("x" * 1000,))
except StorageError as failure:
    print(int(failure.exit_code), failure)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("15 temporary file: ")
    assert "TMPDIR" in done.stdout


def test_a_folder_without_permission_ends_with_15(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o500)
    done = scrapy("export", "--to", str(place / "x.csv"), output=archive, fault="powerless")
    place.chmod(0o700)
    assert done.code == 15
    assert f"{place}/x.csv: Permission denied" in done.stderr
    assert left(place) == []


def test_a_target_that_cannot_be_accessed_ends_with_15_in_one_line(
    archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0)
    closed = scrapy("export", "--to", str(place / "x.csv"), output=archive, fault="powerless")
    place.chmod(0o700)
    assert (closed.code, left(place)) == (15, [])
    assert closed.stderr.startswith(f"scrapy export: {place}/x.csv: Permission denied; no file was written")
    long = tmp_path / f"{'n' * 300}.csv"
    done = run_command(Command(), "--to", str(long), output=archive, capsys=capsys)
    assert (done.code, done.stderr.count("\n")) == (15, 1)
    assert "File name too long" in done.stderr


@pytest.mark.parametrize("kind", ["articles", "removals"])
def test_records_that_may_not_be_read_are_never_taken_for_none(kind: str, archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    (archive / kind).chmod(0)
    try:
        done = scrapy("export", "--to", str(target), output=archive, fault="powerless")
    finally:
        (archive / kind).chmod(0o755)
    assert (done.code, done.stderr.count("\n")) == (15, 1)
    assert f"{archive / kind}: Permission denied; give this user the right to read and write there" in done.stderr
    assert left(tmp_path) == []


@pytest.mark.parametrize("ending", [".sqlite", ".parquet", ".xlsx"])
def test_a_kill_in_the_last_moment_leaves_what_was_there_and_the_next_export_writes_over_the_rest(
    ending: str, archive: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"x{ending}"
    target.write_text("the export of yesterday")
    part = tmp_path / f"x{ending}.part"
    done = scrapy("export", "--to", str(target), "--overwrite", output=archive, fault="kill:replace:1")
    assert done.code == -signal.SIGKILL
    assert target.read_text() == "the export of yesterday"
    assert left(tmp_path) == [target.name, f"{dictionary_name(target.name)}.part", part.name]
    # Longer than anything that is written over it.
    part.write_bytes(b"rubbish" * 200_000)
    exported(archive, target, overwrite=True)
    assert left(tmp_path) == [target.name, dictionary_name(target.name)]
    exported(archive, tmp_path / f"fresh{ending}")
    assert target.read_bytes() == (tmp_path / f"fresh{ending}").read_bytes()


def test_a_kill_at_any_moment_leaves_what_was_there(large: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    target.write_text("the export of yesterday")
    part = tmp_path / "x.csv.part"
    with exporting(large, target, "--overwrite", "--no-near-duplicates") as process:
        wait_for(lambda: part.exists() and part.stat().st_size, process)
        assert ended_by(process, signal.SIGKILL) == -signal.SIGKILL
    assert target.read_text() == "the export of yesterday"
    assert left(tmp_path) == [target.name, f"{dictionary_name(target.name)}.part", part.name]


def test_an_interrupt_ends_with_130_and_leaves_nothing(large: Path, tmp_path: Path) -> None:
    part = tmp_path / "x.csv.part"
    with exporting(large, tmp_path / "x.csv", "--no-near-duplicates") as process:
        wait_for(lambda: part.exists() and part.stat().st_size, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == b"scrapy export: interrupted\n"
    assert left(tmp_path) == []


def test_a_second_export_to_the_same_file_ends_with_13_and_does_not_disturb_the_first(
    archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    target = tmp_path / "x.csv"
    with replacing(target, overwrite=False) as part:
        part.write_text("the first one's")
        done = run_command(Command(), "--to", str(target), output=archive, capsys=capsys)
        assert done.code == 13
        assert "another export is writing this file" in done.stderr
        with pytest.raises(FolderLockedError):
            exported(archive, target)
        exported(archive, tmp_path / "y.csv")
    assert target.read_text() == "the first one's"
    assert left(tmp_path) == ["x.csv", "y.csv", "y.csv.datapackage.json"]


def damage(path: Path, line: int, change: Callable[[bytes], bytes]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line - 1] = change(lines[line - 1])
    path.write_bytes(b"".join(lines))


DAMAGES: dict[str, tuple[str, int, Callable[[bytes], bytes], str]] = {
    "cut": ("articles", 2, lambda line: line[:40] + b"\n", "not JSON"),
    "no record": ("articles", 3, lambda _: b"[]\n", "the record's schema is not vokcrawl.article/1"),
    "a wrong field": ("articles", 1, lambda line: line.replace(b'"revision":1', b'"revision":0'), "revision: "),
    "torn": ("articles", 5, lambda line: line[:-1], "torn"),
    "a removal": ("removals", 2, lambda line: line.replace(b"410", b"500"), "status: "),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_line_is_named_and_ends_with_15_or_is_passed_over_when_that_is_asked_for(
    name: str, archive: Path, tmp_path: Path, capsys: Capture
) -> None:
    kind, number, change, words = DAMAGES[name]
    path = min((archive / kind).iterdir())
    damage(path, number, change)
    target = tmp_path / "x.csv"
    with pytest.raises(StorageError, match="--skip-damaged") as failure:
        exported(archive, target, what="articles")
    assert str(failure.value).startswith(f"{path}:{number}: ")
    assert words in str(failure.value)
    assert left(tmp_path) == []
    whole = 9 if kind == "removals" else 8
    arguments = ("--to", str(target), "--what", "articles", "--skip-damaged")
    done = run_command(Command(), *arguments, output=archive, capsys=capsys)
    assert done.code == 10
    assert done.stderr.startswith(f"scrapy export: {path}:{number}: ")
    assert (done.stderr.count("\n"), "skipped" in done.stderr) == (1, True)
    assert f": {whole} articles; " in done.stdout


def test_records_without_a_day_that_are_left_out_are_reported(archive: Path, tmp_path: Path, capsys: Capture) -> None:
    arguments = ("--to", str(tmp_path / "x.csv"), "--since", "2000-01-01")
    done = run_command(Command(), *arguments, output=archive, capsys=capsys)
    assert done.code == 0
    assert done.stderr == "scrapy export: left out by the date filter: 1 record without a day\n"
    assert ": 4 current; " in done.stdout


@pytest.mark.parametrize(
    ("package", "name", "words"),
    [
        ("pyarrow", "x.parquet", "--to: .parquet needs the package pyarrow, which is not installed; run `pip install"),
        ("xlsxwriter", "x.xlsx", "--to: .xlsx needs the package xlsxwriter, which is not installed; run `pip install"),
        ("numpy", "x.csv", "near duplicates need the package numpy, which is not installed"),
        ("numpy", "x.csv", "or use --no-near-duplicates"),
    ],
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    package: str, name: str, words: str, archive: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [
        each
        for each in sys.modules
        if each.startswith(("vokcrawl.exports.near", "vokcrawl.exports.parquet", "vokcrawl.exports.excel"))
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    done = run_command(Command(), "--to", str(tmp_path / name), output=archive, capsys=capsys)
    assert done.code == 2
    assert words in done.stderr
    assert "requirements/export.txt" in done.stderr
    assert left(tmp_path) == []
    # What does not need it goes on without it.
    for ending in (".csv", ".jsonl", ".jsonl.zst", ".sqlite"):
        arguments = ("--to", str(tmp_path / f"x{ending}"), "--no-near-duplicates")
        plain = run_command(Command(), *arguments, output=archive, capsys=capsys)
        assert plain.code == 0, plain.stderr


def test_an_export_leaves_the_lock_of_the_folder_alone(archive: Path, tmp_path: Path) -> None:
    folder = OutputFolder(archive)
    folder.take("a crawl")
    try:
        exported(archive, tmp_path / "x.csv")
    finally:
        folder.release()


def test_the_modules_of_other_commands_do_not_load_what_only_exports_need(tmp_path: Path) -> None:
    code = (
        "import sys, vokcrawl.commands.export, vokcrawl.storage.snapshot, vokcrawl.exports.export\n"
        "print([name for name in ('pyarrow', 'numpy', 'pandas', 'xlsxwriter') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
