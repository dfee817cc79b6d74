"""Whom alarms are told: by each way, what stands in it, how often; and what a way that fails cannot do."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from trustme import CA

from tests.support.children import Process, launch
from tests.support.crawling import Crawl, command, environment
from tests.support.expected import assert_whole
from tests.support.left import OFF, alarms_in, alarms_of, health_of
from tests.support.receiving import MailServer, Receiver
from tests.support.scheduling import crawling, ended_by, log_of, wait_for
from tests.support.servers import free_port
from vokcrawl.monitors.sending import is_here
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Receiving = Callable[..., Receiver]

T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)
# Every article is too old, which is what is told.
OLD: dict[str, object] = {**OFF, "VOK_RECHECK_DAYS": "", "VOK_ALERT_AGE_HOURS": 1}
WELL: dict[str, object] = {**OLD, "VOK_ALERT_AGE_HOURS": 0}
TOKEN = "8154:AAF-planted-telegram-token"  # noqa: S105


def telling(receiver: Receiver) -> dict[str, str]:
    """The environment in which all ways that speak HTTP lead to the receiver."""
    return {
        "VOK_ALERT_WEBHOOK": f"{receiver.url}/hook?key=planted-webhook-key",
        "VOK_ALERT_SLACK": f"{receiver.url}/services/T0/B0/planted-slack-key",
        "VOK_ALERT_TELEGRAM_API": receiver.url,
        "VOK_ALERT_TELEGRAM_TOKEN": TOKEN,
        "VOK_ALERT_TELEGRAM_CHAT": "@desk",
    }


def test_each_way_is_told_what_fired_the_outcome_the_counts_and_where_the_manifest_is(
    crawl: Crawling, serve: Serving, receive: Receiving, mail_server: Callable[..., MailServer], output: Path
) -> None:
    server, receiver = serve(6), receive()
    mail = mail_server()
    env = {
        **telling(receiver),
        "VOK_ALERT_SMTP": f"smtp://127.0.0.1:{mail.port}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org, night@example.org",
    }
    source = "Voice of Korea (EN)"
    done = crawl(f"{server.url}/article/163/", output, settings=OLD, env=env)
    assert done.code == 0, done.stderr
    manifest = str(output / "runs" / f"{done.manifest['run_id']}.json")
    said = alarms_of(output)["age"]

    hook, slack, telegram = receiver.posted
    assert hook.path == "/hook?key=planted-webhook-key"
    assert (hook.json["schema"], hook.json["kind"], hook.json["source"]) == ("vokcrawl.alert/1", "alarm", source)
    assert (hook.json["outcome"], hook.json["exit_code"]) == ("done", 0)
    assert hook.json["counts"] == {"articles": 6, "teasers": 6}
    assert hook.json["manifest"] == manifest
    ((alarm,), recovered) = hook.json["alarms"], hook.json["recovered"]
    assert (alarm["monitor"], alarm["message"], recovered) == ("age", said, [])

    text = hook.json["text"]
    assert [line for line in ("age", said, "done, 6 articles, 6 teasers", manifest) if line not in text] == []
    assert slack.path == "/services/T0/B0/planted-slack-key"
    assert slack.json["text"] == text
    assert (slack.json["parse"], slack.json["link_names"], slack.json["mrkdwn"]) == ("none", False, False)
    assert telegram.path == f"/bot{TOKEN}/sendMessage"
    assert (telegram.json["chat_id"], telegram.json["text"]) == ("@desk", text)
    assert "parse_mode" not in telegram.json

    (letter,) = mail.received
    assert letter["Subject"] == "vokcrawl, Voice of Korea (EN): alarm: age"
    assert (letter["From"], letter["To"]) == ("crawler@example.org", "desk@example.org, night@example.org")
    assert mail.recipients == [["desk@example.org", "night@example.org"]]
    assert letter.get_content().splitlines() == text.splitlines()


def test_an_alarm_is_told_once_again_after_a_day_and_when_it_is_over(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(3), receive()
    url = f"{server.url}/article/163/"
    env = {"VOK_ALERT_WEBHOOK": receiver.url}
    told: list[list[Any]] = []
    for hours, settings in ((0, OLD), (6, OLD), (23, OLD), (25, OLD), (26, WELL), (27, WELL), (28, OLD)):
        done = crawl(url, output, settings=settings, env=env, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        told.append([each.json["kind"] for each in receiver.posted])
        receiver.posted.clear()
    assert told == [["alarm"], [], [], ["reminder"], ["recovered"], [], ["alarm"]]
    # The log says it each time, and since when.
    (alarm,) = health_of(output)["alarms"]
    assert alarm["since"].startswith("2030-01-02T10:00")


def test_another_alarm_is_told_though_one_is_firing_and_zero_hours_mean_at_each_run(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(3), receive()
    url = f"{server.url}/article/163/"
    env = {"VOK_ALERT_WEBHOOK": receiver.url}
    full = {**OLD, "VOK_ALERT_FREE_MB": 999_999_999}
    for settings in (OLD, OLD, full, {**full, "VOK_ALERT_REPEAT_HOURS": 0}, OLD, full):
        assert crawl(url, output, settings=settings, env=env).code == 0
    fired = [(each.json["kind"], [alarm["monitor"] for alarm in each.json["alarms"]]) for each in receiver.posted]
    both = ["age", "disk"]
    assert fired == [("alarm", ["age"]), ("alarm", both), ("reminder", both), ("alarm", both)]


def test_an_interrupted_run_tells_nothing_and_forgets_nothing(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(12), receive()
    url = f"{server.url}/article/163/"
    env = {"VOK_ALERT_WEBHOOK": receiver.url}
    assert crawl(url, output, settings=OLD, env=env).code == 0
    server.site.publish(9)
    slow = {**WELL, "CONCURRENT_REQUESTS": 1, "DOWNLOAD_DELAY": 0.1}
    before = len(server.requests)
    with started(url, output, slow, env) as process:
        wait_for(lambda: len(server.requests) > before + 3, process)
        assert ended_by(process, signal.SIGTERM) == 130
    health = health_of(output)
    assert (health["exit_code"], health["ok"], health["told"]) == (130, False, ["age"])
    assert len(receiver.posted) == 1
    assert crawl(url, output, settings=WELL, env=env).code == 0
    assert [each.json["kind"] for each in receiver.posted] == ["alarm", "recovered"]


def test_what_was_found_is_written_down_before_anybody_is_told_of_it(
    serve: Serving, receive: Receiving, output: Path, tmp_path: Path
) -> None:
    server, receiver = serve(3), receive("hangs")
    metrics = tmp_path / "vokcrawl.prom"
    told = {"VOK_ALERT_WEBHOOK": receiver.url, "VOK_ALERT_TIMEOUT": 20, "VOK_METRICS_FILE": metrics}
    with crawling(f"{server.url}/article/163/", output, {**OLD, **told}) as process:
        wait_for(lambda: receiver.posted, process)
        process.kill()
        process.wait(timeout=20)
    assert alarms_of(output).keys() == {"age"}
    assert alarms_in(log_of(output).read_text(encoding="utf-8")) == alarms_of(output)
    assert (health_of(output)["told"], health_of(output)["exit_code"]) == ([], 0)
    assert 'monitor="age"' in metrics.read_text(encoding="utf-8")


BEHAVIOURS = {
    "refuses": "it answered 500",
    "redirects": "it answered 302",
    "drips": "no end of it within 1 s",
    "hangs": "ReadTimeout|no end of it within 1 s",
    "resets": "ConnectionError",
    "babbles": "ConnectionError",
}


@pytest.mark.parametrize("behaviour", [*BEHAVIOURS, "lies"])
def test_a_way_that_fails_hangs_or_lies_harms_neither_the_crawl_nor_its_exit_code_nor_its_output(
    behaviour: str, crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(6), receive(behaviour)
    env = {**telling(receiver), "VOK_ALERT_TIMEOUT": "1", "LOG_LEVEL": "DEBUG"}
    begun = monotonic()
    done = crawl(f"{server.url}/article/163/", output, settings={**OLD, "LOG_LEVEL": "DEBUG"}, env=env)
    assert monotonic() - begun < 20
    assert done.code == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_whole(done, server.site)
    assert len(receiver.posted) == 3
    assert receiver.elsewhere == []
    assert health_of(output)["alarms"] != []
    for whom in ("The webhook", "Slack", "Telegram"):
        if behaviour == "lies":
            # It was told; what else it says is not read.
            assert f"{whom} was told (alarm)" in done.stderr
        else:
            assert re.search(rf"WARNING: {whom} was not told: ({BEHAVIOURS[behaviour]});", done.stderr), done.stderr
    # Nobody was told, so the next run tries again.
    assert health_of(output)["told"] == (["age"] if behaviour == "lies" else [])
    secrets = ("planted-webhook-key", "planted-slack-key", TOKEN)
    assert [secret for secret in secrets if secret in done.stderr + done.stdout] == []


def test_nobody_at_the_address_is_a_line_in_the_log(crawl: Crawling, serve: Serving, output: Path) -> None:
    server, port = serve(3), free_port()
    env = {
        "VOK_ALERT_WEBHOOK": f"http://127.0.0.1:{port}/",
        "VOK_ALERT_SMTP": f"smtp://127.0.0.1:{port}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
    }
    done = crawl(f"{server.url}/article/163/", output, settings=OLD, env=env)
    assert done.code == 0
    assert "The webhook was not told: ConnectionError" in done.stderr
    assert "Mail was not told: ConnectionRefusedError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_logs_in_where_a_user_is_given_and_says_only_the_code_when_that_is_refused(
    crawl: Crawling, serve: Serving, mail_server: Callable[..., MailServer], output: Path
) -> None:
    server = serve(3)
    mail = mail_server(user="crawler", password="planted pass@word")  # noqa: S106
    env = {"VOK_ALERT_MAIL_FROM": "crawler@example.org", "VOK_ALERT_MAIL_TO": "desk@example.org"}
    url = f"{server.url}/article/163/"
    right, wrong = (f"smtp://crawler:{word}@127.0.0.1:{mail.port}" for word in ("planted%20pass%40word", "planted-no"))

    done = crawl(url, output, settings=OLD, env={**env, "VOK_ALERT_SMTP": wrong})
    assert done.code == 0
    assert "Mail was not told: SMTPAuthenticationError 535" in done.stderr
    assert mail.received == []

    done = crawl(url, output, settings=OLD, env={**env, "VOK_ALERT_SMTP": right})
    assert "Mail was told (alarm)" in done.stderr, done.stderr
    assert len(mail.received) == 1
    assert "planted" not in done.stderr
    assert "planted" not in json.dumps(done.manifests()) + (output / "health.json").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_mail_is_sent_by_tls_to_a_server_with_a_good_certificate_only(
    scheme: str, crawl: Crawling, serve: Serving, mail_server: Callable[..., MailServer], tmp_path: Path
) -> None:
    server, authority = serve(3), CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    mail = mail_server(user="crawler", password="planted", tls=context, at_once=scheme == "smtps")  # noqa: S106
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    env = {
        "VOK_ALERT_SMTP": f"{scheme}://crawler:planted@127.0.0.1:{mail.port}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
    }
    url = f"{server.url}/article/163/"
    done = crawl(url, tmp_path / "output", settings=OLD, env=env)
    assert done.code == 0
    assert "Mail was not told: SSLCertVerificationError" in done.stderr
    assert mail.received == []

    trusting = {**env, "SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    done = crawl(url, tmp_path / "output", settings=OLD, env=trusting)
    assert "Mail was told (alarm)" in done.stderr, done.stderr
    assert len(mail.received) == 1


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)],
)
def test_only_to_this_machine_a_password_goes_without_tls(host: str, here: bool) -> None:
    assert is_here(host) is here


def test_a_mail_server_that_never_greets_is_left_in_time(
    crawl: Crawling, serve: Serving, output: Path, silent: int
) -> None:
    server = serve(3)
    env = {
        "VOK_ALERT_SMTP": f"smtp://127.0.0.1:{silent}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
        "VOK_ALERT_TIMEOUT": "1",
    }
    done = crawl(f"{server.url}/article/163/", output, settings=OLD, env=env)
    assert done.code == 0
    assert re.search("Mail was not told: (TimeoutError|no end of it within 1 s)", done.stderr), done.stderr


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield int(bound.getsockname()[1])


@contextmanager
def started(url: str, output: Path, settings: dict[str, object], env: dict[str, str]) -> Iterator[Process]:
    """A crawl that is under way. Killed at the end, if need be."""
    words = command(url, output, settings=settings)
    with open(os.devnull, "wb") as log, launch(words, env=environment(env), stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()
