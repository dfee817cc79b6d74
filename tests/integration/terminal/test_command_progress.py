"""Commands that take long show their progress on a terminal, and can be interrupted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.archives import ArchiveSize, make_archive
from tests.support.children import ROOT, run
from tests.support.crawling import environment
from tests.support.terminal import Terminal
from vokcrawl.exports.near_duplicates.kept import NAME as NEAR_DUPLICATES
from vokcrawl.search.index import NAME as SEARCH

# Scrapy's command line, with progress from the start instead of after two seconds.
_AT_ONCE = (
    "import sys\n"
    "from vokcrawl.utils import progress\n"
    "progress.SHOWN_AFTER_SECONDS = progress.UPDATE_SECONDS = 0\n"
    "from scrapy.cmdline import execute\n"
    "execute(['scrapy', *sys.argv[1:]])"
)
# The same with a pause after each update, so that Ctrl-C comes before the command has finished.
_SLOWLY = _AT_ONCE.replace(
    "from scrapy",
    "import time\n"
    "show = progress.Progress._show\n"
    "progress.Progress._show = lambda shown: (show(shown), time.sleep(0.05))\n"
    "from scrapy",
)
COMMANDS = {
    "verify": ["verify"],
    "report": ["report", "--to", "{to}/report.html"],
    "export": ["export", "--to", "{to}/current.csv"],
    "search": ["search", "harvest"],
    "repair": ["repair", "--rebuild-state"],
    "diff": ["diff", "1072915200-1000000"],
}
STEPS = {
    "verify": "verifying files",
    "report": "reading articles",
    "export": "reading articles",
    "search": "indexing articles",
    "repair": "reading runs",
    "diff": "reading records",
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "output"
    make_archive(path, ArchiveSize(articles=1500, runs=30))
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def on_terminal(name: str, output: Path, to: Path, program: str = _AT_ONCE) -> Terminal:
    arguments = [each.format(to=to) for each in COMMANDS[name]]
    env = {"VOK_OUTPUT_DIR": str(output), "SCRAPY_PROJECT": "sample"}
    return Terminal([sys.executable, "-c", program, *arguments], env)


@pytest.mark.parametrize("name", COMMANDS)
def test_ctrl_c_ends_a_long_command_with_130_and_leaves_nothing_half_done(
    name: str, output: Path, tmp_path: Path
) -> None:
    assert (ROOT / "scrapy.cfg").exists()
    before = files(output)
    with on_terminal(name, output, tmp_path, _SLOWLY) as terminal:
        terminal.until(lambda seen: any(STEPS[name] in row for row in seen.shown))
        terminal.press(b"\x03")
        code = terminal.ended()
        shown = "\n".join(terminal.shown)
    assert code == 130, shown
    assert f"{name}: interrupted" in shown
    assert STEPS[name] not in shown
    assert "Traceback" not in shown
    assert not terminal.cursor_hidden
    assert list(tmp_path.iterdir()) == []
    # The indexes that are kept may have been begun; they are continued by the next command.
    assert files(output) - {NEAR_DUPLICATES, SEARCH} == before - {NEAR_DUPLICATES, SEARCH}


def test_ctrl_c_while_python_ends_leaves_exit_code_and_output(output: Path) -> None:
    program = (
        "import atexit, signal\n"
        "atexit.register(signal.raise_signal, signal.SIGINT)\n"
        "from scrapy.cmdline import execute\n"
        "execute(['scrapy', 'diff', '1072915200-1000000'])"
    )
    env = environment({"VOK_OUTPUT_DIR": str(output), "SCRAPY_PROJECT": "sample"})
    done = run([sys.executable, "-c", program], env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "revision" in done.stdout


def test_progress_is_gone_when_a_command_has_printed_its_result(tmp_path: Path) -> None:
    # Small: each record is drawn.
    output = tmp_path / "output"
    make_archive(output, ArchiveSize(articles=100, runs=5))
    steps = set()
    with on_terminal("export", output, tmp_path) as terminal:
        code = terminal.ended(lambda seen: steps.update(row.partition(" ━")[0].strip() for row in seen.shown))
        assert code == 0
        (row,) = terminal.shown
    assert row.startswith(f"{tmp_path}/current.csv: ")
    assert {"reading articles", "comparing articles", "writing articles"} <= steps
