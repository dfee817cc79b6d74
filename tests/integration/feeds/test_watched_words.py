"""`VOK_WATCH`: a feed of articles with watched words, and notifications: once each, lost by no failure and no kill."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings

from tests.integration.feeds.test_feeds import atom, json_feed, updated
from tests.support.commands import QUIET, crawling
from tests.support.crawling import Crawl, run_crawl
from tests.support.notification_servers import MailServer, Receiver
from tests.support.written_records import Record, article, identity, removal, write_archive
from vokcrawl.config import Alerts
from vokcrawl.config.watch_list import WatchList
from vokcrawl.feeds.notices import Notice
from vokcrawl.feeds.sending import send_queued
from vokcrawl.feeds.store import NAME, FeedStore
from vokcrawl.feeds.updating import prepare
from vokcrawl.monitors.channels import channels_of
from vokcrawl.sample import SampleServer
from vokcrawl.storage.output_folder import OutputFolder

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Receiving = Callable[..., Receiver]

FIRST, SECOND, THIRD = "2024-03-10T06:00:00Z", "2024-04-10T06:00:00Z", "2024-05-10T06:00:00Z"
WATCH = WatchList(["평양", "orchard"])


def queue(output: Path, channel: str = "webhook") -> list[Notice]:
    store = FeedStore(OutputFolder(output))
    try:
        return [Notice.model_validate_json(each.message) for each in store.queued(channel)]
    finally:
        store.close()


def begin(output: Path) -> None:
    """As at the start of a run."""
    output.mkdir(exist_ok=True)
    prepare(OutputFolder(output))


def matched(number: int, at: str, **fields: Any) -> Record:
    return article(number, at, **{"body": f"An orchard, {number}.", **fields})


def test_new_changed_and_removed_articles_that_match_are_in_the_feed_and_in_the_queue(output: Path) -> None:
    begin(output)
    given: dict[str, Any] = {"watch": WATCH, "channels": ["webhook", "mail"]}
    write_archive(output, matched(0, FIRST), article(1, FIRST, title="김정은동지 평양에서"), article(2, FIRST))
    updated(output, FIRST, **given)
    # The word is only in the version before.
    write_archive(output, article(0, SECOND, body="Nothing.", revision=2, changed=["body"]), removal(1, SECOND))
    updated(output, SECOND, **given)
    expected = [
        ("new", identity(0), ["orchard"]),
        ("new", identity(1), ["평양"]),
        ("changed", identity(0), ["orchard"]),
        ("removed", identity(1), ["평양"]),
    ]
    for channel in given["channels"]:
        assert [(each.kind, each.article_id, each.watched) for each in queue(output, channel)] == expected
    items = json_feed(output, "watched")["items"]
    assert {(item["tags"][0], item["_vokcrawl"]["article_id"]) for item in items} == {each[:2] for each in expected}
    assert len(atom(output, "watched").entries) == 4
    assert json_feed(output, "new")["items"][0]["tags"] == ["new"]
    # A feed reader and a receiver can join them.
    assert {item["id"] for item in items} == {each.id for each in queue(output)}


def test_nobody_is_notified_about_articles_that_were_delivered_before(output: Path) -> None:
    write_archive(output, matched(0, FIRST))
    begin(output)
    write_archive(output, matched(1, SECOND))
    given: dict[str, Any] = {"watch": WATCH, "channels": ["webhook"]}
    updated(output, SECOND, **given)
    assert [each.article_id for each in queue(output)] == [identity(1)]
    # Other words select the feed again, but notify nobody again.
    given["watch"] = WatchList(["title"])
    updated(output, SECOND, **given)
    assert len(json_feed(output, "watched")["items"]) == 2
    assert [each.article_id for each in queue(output)] == [identity(1)]
    # As after a lost database: only the run that ends is news.
    (output / NAME).unlink()
    updated(output, SECOND, **given)
    assert [each.article_id for each in queue(output)] == [identity(1)]


@pytest.mark.parametrize(("least", "expected"), [(0, [1, 2, 3]), (8, [2, 3]), (100, [3])])
def test_small_changes_are_not_notified(output: Path, least: int, expected: list[int]) -> None:
    bodies = {1: "An orchard harvst.", 2: "An orchard harvest of pears."}
    write_archive(output, *(matched(number, FIRST, body=body) for number, body in bodies.items()), matched(3, FIRST))
    begin(output)
    write_archive(
        output,
        article(1, SECOND, body="An orchard harves.", revision=2, changed=["body"]),
        article(2, SECOND, body="An orchard harvest of many apples.", revision=2, changed=["body"]),
        matched(3, SECOND, revision=2, changed=[]),
    )
    updated(output, SECOND, watch=WATCH, channels=["webhook"], min_change=least)
    assert [int(each.article_id.rpartition("-")[2]) - 1000 for each in queue(output)] == expected
    assert len(json_feed(output, "watched")["items"]) == 6


def channels(**settings: Any) -> Any:
    return channels_of(Alerts.read(Settings({f"VOK_{name.upper()}": value for name, value in settings.items()})))


def test_each_channel_gets_each_notification_once_and_a_failed_one_is_sent_by_the_next_run(
    output: Path, receive: Receiving, mail_server: Callable[..., MailServer], caplog: pytest.LogCaptureFixture
) -> None:
    title = "Orchard <b>& \x1b[31m*x*\u202e @here"
    begin(output)
    write_archive(output, article(0, FIRST, title=title.replace("\x1b", "")), matched(1, FIRST))
    updated(output, FIRST, watch=WATCH, channels=["webhook", "slack", "mail"])
    refusing, mail = receive("refuses"), mail_server()
    to_mail = {
        "alert_smtp": f"smtp://127.0.0.1:{mail.port}",
        "alert_mail_from": "a@x.test",
        "alert_mail_to": "b@x.test",
    }
    first = channels(alert_webhook=refusing.url, alert_slack=refusing.url, **to_mail)
    send_queued(OutputFolder(output), first, 5)
    assert "Webhook notification failed: HTTP status 500" in caplog.text
    # Nothing more is tried on a channel that fails, and the others are not affected.
    assert len(refusing.posted) == 2
    assert len(mail.received) == 2
    assert "Orchard <b>&" in mail.received[0]["Subject"]
    assert (len(queue(output, "webhook")), len(queue(output, "mail"))) == (2, 0)

    answering = receive()
    second = channels(alert_webhook=f"{answering.url}/w", alert_slack=f"{answering.url}/s", **to_mail)
    for _ in range(2):
        send_queued(OutputFolder(output), second, 5)
    posted = {path: [each.json for each in answering.posted if each.path == path] for path in ("/w", "/s")}
    assert [each["article_id"] for each in posted["/w"]] == [identity(0), identity(1)]
    assert posted["/w"][0]["schema"] == "vokcrawl.watch/1"
    assert posted["/w"][0]["kind"] == "new"
    assert posted["/w"][0]["watched"] == ["orchard"]
    assert "Orchard &lt;b&gt;&amp;" in posted["/s"][0]["text"]
    assert "\\u202e" in posted["/s"][0]["text"]
    assert posted["/s"][0]["mrkdwn"] is False
    assert len(mail.received) == 2
    assert queue(output, "webhook") == queue(output, "slack") == []


def test_a_channel_that_hangs_takes_a_limited_time(output: Path, receive: Receiving) -> None:
    begin(output)
    write_archive(output, *(matched(number, FIRST) for number in range(5)))
    updated(output, FIRST, watch=WATCH, channels=["webhook"])
    hanging = receive("hangs")
    send_queued(OutputFolder(output), channels(alert_webhook=hanging.url), 0.2)
    assert len(hanging.posted) == 1
    assert len(queue(output)) == 5


def test_a_kill_between_reading_and_sending_loses_no_notification(
    output: Path, receive: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nothing catches stands for the kill: nothing after it happens."""

    class Killed(BaseException): ...

    def kill(*_: object) -> None:
        raise Killed

    begin(output)
    write_archive(output, *(matched(number, FIRST) for number in range(3)))
    given: dict[str, Any] = {"watch": WATCH, "channels": ["webhook"]}
    for place in ("replace", "fsync"):
        with monkeypatch.context() as patch:
            patch.setattr(os, place, kill)
            with pytest.raises(Killed):
                updated(output, FIRST, **given)
    assert queue(output) == []
    updated(output, FIRST, **given)
    receiver = receive()
    to = channels(alert_webhook=receiver.url)
    with monkeypatch.context() as patch:
        patch.setattr(FeedStore, "sent", kill)
        with pytest.raises(Killed):
            send_queued(OutputFolder(output), to, 5)
    send_queued(OutputFolder(output), to, 5)
    # One was sent twice, with the same id; a receiver can tell.
    assert len(receiver.posted) == 4
    assert len({each.json["id"] for each in receiver.posted}) == 3


