"""Unsuitable servers and workers are refused in one line, before anything is written."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.children import ROOT
from tests.support.commands import QUIET, Serving, wait_for
from tests.support.crawling import environment, run_crawl
from tests.support.redis_server import RedisServer
from tests.support.servers import free_port
from tests.support.worker_group import WorkerGroup, traces
from vokcrawl.storage.state.redis.namespace import VERSION

Grouped = Callable[..., WorkerGroup]
SECRET = "open-sesame"  # noqa: S105  the test's own


@pytest.fixture
def group(serve: Serving, grouped: Grouped) -> WorkerGroup:
    return grouped(serve(5))


def refused(group: WorkerGroup, code: int, url: str | None = None, how: str = "", **settings: object) -> str:
    """A worker that must be refused; what it says. It leaves nothing but its lock, and perhaps its id."""
    env = {} if url is None else {"REDIS_URL": url}
    process = group.start(0, how, settings={"VOK_REDIS_TIMEOUT": 1, **settings}, env=env)
    assert process.wait(timeout=60) == code
    said = group.log(0)
    assert "Traceback" not in said
    assert SECRET not in said
    assert traces(group.output(0)) == []
    return said.splitlines()[-1]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "http://127.0.0.1/",
        "redis://",
        "redis://127.0.0.1:6379/x",
        "redis://127.0.0.1:99999/0",
        f"redis:/:{SECRET}@127.0.0.1:6379/0",
        f"redis://:{SECRET}?{SECRET}@127.0.0.1:6379/0",
        SECRET,
    ],
)
def test_what_is_no_redis_url_is_refused(group: WorkerGroup, url: str) -> None:
    said = refused(group, 2, url)
    assert said.startswith("scrapy crawl: REDIS_URL: ")
    assert "redis://127.0.0.1:6379/0" in said


def test_a_server_that_wants_a_password_is_named_without_any(group: WorkerGroup, tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", password=f"not-{SECRET}") as server:
        for password in ("", f":{SECRET}@"):
            said = refused(group, 2, f"redis://{password}127.0.0.1:{server.port}/0")
            assert f"127.0.0.1:{server.port}/0" in said
            assert "redis://user:password@host:6379/0" in said


@pytest.fixture
def web_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_server_that_is_not_redis_is_reported_as_such(group: WorkerGroup, web_server: int) -> None:
    assert "not a Redis server" in refused(group, 2, f"redis://127.0.0.1:{web_server}/0")


def test_an_unreachable_server_is_retried_and_then_reported(group: WorkerGroup) -> None:
    said = refused(group, 14, f"redis://127.0.0.1:{free_port()}/0")
    assert "VOK_REDIS_TIMEOUT=1" in said


def test_keys_of_another_project_are_not_changed(group: WorkerGroup) -> None:
    with group.redis.client() as client:
        client.hset(f"{group.prefix}:articles", "theirs", "1")
    said = refused(group, 2)
    assert f"{group.prefix}:articles belongs to another program" in said
    assert "VOK_REDIS_PREFIX" in said
    assert group.known("articles") == {"theirs": "1"}


def test_a_worker_that_is_older_than_the_others_is_refused(group: WorkerGroup) -> None:
    with group.redis.client() as client:
        client.hset(f"{group.prefix}:marker", mapping={"application": "vokcrawl", "version": VERSION + 1})
    assert "update this worker" in refused(group, 2)


@pytest.mark.parametrize("package", ["redis", "scrapy_redis"])
def test_a_missing_package_is_named_with_the_file_that_brings_it(group: WorkerGroup, package: str) -> None:
    said = refused(group, 2, how=f"without:{package}")
    assert package.replace("_", "-") in said
    assert "pip install -r requirements/distributed.txt" in said


def test_a_worker_with_other_parameters_is_refused_and_names_them(serve: Serving, grouped: Grouped) -> None:
    group = grouped(serve(300))
    first = group.start(0, settings={**QUIET, "DOWNLOAD_DELAY": 0.1})
    wait_for(lambda: group.delivered() > 2)
    second = group.start(1, settings=QUIET, args={"since": "2019-01-01"})
    assert second.wait(timeout=60) == 2
    assert "since: '2019-01-01' here, None there" in group.log(1).splitlines()[-1]
    assert "Traceback" not in group.log(1)
    assert first.poll() is None
    first.kill()


def test_a_state_on_a_server_needs_the_profile_distributed(group: WorkerGroup, tmp_path: Path) -> None:
    done = run_crawl(
        group.start_url, tmp_path / "alone", settings={"VOK_STATE": "redis"}, env={"REDIS_URL": group.redis.url}
    )
    assert done.code == 2
    assert "SCRAPY_PROJECT=distributed" in done.stderr.splitlines()[-1]
    assert not list((tmp_path / "alone").glob("*/*"))


def test_several_sources_in_one_process_are_refused_for_workers(group: WorkerGroup, tmp_path: Path) -> None:
    said = group.scrapy("sources", f"Voice of Korea (EN)={tmp_path / 'en'}", f"KCNA (Kr)={tmp_path / 'kr'}")
    assert said.returncode == 2
    assert "VOK_REDIS_PREFIX" in said.stderr.splitlines()[-1]
    assert "Traceback" not in said.stderr
    assert not (tmp_path / "en").exists()


def test_a_crawl_by_one_worker_loads_no_redis_client(serve: Serving, output: Path, tmp_path: Path) -> None:
    script = tmp_path / "alone.py"
    script.write_text(
        "import sys; sys.path[0] = ''\n"
        "from scrapy.cmdline import execute\n"
        "try:\n    execute(['scrapy', *sys.argv[1:]])\n"
        "finally:\n    print(sorted(name for name in sys.modules if 'redis' in name.lower()))\n"
    )
    words = ["crawl", "vok", "-a", f"start_url={serve(5).url}/article/163/", "-s", f"VOK_OUTPUT_DIR={output}"]
    done = subprocess.run(
        [sys.executable, str(script), *words],
        cwd=ROOT,
        env=environment({"REDIS_URL": f"something else: {SECRET}"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert SECRET not in done.stderr
    assert all(SECRET.encode() not in path.read_bytes() for path in output.rglob("*") if path.is_file())
