"""Image and compose file, as far as possible without a Docker daemon: all files exist, and the options are safe."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.children import ROOT
from tests.support.crawling import environment
from tests.support.installed_project import installed_from
from vokcrawl.config import known_names
from vokcrawl.config.environment import PREFIX
from vokcrawl.config.values import parse_redis_url

DOCKER = ROOT / "deploy" / "docker"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, each with its words on one line."""
    text = re.sub(r"\\\n", " ", (DOCKER / "Dockerfile").read_text(encoding="utf-8"))
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def last(name: str) -> str:
    return [words for instruction, words in instructions() if instruction == name][-1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    result = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    assert isinstance(result, dict)
    return result


def test_what_the_image_is_made_of_exists_and_is_not_kept_from_it() -> None:
    allowed = {line[1:] for line in (DOCKER / "Dockerfile.dockerignore").read_text().splitlines() if line[:1] == "!"}
    copied = [
        path
        for instruction, words in instructions()
        if instruction == "COPY" and not words.startswith("--from")
        for path in words.split()[:-1]
    ]
    assert copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert path.partition("/")[0] in allowed, path
    # Every file that pip is given was copied before.
    given = {path for name, words in instructions() if name == "RUN" for path in re.findall(r"-r (\S+)", words)}
    assert given <= set(copied)
    assert "requirements.txt" in given


def test_the_image_has_the_project_installed_so_that_it_refuses_a_profile_that_does_not_exist(tmp_path: Path) -> None:
    """The image's own steps, but for the packages, which are here."""
    project = tmp_path / "opt"
    project.mkdir()
    target: Path | None = None
    for name, words in instructions():
        if name == "COPY" and not words.startswith("--from"):
            *paths, place = words.split()
            for path in map(Path, paths):
                if (ROOT / path).is_dir():
                    hidden = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(ROOT / path, project / place, ignore=hidden, dirs_exist_ok=True)
                elif place == "./":
                    shutil.copy(ROOT / path, project)
        if name == "RUN" and words.endswith(" --no-deps --editable ."):
            target = installed_from(project, tmp_path / "installed", "--editable")
    assert target is not None
    for profile, code, said in (
        ("nope", 2, "'nope': no such profile"),
        (environment_of_image()["SCRAPY_PROJECT"], 0, ""),
    ):
        env = environment({"SCRAPY_PROJECT": profile, "PYTHONPATH": str(target)})
        command = [sys.executable, "-P", "-m", "scrapy", "check-config"]
        done = subprocess.run(command, env=env, cwd=project, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (code, True, False), done.stderr


def environment_of_image() -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", last("ENV")))


def test_the_image_runs_as_nobody_and_writes_to_its_volume() -> None:
    user, _, group = last("USER").partition(":")
    assert int(user) > 0 < int(group)
    names = [name for name, _ in instructions()]
    # Nothing is done as root behind that.
    assert "RUN" not in names[names.index("USER") :]
    assert "COPY" not in names[names.index("USER") :]
    given = environment_of_image()
    assert given["VOK_OUTPUT_DIR"] == last("VOLUME")
    assert last("ENTRYPOINT") == '["scrapy"]'
    assert {name for name in given if name.startswith(PREFIX)} <= known_names()
    everything = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"token|password|secret", everything, re.IGNORECASE)


def test_the_services_name_what_exists_and_open_no_port(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services.keys() == {"crawl", "worker-1", "worker-2", "splash", "redis"}
    build = services["crawl"]["build"]
    assert (DOCKER / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).exists()
    assert {name for name in services["crawl"]["environment"] if name != "SCRAPY_PROJECT"} <= known_names()
    for name, service in services.items():
        assert "ports" not in service, name
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.get("privileged")
        assert set(service["networks"]) <= compose["networks"].keys()
        volumes = [each.partition(":") for each in service.get("volumes", [])]
        assert {volume for volume, _, _ in volumes} <= compose["volumes"].keys()
    assert services["crawl"]["volumes"] == [f"output:{last('VOLUME')}"]
    assert compose["networks"]["inside"] == compose["networks"]["memory"] == {"internal": True}
    # What needs a word of its own to be pinned says one.
    images = [service["image"] for service in services.values() if "image" in service]
    assert all(re.search(r":[\w.-]+$", image) and not image.endswith(":latest") for image in images)


def test_workers_share_a_persistent_redis_that_is_not_exposed(compose: dict[str, Any]) -> None:
    services = compose["services"]
    workers = {name: service for name, service in services.items() if name.startswith("worker-")}
    for name, service in workers.items():
        environment = service["environment"]
        assert environment["SCRAPY_PROJECT"] == "distributed"
        assert environment["REDIS_URL"] == parse_redis_url(environment["REDIS_URL"])
        assert environment["REDIS_URL"].startswith("redis://redis:")
        assert environment.keys() - {"SCRAPY_PROJECT"} <= known_names()
        assert environment["VOK_OUTPUT_DIR"] == f"{last('VOLUME')}/{name}", "each has a folder of its own"
        assert service["volumes"] == services["crawl"]["volumes"]
        assert "redis" in service["depends_on"]
    near = {name for name, service in services.items() if "memory" in service["networks"]}
    assert near == {*workers, "redis"}
    assert services["redis"]["networks"] == ["memory"]
    assert services["redis"]["command"][1:] == ["--appendonly", "yes"]
    assert services["redis"]["volumes"]
    # A plain `up` starts neither.
    assert all(services[name]["profiles"] == ["workers"] for name in near)
    assert "requirements/distributed.txt" in next(words for name, words in instructions() if name == "RUN")