def test_a_crawl_writes_feeds_and_notifies_also_about_what_a_killed_run_delivered(
    crawl: Crawling, serve: Serving, receive: Receiving, output: Path, tmp_path: Path
) -> None:
    server, receiver = serve(12), receive()
    url, truth = f"{server.url}/article/163/", server.site.truth()["articles"]
    word = max(truth[0]["title"].split(), key=len).strip(".,")
    watch = tmp_path / "watch.txt"
    watch.write_text(f"# names\n\n{word}\n", encoding="utf-8-sig")
    settings = {**QUIET, "VOK_WATCH": watch, "VOK_ALERT_WEBHOOK": receiver.url, "VOK_FEEDS": "5", "VOK_PROGRESS": "off"}
    with crawling(url, output, settings, fault="kill:commit:3") as process:
        process.wait(60)
    assert receiver.posted == []
    done = crawl(url, output, settings=settings)
    assert done.code == 0, done.stderr
    expected = {
        each["id"] for each in done.articles() if word.casefold() in f"{each['title']} {each['body']}".casefold()
    }
    assert expected
    got = [each.json["article_id"] for each in receiver.posted if each.json["schema"] == "vokcrawl.watch/1"]
    assert sorted(got) == sorted(expected)
    newest = sorted((each["id"] for each in done.articles()), reverse=True)[:5]
    assert [item["_vokcrawl"]["article_id"] for item in json_feed(output, "new")["items"]] == newest
    assert {item["_vokcrawl"]["article_id"] for item in json_feed(output, "watched")["items"]} <= expected

    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (output / "feeds").iterdir()}
    again = crawl(url, output, settings=settings)
    assert again.code == 0, again.stderr
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    assert len(receiver.posted) == len(got)


def test_a_crawl_refuses_a_watch_file_that_it_cannot_read(output: Path, tmp_path: Path) -> None:
    watch = tmp_path / "watch.txt"
    watch.write_bytes("평양\n".encode("euc-kr"))
    done = run_crawl("http://127.0.0.1:9/", output, settings={"VOK_WATCH": watch})
    assert done.code == 2
    assert f"VOK_WATCH: {watch}: line 1 is not UTF-8; save the file in this encoding" in done.stderr
    assert not output.exists()
