"""Notifications: their content in each channel, how often they are sent, and channels that fail."""

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
from tests.support.commands import crawling, ended_by, log_of, wait_for
from tests.support.crawling import Crawl, command, environment
from tests.support.expected_records import assert_whole
from tests.support.health_file import OFF, alarms_in, alarms_of, health_of
from tests.support.notification_servers import MailServer, Receiver
from tests.support.servers import free_port
from vokcrawl.monitors.sending import is_loopback
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Receiving = Callable[..., Receiver]

T0 = datetime(2030, 1, 1, 6, tzinfo=UTC)
# Every article is too old, so the monitor `age` fires.
OLD: dict[str, object] = {**OFF, "VOK_RECHECK_DAYS": "", "VOK_ALERT_AGE_HOURS": 1}
WELL: dict[str, object] = {**OLD, "VOK_ALERT_AGE_HOURS": 0}
TOKEN = "8154:AAF-planted-telegram-token"  # noqa: S105


def channels_to(receiver: Receiver) -> dict[str, str]:
    """The environment in which all HTTP channels lead to the receiver."""
    return {
        "VOK_ALERT_WEBHOOK": f"{receiver.url}/hook?key=planted-webhook-key",
        "VOK_ALERT_SLACK": f"{receiver.url}/services/T0/B0/planted-slack-key",
        "VOK_ALERT_TELEGRAM_API": receiver.url,
        "VOK_ALERT_TELEGRAM_TOKEN": TOKEN,
        "VOK_ALERT_TELEGRAM_CHAT": "@desk",
    }


