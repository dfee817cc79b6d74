"""A forked child of the tests behaves like a new process."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from tests.support.children import Child, launch, run
from tests.support.crawling import Crawl, command, environment, run_crawl
from vokcrawl.replay.comparison import OF_THE_RUN
from vokcrawl.sample import SampleServer, SampleSite

START_METHODS = ("forked", "from nothing")
AT = datetime(2031, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Children begin in this start_method."""
    choose(request.param, monkeypatch)
    return str(request.param)


def choose(start_method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOK_TEST_COLD", "" if start_method == "forked" else "1")


def script(folder: Path, text: str) -> list[str]:
    path = folder / "a_script.py"
    path.write_text(text, encoding="utf-8")
    return [sys.executable, str(path)]


def ended(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    return run([*script(folder, text), "a", "b c"], env=environment({"VOK_WORD": "조선"}))


@pytest.mark.parametrize(
    ("text", "code", "output", "last_error"),
    [
        ("import sys, os; print(sys.argv[1:], os.environ['VOK_WORD'])", 0, "['a', 'b c'] 조선\n", ""),
        ("import os; print('VOK_TEST_COLD' in os.environ, 'PATH' in os.environ)", 0, "False True\n", ""),
        ("print(__name__, __file__.rpartition('/')[2]); raise SystemExit(11)", 11, "__main__ a_script.py\n", ""),
        ("raise SystemExit('a word')", 1, "", "a word"),
        ("import atexit; atexit.register(print, 'end'); 1 / 0", 1, "end\n", "ZeroDivisionError: division by zero"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "", ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", -signal.SIGINT, "", "KeyboardInterrupt"),
        ("print(input())", 1, "", "EOFError: EOF when reading a line"),
        ("import os; print(len(os.listdir('/proc/self/fd')), os.path.exists('scrapy.cfg'))", 0, "4 True\n", ""),
        ("import threading as t; t.Timer(0.01, print, ['late']).start()", 0, "late\n", ""),
        ("import atexit; atexit.register(print, 'end', end=''); raise SystemExit(300)", 44, "end", ""),
        ("class A:\n    __del__ = lambda self: print('garbage')\na = A(); a.itself = a; del a", 0, "garbage\n", ""),
        ("import sys; print('a word'); sys.stdout.close()", 0, "a word\n", ""),
    ],
)  # fmt: skip
def test_a_child_has_its_own_words_environment_files_and_end(
    start_method: str, text: str, code: int, output: str, last_error: str, tmp_path: Path
) -> None:
    done = ended(tmp_path, text)
    assert (done.returncode, done.stdout) == (code, output), done.stderr
    assert (done.stderr.splitlines() or [""])[-1] == last_error


@pytest.mark.parametrize("code", [0, 11])
def test_a_child_that_cannot_write_its_output_reports_it(start_method: str, code: int, tmp_path: Path) -> None:
    buffered = "import sys; sys.stdout = open(1, 'w', closefd=False)"
    words = script(tmp_path, f"{buffered}; print('a word'); raise SystemExit({code})")
    with Path("/dev/full").open("wb") as full, (tmp_path / "errors").open("wb") as errors:
        assert launch(words, env=environment(), stdout=full, stderr=errors).wait(30) == 120
    assert "No space left on device" in (tmp_path / "errors").read_text(encoding="utf-8")


def test_a_child_that_takes_too_long_is_killed(start_method: str, tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(script(tmp_path, "import time; time.sleep(60)"), env=environment(), timeout=0.1)


def test_a_child_can_be_waited_for_and_terminated(start_method: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    words = script(tmp_path, "import signal; signal.sigwait({signal.SIGUSR1}); signal.pause()")
    with log.open("wb") as file, launch(words, env=environment(), stdout=file, stderr=file) as process:
        assert isinstance(process, Child) is (start_method == "forked")
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.terminate()
        assert process.wait(30) == process.poll() == process.returncode == -signal.SIGTERM
        # It has ended, and no other process with its number gets the signal.
        process.kill()
    assert log.read_bytes() == b""


def test_what_one_child_changes_no_other_sees(start_method: str, tmp_path: Path) -> None:
    text = "import os, vokcrawl as v; print(hasattr(v, 'changed'), os.getcwd() == '/'); v.changed = 1; os.chdir('/')"
    words = [*script(tmp_path, "import sys; sys.path[0] = ''\n" + text)]
    assert [run(words, env=environment()).stdout for _ in range(2)] == ["False False\n"] * 2


def test_a_child_imports_the_modules_of_the_folder_in_its_environment(start_method: str, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a_module_of_its_own.py").write_text("WORD = 'a word'", encoding="utf-8")
    words = script(tmp_path, "import sys, a_module_of_its_own as m; print(m.WORD, sys.path[0].endswith('more'))")
    assert run(words, env=environment({"PYTHONPATH": str(tmp_path / "more")})).stdout == "a word False\n"


@pytest.mark.parametrize("name", ["orjson.py", "sitecustomize.py", "a-1.dist-info"])
def test_a_child_whose_folder_changes_other_modules_begins_from_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / name).write_text("", encoding="utf-8")
    env = environment({"PYTHONPATH": str(tmp_path / "more")})
    with (
        (tmp_path / "log").open("wb") as file,
        launch(script(tmp_path, "pass"), env=env, stdout=file, stderr=file) as process,
    ):
        assert not isinstance(process, Child)


def test_a_child_is_forked_whatever_directories_its_folder_has(tmp_path: Path) -> None:
    # The repository has a directory of this name, too, which is no package.
    (tmp_path / "output").mkdir()
    log, env = tmp_path / "log", environment({"PYTHONPATH": str(tmp_path)})
    with log.open("wb") as file, launch(script(tmp_path, "pass"), env=env, stdout=file, stderr=file) as process:
        assert isinstance(process, Child)


def of_the_site(done: Crawl) -> list[dict[str, Any]]:
    """The records in the order of their ids, without what tells of moments and places of the run."""
    records = [*sorted(done.articles(), key=itemgetter("id")), *sorted(done.teasers(), key=itemgetter("id"))]
    return [{name: each[name] for name in each if name not in OF_THE_RUN} for each in records]


def test_a_crawl_and_a_command_leave_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result: list[Any] = []
    with SampleServer(SampleSite(12, faults=())) as server:
        for start_method in START_METHODS:
            choose(start_method, monkeypatch)
            output = tmp_path / start_method
            done = run_crawl(f"{server.url}/article/163/", output, at=AT)
            words = [sys.executable, "-m", "scrapy", "verify", "-s", f"VOK_OUTPUT_DIR={output}"]
            verified = run(words, env=environment())
            refused = run(command(server.url, output, args={"since": "today"}), env=environment())
            result.append(
                [
                    *(done.code, of_the_site(done), done.manifest["counts"]),
                    *(verified.returncode, verified.stdout, verified.stderr),
                    *(refused.returncode, refused.stderr.splitlines()[-1]),
                    sorted(re.sub(r"\d{8}T\d{6}Z", "", str(file.relative_to(output))) for file in output.rglob("*")),
                ]
            )
    forked, from_nothing = result
    assert forked[0] == 0
    assert len(forked[1]) == 24
    assert forked == from_nothing
