"""Workers in processes of their own, each with its own output directory, and their output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.children import OF_A_WORKER, Process, launch, run
from tests.support.commands import QUIET
from tests.support.crawling import Crawl, Record, command, environment
from tests.support.expected_records import assert_same
from tests.support.redis_server import RedisServer
from vokcrawl.integrity.shared_consistency import SharedConsistencyCheck
from vokcrawl.integrity.verify import Verification
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.state.redis.folders import OnServer

LAUNCH = "tests.support.launch_worker"
# Without the brakes that are for a live site; a worker that is silent for two seconds is taken for dead.
RAPID: dict[str, object] = {
    "DOWNLOAD_DELAY": 0,
    "AUTOTHROTTLE_ENABLED": 0,
    "CONCURRENT_REQUESTS": 2,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 2,
    "DOWNLOAD_TIMEOUT": 15,
    "VOK_BACKOFF_SECONDS": 1,
    "VOK_LEASE_SECONDS": 2,
    "VOK_REDIS_TIMEOUT": 20,
}
# Slow enough for all workers to have a part in a small crawl, and for a test to meet it in its middle: the site is
# asked every 20 ms, by all of them together.
SLOW: dict[str, object] = {**QUIET, "DOWNLOAD_DELAY": 0.02, "DOWNLOAD_DELAY_JITTER": 0}
_prefixes = count()


@dataclass
class WorkerGroup:
    """Workers `w0`, `w1`, … that share a prefix on a Redis server. All are killed at the end of the block."""

    folder: Path
    redis: RedisServer
    start_url: str
    prefix: str = field(default_factory=lambda: f"group-{next(_prefixes)}")
    _running: ExitStack = field(default_factory=ExitStack)

    def output(self, worker: int) -> Path:
        return self.folder / f"w{worker}"

    def log(self, worker: int) -> str:
        return (self.folder / f"w{worker}.log").read_text()

    def start(
        self,
        worker: int,
        how: str = "",
        *,
        args: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Process:
        """Starts a worker with the arguments of `launch_worker.py`."""
        given = {**RAPID, "VOK_REDIS_PREFIX": self.prefix, **(settings or {})}
        words = command(self.start_url, self.output(worker), args, given)
        words = [sys.executable, "-m", LAUNCH, how, *words[3:]]
        with (self.folder / f"w{worker}.log").open("ab") as log:
            # What is missing must not have been imported.
            imported = () if "without" in how else OF_A_WORKER
            process = launch(words, env=self.environment(env), stdout=log, stderr=log, imported=imported)
        self._running.callback(_end, process)
        return process

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        return environment({"SCRAPY_PROJECT": "distributed", "REDIS_URL": self.redis.url, **(env or {})})

    def crawl(self, workers: int = 3, how: str = "", **given: Any) -> list[int]:
        """Runs so many workers that start together, to the end; returns their exit codes."""
        together = f"together:{workers},{how}"
        started = [self.start(worker, together, **given) for worker in range(workers)]
        return [process.wait(timeout=90) for process in started]

    def scrapy(self, *words: str, worker: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs one of the project's commands on a worker's directory."""
        settings = ["-s", f"VOK_OUTPUT_DIR={self.output(worker)}", "-s", f"VOK_REDIS_PREFIX={self.prefix}"]
        return run([sys.executable, "-m", "scrapy", *words, *settings], env=self.environment())

    def outputs(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("w*") if path.is_dir())

    def crawls(self) -> list[Crawl]:
        """The output directory of each worker."""
        return [Crawl(0, "", "", output) for output in self.outputs()]

    def records(self, kind: str) -> list[Record]:
        return [record for each in self.crawls() for record in each.records(kind)]

    def manifests(self) -> Iterator[Record]:
        """The manifests of all workers, one worker after the other."""
        for each in self.crawls():
            yield from each.manifests()

    def opening(self) -> OnServer:
        return OnServer(self.redis.url, self.prefix, 5)

    def faults(self) -> list[str]:
        """The faults that `scrapy verify` finds in all directories together, without a process of its own."""
        consistency = SharedConsistencyCheck(all_folders=True)
        folders = [OutputFolder(output) for output in self.outputs()]
        found = []
        for folder in folders:
            folder.take("a test")
            try:
                check = Verification(folder, self.opening(), consistency)
                found += [str(fault) for fault in check.faults(last=folder is folders[-1])]
            finally:
                folder.release()
        return found

    def assert_whole(self, server: SampleServer) -> None:
        """All of the site was delivered once, the state agrees, and no claim or request is left."""
        truth = server.site.truth()
        assert_same(self.records("articles"), truth["articles"])
        assert_same(self.records("teasers"), truth["teasers"])
        assert self.records("rejected") == []
        assert self.faults() == []
        with self.redis.client() as client:
            left = {name: client.exists(f"{self.prefix}:{name}") for name in ("requests", "queue", "claims", "owners")}
        assert not any(left.values()), left

    def known(self, name: str) -> Any:
        """The value of a key on the server: a hash, the members of a sorted set, or nothing."""
        with self.redis.client() as client:
            key = f"{self.prefix}:{name}"
            kind = client.type(key)
            return client.hgetall(key) if kind == "hash" else client.zrange(key, 0, -1) if kind == "zset" else None

    def delivered(self) -> int:
        """The number of articles that the state knows as delivered."""
        return len(self.known("delivered") or ())

    def leader(self) -> int | None:
        """The current leader, if there is one."""
        run = (self.known("crawl") or {}).get("leader")
        owner = (self.known("run_ids") or {}).get(run)
        place = (self.known("folders") or {}).get(owner)
        return int(Path(json.loads(place)[1]).name.removeprefix("w")) if place else None

    def close(self) -> None:
        self._running.close()


def traces(output: Path) -> list[str]:
    """The files of a directory, without those that a refused worker leaves."""
    return sorted(path.name for path in output.glob("*") if path.name not in (".lock", ".worker", "health.json"))


def _end(process: Process) -> None:
    process.kill()
    process.wait()
