"""The crawl, deployed to a real scrapyd by scrapyd-deploy and run by its HTTP API, leaves its usual output."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.support.children import ROOT
from tests.support.commands import wait_for
from tests.support.crawling import Crawl, environment
from tests.support.expected_records import assert_whole
from tests.support.installed_project import copied_to
from tests.support.servers import free_port, serving
from vokcrawl.sample import SampleServer

Serving = Callable[..., SampleServer]

CONF = ROOT / "deploy" / "scrapyd" / "scrapyd.conf"
DEADLINE = 60.0


@dataclass(frozen=True)
class Scrapyd:
    """A scrapyd that runs, the folder that it works in, and a copy of the project from which it is deployed to."""

    url: str
    folder: Path
    project: Path

    def call(self, name: str, **given: Any) -> dict[str, Any]:
        """One call of its HTTP API: a POST where something is given that is not asked for by GET."""
        query = urlencode(given, doseq=True)
        data = query.encode() if name in ("schedule", "cancel") else None
        url = f"{self.url}/{name}.json" + (f"?{query}" if data is None and query else "")
        with urlopen(url, data, timeout=10) as answer:  # noqa: S310  our own server
            result = json.loads(answer.read())
        assert isinstance(result, dict)
        return result

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`scrapyd-deploy`, as a user calls it in the project's folder."""
        command = [Path(sys.executable).with_name("scrapyd-deploy"), *words]
        env = environment({"SCRAPY_PROJECT": "default"})
        return subprocess.run(
            command, cwd=self.project, env=env, capture_output=True, text=True, timeout=120, check=False
        )

    def run(self, **given: Any) -> str:
        """Schedules a crawl, waits for its end, and gives its log."""
        scheduled = self.call("schedule", project="vokcrawl", spider="vok", **given)
        assert scheduled["status"] == "ok", scheduled
        deadline = time.monotonic() + DEADLINE
        while scheduled["jobid"] not in [job["id"] for job in self.call("listjobs", project="vokcrawl")["finished"]]:
            assert time.monotonic() < deadline, f"it does not end: {self.call('listjobs')}"
            time.sleep(0.1)
        return (self.folder / "logs" / "vokcrawl" / "vok" / f"{scheduled['jobid']}.log").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scrapyd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scrapyd]:
    """Started with the configuration of `deploy/scrapyd`, on another port, in a folder of its own."""
    folder, project, port = tmp_path_factory.mktemp("scrapyd"), tmp_path_factory.mktemp("project"), free_port()
    conf = CONF.read_text(encoding="utf-8").replace("6800", str(port))
    # So that a test need not wait for five seconds until a job is begun.
    (folder / "scrapyd.conf").write_text(conf + "poll_interval = 0.2\n", encoding="utf-8")
    copied_to(project)
    cfg = project / "scrapy.cfg"
    cfg.write_text(cfg.read_text(encoding="utf-8").replace("6800", str(port)), encoding="utf-8")
    command = [Path(sys.executable).with_name("scrapyd")]
    log = folder / "scrapyd.log"
    env = {**environment({"VOK_CONTACT": "desk@example.org"}), "HOME": str(folder)}
    # scrapyd says which project by this variable itself; here nobody does.
    del env["SCRAPY_PROJECT"]
    url = f"http://127.0.0.1:{port}"
    with serving(command, f"{url}/daemonstatus.json", log, cwd=folder, env=env):
        yield Scrapyd(url, folder, project)


@pytest.fixture(scope="module")
def deployed(scrapyd: Scrapyd) -> Scrapyd:
    done = scrapyd.deploy()
    assert done.returncode == 0, done.stderr
    assert '"status": "ok"' in done.stdout
    return scrapyd


FAST = ["DOWNLOAD_DELAY=0", "AUTOTHROTTLE_ENABLED=0", "CONCURRENT_REQUESTS=8", "CONCURRENT_REQUESTS_PER_DOMAIN=8"]


