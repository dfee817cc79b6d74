"""Runs every command that README.md and docs/ print, as printed; each must succeed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import scrapy
from tests.support.crawling import Crawl, environment, run_crawl
from tests.support.printed_commands import Printed, printed
from tests.support.system_tools import system_tool
from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.storage.output_folder import in_run_order

# Commands that this test does not run: which test does, or why none can.
ELSEWHERE = {
    r"make( setup| demo| test| check| docs)?( .*)?": "run by .ci/run",
    r"make (bench|audit|size|simulate|clean)( .*)?": "run by hand before a release",
    r"(make|scrapy|vokcrawl) browse": "tests/integration/browse: it serves until Ctrl-C",
    r"VOK_TEST_THOROUGH=1 make test": "run by .ci/run, which sets CI=true",
    r"make crawl|.*kcnawatch\.org.*": "the live site, which tests must not use",
    r"(docker|iptables|for range|done|curl .*8050|--cap-drop|scrapinghub).*": "needs a machine of its own",
    r"(install|systemctl|systemd-sysusers) .*": "needs a machine of its own; tests/e2e/deploy checks the units",
    r"cd deploy/scrapyd && scrapyd|scrapyd-deploy|pip install .*|curl .*6800.*": "tests/e2e/deploy/test_scrapyd.py",
    r"scrapy (shell|parse|check|genspider|runspider|crawl kcna)( .*)?": "tests/integration/scrapy_habits",
    r"(PYTHONPATH=\. )?SCRAPY_SETTINGS_MODULE=my_.*": "tests/integration/scrapy_habits and tests/e2e/extending",
    r"python my_program.py": "tests/integration/scrapy_habits",
    r"scrapy crawl vok -s \"VOK_SOURCE=.*": "tests/integration/scrapy_habits",
    r"(VOK_OUTPUT_DIR=output/kcna|SCRAPY_PROJECT=sample) scrapy .*": "tests/integration/scrapy_habits",
    r"vokcrawl sample .*": "tests/integration/scrapy_habits",
    r"scrapy doctor( .*)?|scrapy .*my\.toml.*": "tests/integration/commands/test_site_changes.py and test_doctor.py",
    r"scrapy sources( .*)?": "tests/integration/crawl/test_several_sources.py: needs a site with several sources",
    r"(export (SCRAPY_PROJECT|REDIS_URL)=|VOK_OUTPUT_DIR=/var/).*": "tests/e2e/distributed",
    r"scrapy (verify|repair --rebuild-state) --with.*": "tests/e2e/distributed",
    r"flock output/.lock cp .*": "tests/integration/schedule/test_file_systems.py",
    r"scrapy export .*--sign-key .*": "tests/integration/exports/test_wacz.py: needs a key",
    r"(openssl|sha256sum|grep -[oA]|tail -c) .*": "tests/integration/timestamps/test_tokens.py: needs an authority",
    r"scrapy verify --tsa-cert .*": "tests/integration/timestamps/test_tokens.py: needs an authority",
    r"wb-manager .*": "pywb needs an environment of its own",
    r"python -m benchmarks.*": "takes minutes: run by hand for performance.md, scaling.md and exports.md",
}
COMMANDS = sorted({each.command: each for each in printed()}.values())
# Programs that are not part of the environment. A page that prints such a command must say so.
PROGRAMS = ("duckdb", "jq", "sqlite3", "zstd")
# Files that the printed commands for these programs read; each is exported before.
EXPORTED = ("current.parquet", "archive.sqlite", "current.jsonl", "current.jsonl.zst")
# The DuckDB package of the environment, under the name of its command line client.
DUCKDB = f"""#!{sys.executable}
import sys, duckdb
assert sys.argv[1] == "-c"
duckdb.sql(sys.argv[2]).show()
"""
# A command that is only named in a sentence, such as `scrapy export`: the test checks that it exists.
NAMED = re.compile(r"(?:\.venv/bin/)?(?:scrapy|vokcrawl)(?: [a-z-]+)?")
RUN = [each for each in COMMANDS if not any(re.fullmatch(known, each.command) for known in ELSEWHERE)]


class Workspace:
    """A checkout as a reader of the docs has it: with an environment in `.venv` and the output of some runs."""

    def __init__(self, path: Path, server: SampleServer) -> None:
        self.path = path
        self.server = server
        for name in ("scrapy.cfg", "vokcrawl", "benchmarks", "docs", "deploy"):
            if (ROOT / name).exists():
                (path / name).symlink_to(ROOT / name)
        (path / ".venv").symlink_to(sys.prefix)

    def crawl(self) -> None:
        done = run_crawl(self.server.url + "/article/163/", self.path / "output", settings={"VOK_RECHECK_DAYS": "0"})
        assert done.code == 0, done.stderr

    def copy_archives(self) -> None:
        """Copy archives to the places that the pages name."""
        for number, path in enumerate(in_run_order((self.path / "output" / "archive").glob("*.warc.gz"))):
            for folder, name in (("old", f"{number}.warc.gz"), ("archive", f"2019-{number}.warc.gz")):
                (self.path / folder).mkdir(exist_ok=True)
                shutil.copy(path, self.path / folder / name)

    def export(self) -> None:
        """Export the files for commands of other programs into `exports/`, and provide DuckDB."""
        (self.path / "exports").mkdir()
        for name in EXPORTED:
            done = scrapy("export", "--to", str(self.path / "exports" / name), output=self.path / "output")
            assert done.code == 0, done.stderr
        duckdb = self.path / "bin" / "duckdb"
        duckdb.parent.mkdir()
        duckdb.write_text(DUCKDB, encoding="utf-8")
        duckdb.chmod(0o755)

    def placeholders(self) -> dict[str, str]:
        """Values for the placeholders in capitals."""
        records = Crawl(0, "", "", self.path / "output").articles()
        runs = [path.stem for path in in_run_order((self.path / "output" / "runs").glob("*.json"))]
        return {
            "ID": next(each["id"] for each in records if each["revision"] == 2),
            "WORDS": records[0]["title"].split()[0],
            "RUN_ID": runs[0],
            "OFFSET": str(records[0]["archived_as"]["offset"]),
            "DIR": "elsewhere",
            "FILE": "elsewhere.parquet",
            "URL": self.server.url + "/article/163/",
            "YYYY-MM-DD": "2030-01-01",
            "N": "3",
        }


def programs_of(command: str) -> list[str]:
    """The programs of a pipeline that are not part of the environment."""
    return [first for part in command.split(" | ") if (first := part.split()[0]) in PROGRAMS]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    site = SampleSite(30, faults=())
    with SampleServer(site) as server:
        made = Workspace(tmp_path_factory.mktemp("checkout"), server)
        made.crawl()
        changed = Crawl(0, "", "", made.path / "output").articles()[0]["id"]
        site.edit(changed)
        made.crawl()
        made.copy_archives()
        made.export()
        yield made


@pytest.mark.thorough
@pytest.mark.parametrize("printed", RUN, ids=[f"{each.page}:{each.line}" for each in RUN])
def test_a_printed_command_succeeds(printed: Printed, workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "checkout"
    shutil.copytree(workspace.path, folder, symlinks=True)
    command = printed.command + (" -h" if NAMED.fullmatch(printed.command) and not printed.block else "")
    for program in programs_of(command):
        if program != "duckdb":
            system_tool(program)
        for name in EXPORTED:
            shutil.copy(workspace.path / "exports" / name, folder)
    for placeholder, value in workspace.placeholders().items():
        command = re.sub(rf"(?<![\w-]){placeholder}(?![\w-])", value, command)
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env=environment(
            {
                "PATH": f"{folder}/bin:{sys.prefix}/bin:{os.environ['PATH']}",
                "VOK_START_URLS": workspace.server.url + "/article/163/",
                "VOK_OUTPUT_DIR": "output",
            }
        ),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def test_pages_name_the_programs_that_are_not_part_of_the_environment() -> None:
    external = [(each, program) for each in printed() for program in programs_of(each.command)]
    assert {program for _, program in external} == set(PROGRAMS)
    for each, program in external:
        lines = (ROOT / each.page).read_text(encoding="utf-8").splitlines()[: each.line]
        section = "\n".join(lines).rpartition("\n## ")[2]
        before = section.rpartition("```sh")[0]
        assert program in before.lower(), f"{each.page}:{each.line}: {program} is not introduced"
        assert "not part of the environment" in before.replace("\n", " "), f"{each.page}:{each.line}: {program}"


def test_listed_exceptions_are_still_printed() -> None:
    unused = [known for known in ELSEWHERE if not any(re.fullmatch(known, each.command) for each in COMMANDS)]
    assert not unused
