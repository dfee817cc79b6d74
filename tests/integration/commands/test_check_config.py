"""`scrapy check-config` lists each setting with its value and source, and all errors at once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.children import ROOT, run
from tests.support.crawling import environment
from vokcrawl.config import known_names


def check(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scrapy", "check-config", *words]
    done = run(command, env=environment(env))
    assert "Traceback" not in done.stderr
    return done


def listed(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in json.loads(done.stdout)}


def test_each_setting_is_listed_with_its_value_and_where_it_comes_from() -> None:
    env = {"VOK_RESCAN_HOURS": "12", "SPLASH_URL": "http://127.0.0.1:8050", "VOK_PAGINATION": "ajax"}
    done = check("--json", "-s", "VOK_PAGINATION=link", "-s", "VOK_SOURCE=KCNA (EN)", env=env)
    found = listed(done)
    assert (done.returncode, done.stderr) == (0, "")
    assert found.keys() == known_names()
    result = {name: (each["value"], each["origin"]) for name, each in found.items()}
    assert result["VOK_STOP_AFTER_KNOWN_PAGES"] == ("2", "base")
    assert result["VOK_OUTPUT_DIR"] == ("output/sample", "profile sample")
    assert result["VOK_RESCAN_HOURS"] == ("12", "environment")
    assert result["SPLASH_URL"] == ("http://127.0.0.1:8050", "environment")
    assert result["VOK_PAGINATION"] == ("link", "-s")
    assert result["VOK_SOURCE"] == ("KCNA (EN)", "-s")
    assert result["VOK_CONTACT"] == ("(empty)", "base")
    assert all(each["errors"] == [] for each in found.values())


def test_of_a_redis_server_it_says_no_more_than_that_there_is_one() -> None:
    env = {"SCRAPY_PROJECT": "distributed", "REDIS_URL": "redis://worker:planted@redis.example.org:6379/0"}
    done = check("--json", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    found = listed(done)
    assert (found["REDIS_URL"]["value"], found["REDIS_URL"]["origin"]) == ("(set, not shown)", "environment")
    assert (found["VOK_STATE"]["value"], found["VOK_STATE"]["origin"]) == ("redis", "profile distributed")
    # A crawl by one worker has no business with what others may mean by this name.
    assert check(env={"REDIS_URL": "something else"}).returncode == 0


def test_environment_variables_of_the_tests_are_not_settings() -> None:
    done = check("--json", env={"VOK_TEST_THOROUGH": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert listed(done).keys() == known_names()


def test_an_argument_is_refused_rather_than_passed_over() -> None:
    done = check("VOK_NOPE")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "scrapy check-config: 'VOK_NOPE': unexpected argument; -s NAME=VALUE sets a setting\n"


def test_for_people_there_is_a_line_for_each_and_a_mark_at_what_is_wrong() -> None:
    done = check("-s", "VOK_STOP_AFTER_KNOWN_PAGES=two")
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == len(known_names())
    assert [line.split() for line in done.stdout.splitlines() if line.startswith("!")] == [
        ["!", "VOK_STOP_AFTER_KNOWN_PAGES", "-s", "two"]
    ]


def test_all_that_is_wrong_is_said_at_once_and_nothing_of_it_is_a_secret() -> None:
    secrets = {
        "VOK_ALERT_SLACK": "planted-slack",
        "VOK_ALERT_WEBHOOK": "ftp://planted-hook/",
        "VOK_ALERT_TELEGRAM_TOKEN": "planted/telegram",
        "VOK_ALERT_SMTP": "smtp://planted-user@host",
        # A mistyped name may be meant for a secret.
        "VOK_ALERT_SLAK": "https://hooks.example.org/planted-typo",
        "SPLASH_URL": "http://planted:planted@127.0.0.1:8050/",
    }
    wrong = {
        "VOK_PAGINATION": "scroll",
        "VOK_STOP_AFTER_KNOWN_PAGES": "0",
        "VOK_ALERT_OUTCOMES": "0=1",
        "VOK_ALERT_ERRORS": "20",
        "VOK_ALERT_FEW_ARTICLES": "-3",
        "VOK_METRICS_FILE": "vokcrawl.txt",
        "VOK_ALERT_MAIL_TO": "desk",
        "VOK_HEALTH_FILE": "",
    }
    done = check(env={**secrets, **wrong})
    assert done.returncode == 2
    said = [line.removeprefix("scrapy check-config: ").partition(":")[0] for line in done.stderr.splitlines()]
    assert sorted(said) == sorted({**secrets, **wrong})
    assert "planted" not in done.stdout + done.stderr
    assert "VOK_ALERT_SLAK: no such setting; did you mean VOK_ALERT_SLACK?" in done.stderr


PLANTED_URLS = [
    "http://site.test/newstream/,http://user:planted@site.test/",
    "http://user:planted@site.test/ , http://other:planted@site.test/",
    "ftp://user:planted@site.test/",
]


@pytest.mark.parametrize("urls", PLANTED_URLS)
def test_no_url_of_several_is_shown_with_its_password(urls: str) -> None:
    for words in ([], ["--json"]):
        done = check(*words, env={"VOK_START_URLS": urls})
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert "VOK_START_URLS: a URL must not contain a user name or a password" in done.stderr
        assert "site.test" in done.stdout
        assert "planted" not in done.stdout + done.stderr


def test_the_settings_of_scrapy_with_which_a_crawl_would_not_begin_are_wrong_too() -> None:
    wrong = {"DOWNLOAD_DELAY": "-1", "CONCURRENT_REQUESTS": "0", "USER_AGENT": "", "LOG_LEVEL": "FOO"}
    given = [word for name, value in wrong.items() for word in ("-s", f"{name}={value}")]
    done = check("--json", *given, env={"VOK_CONTACT": "desk@example.org"})
    assert done.returncode == 2
    said = [line.removeprefix("scrapy check-config: ").partition(":")[0] for line in done.stderr.splitlines()]
    assert sorted(said) == sorted(wrong)
    found = listed(done)
    assert found.keys() == known_names() | wrong.keys()
    assert {name: (found[name]["value"], found[name]["origin"]) for name in wrong} == {
        name: (value or "(empty)", "-s") for name, value in wrong.items()
    }


DISAGREE: dict[str, tuple[dict[str, str], str]] = {
    "a token without a chat": ({"VOK_ALERT_TELEGRAM_TOKEN": "1:x"}, "VOK_ALERT_TELEGRAM_CHAT"),
    "a chat without a token": ({"VOK_ALERT_TELEGRAM_CHAT": "@desk"}, "VOK_ALERT_TELEGRAM_TOKEN"),
    "a server without a recipient": (
        {"VOK_ALERT_SMTP": "smtp://127.0.0.1", "VOK_ALERT_MAIL_FROM": "a@example.org"},
        "VOK_ALERT_MAIL_TO",
    ),
    "workers without a server": ({"SCRAPY_PROJECT": "distributed"}, "REDIS_URL: must not be empty"),
    "workers with what is no server": (
        {"SCRAPY_PROJECT": "distributed", "REDIS_URL": "http://127.0.0.1:6379"},
        "REDIS_URL: the value (not shown, it may be a secret) is not the URL of a Redis server",
    ),
    "a recipient without a server": ({"VOK_ALERT_MAIL_TO": "a@example.org"}, "VOK_ALERT_SMTP"),
}


@pytest.mark.parametrize("case", DISAGREE)
def test_settings_that_need_each_other_are_checked_together(case: str) -> None:
    env, named = DISAGREE[case]
    done = check(env=env)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert named in line


def test_what_it_finds_wrong_a_crawl_refuses_too(tmp_path: Any) -> None:
    env = environment({"VOK_ALERT_MAIL_TO": "desk", "VOK_OUTPUT_DIR": str(tmp_path / "output")})
    command = [sys.executable, "-m", "scrapy", "crawl", "vok"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "VOK_ALERT_MAIL_TO: 'desk' is not a mail address" in done.stderr.strip().splitlines()[-1]
    assert not (tmp_path / "output").exists()