def test_the_whole_project_is_deployed(deployed: Scrapyd) -> None:
    assert deployed.call("listprojects")["projects"] == ["vokcrawl"]
    assert "vok" in deployed.call("listspiders", project="vokcrawl")["spiders"]
    (version,) = deployed.call("listversions", project="vokcrawl")["versions"]
    (egg,) = (deployed.folder / "eggs" / "vokcrawl").glob(f"{version}*.egg")
    names = subprocess.run([sys.executable, "-m", "zipfile", "-l", egg], capture_output=True, text=True, check=True)
    packed = {line.split()[0] for line in names.stdout.splitlines()[1:]}
    wanted = {str(path.relative_to(ROOT)) for path in (ROOT / "vokcrawl").rglob("*.py")}
    assert wanted <= packed
    # Nothing but the package and what is said about it: no output, no tests, no environment.
    assert {name.partition("/")[0] for name in packed} == {"vokcrawl", "EGG-INFO"}


def test_a_crawl_scheduled_by_the_api_delivers_and_shows_its_outcome(
    deployed: Scrapyd, serve: Serving, tmp_path: Path
) -> None:
    server, output = serve(12), tmp_path / "output"
    settings = [*FAST, f"VOK_OUTPUT_DIR={output}", "VOK_ALERT_AGE_HOURS=0"]
    log = deployed.run(start_url=f"{server.url}/article/163/", setting=settings)
    crawl = Crawl(0, "", log, output)
    assert_whole(crawl, server.site)
    manifest = crawl.manifest
    assert (manifest["outcome"], manifest["exit_code"]) == ("done", 0)
    # scrapyd's own arguments are none of the crawl's.
    assert manifest["arguments"] == {"start_url": f"{server.url}/article/163/"}
    assert f"Run {manifest['run_id']}: done (exit code 0), 12 articles, 12 teasers" in log
    assert "Traceback" not in log
    assert json.loads((output / "health.json").read_bytes())["ok"]
    # Deployed versions run with the profile `production`, whatever the project is called there.
    assert manifest["settings"]["SETTINGS_MODULE"] == "vokcrawl.settings.production"


def test_a_failure_is_in_the_logs_of_the_crawl_and_of_scrapyd(
    deployed: Scrapyd, serve: Serving, tmp_path: Path
) -> None:
    server, output = serve(3), tmp_path / "output"
    server.site.fail("/article/163/", 500, times=-1)
    settings = [*FAST, f"VOK_OUTPUT_DIR={output}", "RETRY_TIMES=0"]
    log = deployed.run(start_url=f"{server.url}/article/163/", setting=settings)
    assert "unreachable (exit code 14)" in log
    assert json.loads((output / "health.json").read_bytes())["exit_code"] == 14
    said = (deployed.folder / "scrapyd.log").read_text(encoding="utf-8")
    assert "exitstatus=14" in said

    deployed.run(setting=[f"VOK_OUTPUT_DIR={output}", "VOK_PAGINATOIN=link"])
    said = (deployed.folder / "scrapyd.log").read_text(encoding="utf-8")
    assert "VOK_PAGINATOIN: no such setting; did you mean VOK_PAGINATION?" in said
    assert "exitstatus=2" in said


def test_crawls_of_one_scrapyd_run_one_at_a_time_with_settings_of_its_environment(
    deployed: Scrapyd, serve: Serving, tmp_path: Path
) -> None:
    server = serve(4)
    outputs = [tmp_path / name for name in ("one", "two")]
    for output in outputs:
        # Manifests tell seconds: each takes some.
        slow = ["DOWNLOAD_DELAY=0.4", *FAST[1:], f"VOK_OUTPUT_DIR={output}"]
        given = {"setting": slow, "start_url": f"{server.url}/article/163/"}
        assert deployed.call("schedule", project="vokcrawl", spider="vok", **given)["status"] == "ok"
    wait_for(lambda: all((output / "health.json").exists() for output in outputs))
    first, second = sorted(
        (each["started_at"], each["ended_at"]) for each in (Crawl(0, "", "", output).manifest for output in outputs)
    )
    assert first[1] <= second[0]
    manifest = Crawl(0, "", "", outputs[0]).manifest
    assert manifest["settings"]["VOK_CONTACT"] == "desk@example.org"