def test_each_channel_gets_alarms_outcome_counts_and_manifest_path(
    crawl: Crawling, serve: Serving, receive: Receiving, mail_server: Callable[..., MailServer], output: Path
) -> None:
    server, receiver = serve(6), receive()
    mail = mail_server()
    env = {
        **channels_to(receiver),
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


def test_an_alarm_is_sent_once_repeated_after_a_day_and_its_recovery_is_sent(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(3), receive()
    url = f"{server.url}/article/163/"
    env = {"VOK_ALERT_WEBHOOK": receiver.url}
    sent: list[list[Any]] = []
    for hours, settings in ((0, OLD), (6, OLD), (23, OLD), (25, OLD), (26, WELL), (27, WELL), (28, OLD)):
        done = crawl(url, output, settings=settings, env=env, at=T0 + timedelta(hours=hours))
        assert done.code == 0, done.stderr
        sent.append([each.json["kind"] for each in receiver.posted])
        receiver.posted.clear()
    assert sent == [["alarm"], [], [], ["reminder"], ["recovered"], [], ["alarm"]]
    # The health file keeps since when.
    (alarm,) = health_of(output)["alarms"]
    assert alarm["since"].startswith("2030-01-02T10:00")


def test_another_alarm_is_sent_while_one_fires_and_zero_hours_repeat_it_at_each_run(
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


def test_an_interrupted_run_sends_nothing_and_keeps_the_alarms(
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
    assert (health["exit_code"], health["ok"], health["notified"]) == (130, False, ["age"])
    assert len(receiver.posted) == 1
    assert crawl(url, output, settings=WELL, env=env).code == 0
    assert [each.json["kind"] for each in receiver.posted] == ["alarm", "recovered"]


def test_log_health_file_and_metrics_are_written_before_notifications_are_sent(
    serve: Serving, receive: Receiving, output: Path, tmp_path: Path
) -> None:
    server, receiver = serve(3), receive("hangs")
    metrics = tmp_path / "vokcrawl.prom"
    settings = {"VOK_ALERT_WEBHOOK": receiver.url, "VOK_ALERT_TIMEOUT": 20, "VOK_METRICS_FILE": metrics}
    with crawling(f"{server.url}/article/163/", output, {**OLD, **settings}) as process:
        wait_for(lambda: receiver.posted, process)
        process.kill()
        process.wait(timeout=20)
    assert alarms_of(output).keys() == {"age"}
    assert alarms_in(log_of(output).read_text(encoding="utf-8")) == alarms_of(output)
    assert (health_of(output)["notified"], health_of(output)["exit_code"]) == ([], 0)
    assert 'monitor="age"' in metrics.read_text(encoding="utf-8")


BEHAVIOURS = {
    "refuses": "HTTP status 500",
    "redirects": "HTTP status 302",
    "drips": "timed out after 1 s",
    "hangs": "ReadTimeout|timed out after 1 s",
    "resets": "ConnectionError",
    "babbles": "ConnectionError",
}


@pytest.mark.parametrize("behaviour", [*BEHAVIOURS, "lies"])
def test_a_channel_that_fails_hangs_or_lies_affects_neither_exit_code_nor_output(
    behaviour: str, crawl: Crawling, serve: Serving, receive: Receiving, output: Path
) -> None:
    server, receiver = serve(6), receive(behaviour)
    env = {**channels_to(receiver), "VOK_ALERT_TIMEOUT": "1", "LOG_LEVEL": "DEBUG"}
    begun = monotonic()
    done = crawl(f"{server.url}/article/163/", output, settings={**OLD, "LOG_LEVEL": "DEBUG"}, env=env)
    # Without a time-out it would never end.
    assert monotonic() - begun < 60
    assert done.code == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_whole(done, server.site)
    assert len(receiver.posted) == 3
    assert receiver.elsewhere == []
    assert health_of(output)["alarms"] != []
    for channel in ("Webhook", "Slack", "Telegram"):
        if behaviour == "lies":
            # The status was 200; the body is not read.
            assert f"{channel} notification sent (alarm)" in done.stderr
        else:
            assert re.search(rf"WARNING: {channel} notification failed: ({BEHAVIOURS[behaviour]});", done.stderr), (
                done.stderr
            )
    # No channel succeeded, so the next run tries again.
    assert health_of(output)["notified"] == (["age"] if behaviour == "lies" else [])
    secrets = ("planted-webhook-key", "planted-slack-key", TOKEN)
    assert [secret for secret in secrets if secret in done.stderr + done.stdout] == []


def test_an_address_without_a_server_is_one_line_in_the_log(crawl: Crawling, serve: Serving, output: Path) -> None:
    server, port = serve(3), free_port()
    env = {
        "VOK_ALERT_WEBHOOK": f"http://127.0.0.1:{port}/",
        "VOK_ALERT_SMTP": f"smtp://127.0.0.1:{port}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
    }
    done = crawl(f"{server.url}/article/163/", output, settings=OLD, env=env)
    assert done.code == 0
    assert "Webhook notification failed: ConnectionError" in done.stderr
    assert "Mail notification failed: ConnectionRefusedError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_mail_logs_in_with_the_given_user_and_a_refusal_logs_only_the_code(
    crawl: Crawling, serve: Serving, mail_server: Callable[..., MailServer], output: Path
) -> None:
    server = serve(3)
    mail = mail_server(user="crawler", password="planted pass@word")  # noqa: S106
    env = {"VOK_ALERT_MAIL_FROM": "crawler@example.org", "VOK_ALERT_MAIL_TO": "desk@example.org"}
    url = f"{server.url}/article/163/"
    right, wrong = (f"smtp://crawler:{word}@127.0.0.1:{mail.port}" for word in ("planted%20pass%40word", "planted-no"))

    done = crawl(url, output, settings=OLD, env={**env, "VOK_ALERT_SMTP": wrong})
    assert done.code == 0
    assert "Mail notification failed: SMTPAuthenticationError 535" in done.stderr
    assert mail.received == []

    done = crawl(url, output, settings=OLD, env={**env, "VOK_ALERT_SMTP": right})
    assert "Mail notification sent (alarm)" in done.stderr, done.stderr
    assert len(mail.received) == 1
    assert "planted" not in done.stderr
    assert "planted" not in json.dumps(done.manifests()) + (output / "health.json").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_mail_requires_a_valid_certificate(
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
    assert "Mail notification failed: SSLCertVerificationError" in done.stderr
    assert mail.received == []

    trusting = {**env, "SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    done = crawl(url, tmp_path / "output", settings=OLD, env=trusting)
    assert "Mail notification sent (alarm)" in done.stderr, done.stderr
    assert len(mail.received) == 1


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("a.b", False)],
)
def test_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_mail_server_that_never_answers_times_out(crawl: Crawling, serve: Serving, output: Path, silent: int) -> None:
    server = serve(3)
    env = {
        "VOK_ALERT_SMTP": f"smtp://127.0.0.1:{silent}",
        "VOK_ALERT_MAIL_FROM": "crawler@example.org",
        "VOK_ALERT_MAIL_TO": "desk@example.org",
        "VOK_ALERT_TIMEOUT": "1",
    }
    done = crawl(f"{server.url}/article/163/", output, settings=OLD, env=env)
    assert done.code == 0
    assert re.search("Mail notification failed: (TimeoutError|timed out after 1 s)", done.stderr), done.stderr


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and sends nothing."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        yield int(bound.getsockname()[1])


@contextmanager
def started(url: str, output: Path, settings: dict[str, object], env: dict[str, str]) -> Iterator[Process]:
    """A running crawl, killed at the end."""
    words = command(url, output, settings=settings)
    with open(os.devnull, "wb") as log, launch(words, env=environment(env), stdout=log, stderr=log) as process:
        try:
            yield process
        finally:
            process.kill()
