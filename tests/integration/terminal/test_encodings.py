"""Every command prints to terminals and pipes of any encoding, and to pipes whose reader has gone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import QUIET, Done, scrapy
from tests.support.crawling import command, environment, run_crawl
from vokcrawl.console import command_modules
from vokcrawl.sample import SampleServer, SampleSite

# Neither ASCII nor Latin-1 has the dash and the characters of Hangul.
NAME = "d\u00e9p\u00f4t \u2013 \ud1b5\uc2e0"
# The arguments of each command of the project that prints something; `crawl` and `sources` are below.
COMMANDS = {
    "browse": ["--freeze", "{target}/" + NAME + "-pages"],
    "check-config": ["--json"],
    "demo": ["--articles", "2"],
    "diff": ["{id}"],
    "doctor": ["{site}/article/163/", "--archive", "{output}/archive"],
    "export": ["--to", "{target}/" + NAME + ".csv"],
    "profiles": [],
    "repair": ["--rebuild-state"],
    "replay": ["--diff", "--json"],
    "report": [],
    "search": ["the"],
    "show": ["{id}"],
    "status": ["--json"],
    "verify": [],
}
# The archive of a small site does not show how its listing continues.
CODES = {"doctor": 12}
JSON = {"check-config", "replay", "status"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory with two revisions of an article, under a name that few encodings have."""
    output = tmp_path_factory.mktemp("encodings") / NAME
    with SampleServer(SampleSite(3, faults=())) as server:
        url = f"{server.url}/article/163/"
        assert run_crawl(url, output, settings=QUIET).code == 0
        server.site.edit(server.site.truth()["articles"][0]["id"])
        assert run_crawl(url, output, settings={**QUIET, "VOK_RECHECK_DAYS": "0"}).code == 0
    return output


def run(name: str, harm: str, archive: Path, tmp_path: Path) -> Done:
    output = tmp_path / NAME
    shutil.copytree(archive, output)
    lines = [line for path in (output / "articles").iterdir() for line in path.read_bytes().splitlines()]
    revised = next(record for record in map(json.loads, lines) if record["revision"] == 2)
    values = {"target": tmp_path, "id": revised["id"], "site": revised["url"].partition("/newstream")[0]}
    words = [each.format(output=output, **values) for each in COMMANDS[name]]
    done = scrapy(name, *words, output=output, fault=harm)
    # Bytes of Latin-1, which are not UTF-8.
    stdout = re.sub(r"\\x([0-9a-f]{2})", lambda byte: chr(int(byte[1], 16)), done.stdout)
    return Done(done.code, stdout, done.stderr)


# Scrapy's own commands, which the project only adapts, and a server that runs until it is stopped.
OTHERS = {
    *(
        "bench",
        "check",
        "edit",
        "fetch",
        "genspider",
        "list",
        "parse",
        "runspider",
        "sample",
        "settings",
        "shell",
        "startproject",
        "version",
        "view",
    ),
}


def test_every_command_is_tried() -> None:
    # These log to standard error only.
    assert command_modules().keys() - {"crawl", "sources"} - OTHERS == COMMANDS.keys()


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_help_is_printed_to_any_stream(name: str, tmp_path: Path) -> None:
    for harm in ("output:ascii", "closed"):
        done = scrapy(name, "-h", output=tmp_path, fault=harm)
        assert (done.code, done.stderr) == (0, ""), harm


@pytest.mark.parametrize("encoding", ["ascii", pytest.param("latin-1", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", COMMANDS)
def test_characters_that_the_encoding_lacks_are_escaped(
    name: str, encoding: str, archive: Path, tmp_path: Path
) -> None:
    done = run(name, f"output:{encoding}", archive, tmp_path)
    assert done.code == CODES.get(name, 0), done.stderr
    assert done.stdout
    if name in ("export", "report", "status", "verify"):
        assert "\\u2013 \\ud1b5\\uc2e0" in done.stdout or name == "verify", done.stdout
    if name in JSON:
        json.loads(done.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_closed_pipe_is_reported_in_one_line(name: str, archive: Path, tmp_path: Path) -> None:
    done = run(name, "closed", archive, tmp_path)
    assert done.code == 15, (done.code, done.stderr)
    last = done.stderr.splitlines()[-1]
    assert last == f"scrapy {name}: standard output was closed by the reader"
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("name", ["crawl", "sources"])
def test_a_crawl_ends_as_it_would_on_any_terminal(name: str, tmp_path: Path) -> None:
    with SampleServer(SampleSite(2, faults=())) as server:
        url = f"{server.url}/article/163/"
        if name == "crawl":
            output = tmp_path / NAME
            words = command(url, output, settings=QUIET)[4:]
        else:
            output = tmp_path / "sources"
            words = ["Voice of Korea (EN)=" + str(output), "-a", f"start_url={url}"]
        done = scrapy(name, *words, output=output, fault="output:ascii,closed")
    assert done.code == 0, done.stderr


@pytest.mark.parametrize(
    "env",
    [{"PYTHONIOENCODING": "ascii:strict"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["PYTHONIOENCODING", "POSIX"],
)
def test_the_environment_selects_the_encoding(env: dict[str, str]) -> None:
    """In a new process, with a real pipe: the help of `replay` has an ellipsis."""
    words = [sys.executable, "-m", "scrapy", "replay", "-h"]
    done = subprocess.run(words, cwd=ROOT, env=environment(env), capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"run id] \\u2026" in done.stdout


def test_a_path_that_the_locale_lacks_is_refused(archive: Path) -> None:
    """Python itself would use UTF-8 in the POSIX locale, unless that is turned off."""
    env = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = [sys.executable, "-m", "scrapy", "status", "-s", f"VOK_OUTPUT_DIR={archive}"]
    done = subprocess.run(words, cwd=ROOT, env=environment(env), capture_output=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith(b"has characters that the locale's encoding lacks; set LC_ALL=C.UTF-8\n")
    assert done.stderr.count(b"\n") == 1


def test_a_closed_standard_output_is_no_error(archive: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" -m scrapy status -s "VOK_OUTPUT_DIR=$1" >&-', sys.executable, str(archive)],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
