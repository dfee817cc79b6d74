"""Planted secrets get into no file of a crawl and no output of a command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.children import run
from tests.support.crawling import Crawl, environment
from tests.support.notification_servers import Receiver
from tests.support.planted_secrets import PLANTED, leaks, texts
from tests.support.servers import free_port
from vokcrawl.config import secret_names
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

LOUD = {"LOG_LEVEL": "DEBUG", "VOK_METRICS_FILE": "vokcrawl.prom", "VOK_ALERT_FREE_MB": 999_999_999}


def secrets(url: str) -> dict[str, str]:
    """Every setting that is a secret, each with another one planted, and what Scrapy and Splash know as such."""
    port = free_port()
    return {
        "VOK_ALERT_WEBHOOK": f"{url}/hook?key={PLANTED}-hook",
        "VOK_ALERT_SLACK": f"{url}/services/{PLANTED}-slack",
        "VOK_ALERT_TELEGRAM_API": url,
        "VOK_ALERT_TELEGRAM_CHAT": "@desk",
        "VOK_ALERT_TELEGRAM_TOKEN": f"1:{PLANTED}-telegram",
        "VOK_ALERT_SMTP": f"smtp://{PLANTED}-user:{PLANTED}-mail@127.0.0.1:{port}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
        "VOK_TIMESTAMP_URL": f"{url}/tsa?key={PLANTED}-timestamp",
        # Of no use to a crawl by one worker; tests/distributed/test_password.py has some that are used.
        "REDIS_URL": f"redis://{PLANTED}-user:{PLANTED}-redis@127.0.0.1:{port}/0",
    }


def test_every_secret_setting_is_planted() -> None:
    assert secret_names() <= secrets("http://127.0.0.1:1").keys()


@pytest.mark.parametrize("behaviour", ["answers", "refuses", "babbles"])
def test_no_file_and_no_line_of_the_log_has_a_secret(
    behaviour: str, crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(4)
    with Receiver(behaviour) as receiver:
        env = secrets(receiver.url)
        settings = {**LOUD, "SPLASH_PASS": f"{PLANTED}-splash"}
        done = crawl(f"{server.url}/article/163/", output, settings=settings, env=env)
    assert done.code == 0, done.stderr
    # They were used: three posts, and a mail server that nobody is.
    assert len(receiver.posted) == 3
    assert PLANTED not in done.stdout + done.stderr
    assert {name.partition("/")[0] for name, _ in texts(output)} >= {
        "articles",
        "archive",
        "runs",
        "health.json",
        "vokcrawl.prom",
    }
    assert leaks(output) == []
    assert [each for each in server.requests if PLANTED in str(each)] == []

    commands = [["check-config"], ["check-config", "--json"], ["status"], ["status", "--json"], ["verify"], ["report"]]
    for words in commands:
        command = [sys.executable, "-m", "scrapy", *words, "-s", f"VOK_OUTPUT_DIR={output}"]
        said = run(command, env=environment(env))
        assert said.returncode == 0, said.stderr
        assert PLANTED not in said.stdout + said.stderr, words
    assert leaks(output) == []


WRONG = {
    "VOK_ALERT_WEBHOOK": f"ftp://{PLANTED}",
    "VOK_ALERT_SLACK": PLANTED,
    "VOK_ALERT_TELEGRAM_TOKEN": f"{PLANTED}/x",
    "VOK_ALERT_SMTP": f"smtp://{PLANTED}@host",
    "SPLASH_URL": f"http://user:{PLANTED}@127.0.0.1:8050",
    "VOK_START_URLS": f"http://user:{PLANTED}@127.0.0.1/",
    "VOK_ALERT_SLAK": PLANTED,
    "REDIS_URL": f"redis:/:{PLANTED}@127.0.0.1:6379/0",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_one_is_refused_without_being_shown(name: str, crawl: Crawling, output: Path) -> None:
    profile = "distributed" if name == "REDIS_URL" else "sample"
    done = crawl(None, output, env={"SCRAPY_PROJECT": profile, name: WRONG[name]})
    assert done.code == 2
    assert f"{name}: " in done.stderr.strip().splitlines()[-1]
    assert PLANTED not in done.stdout + done.stderr
