"""The sample site over a real socket."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from vokcrawl.sample import SampleServer, SampleSite
from vokcrawl.sample.__main__ import faults_named, main


def ask(
    url: str, target: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request(method, target, headers=headers or {})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


@pytest.fixture
def server() -> Iterator[SampleServer]:
    with SampleServer(SampleSite(30, faults=())) as running:
        yield running


def test_pages_carry_the_servers_own_address(server: SampleServer) -> None:
    status, headers, body = ask(server.url, "/article/163/")
    assert status == 200
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'href="{server.url}/newstream/'.encode() in body
    assert server.site.truth()["articles"][0]["url"].startswith(server.url)


def test_every_article_of_the_truth_is_served(server: SampleServer) -> None:
    for record in server.site.truth()["articles"]:
        assert ask(server.url, urlsplit(record["url"]).path)[0] == 200


def test_requests_are_recorded_in_order(server: SampleServer) -> None:
    ask(server.url, "/robots.txt", headers={"User-Agent": "reader"})
    ask(server.url, "/nowhere?x=1", "HEAD")
    first, second = server.requests
    assert (first.method, first.target, first.status) == ("GET", "/robots.txt", 200)
    assert first.headers["User-Agent"] == "reader"
    assert (second.method, second.target, second.status) == ("HEAD", "/nowhere?x=1", 404)
    assert second.at >= first.at
    server.reset()
    assert server.requests == []


def test_head_and_conditional_requests_send_no_body(server: SampleServer) -> None:
    length = len(ask(server.url, "/article/163/")[2])
    status, headers, body = ask(server.url, "/article/163/", "HEAD")
    assert (status, body, headers["Content-Length"]) == (200, b"", str(length))
    status, _, body = ask(server.url, "/article/163/", headers={"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


def test_the_site_can_change_while_it_is_served(server: SampleServer) -> None:
    (published,) = server.site.publish()
    assert published.encode() in ask(server.url, "/article/163/")[2]


def test_a_closed_server_leaves_no_thread_and_no_port_behind() -> None:
    threads = threading.active_count()
    with SampleServer(SampleSite(5)) as first:
        kept = http.client.HTTPConnection(urlsplit(first.url).netloc, timeout=10)
        kept.request("GET", "/")
        kept.getresponse().read()
        port = urlsplit(first.url).port or 0
    kept.close()
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        ask(first.url, "/")
    with SampleServer(SampleSite(5), port) as second:
        assert second.url == first.url


def test_a_port_in_use_is_an_error_and_starts_nothing(server: SampleServer) -> None:
    threads = threading.active_count()
    with (
        pytest.raises(OSError, match="in use"),
        SampleServer(SampleSite(1), urlsplit(server.url).port or 0),
    ):
        pass
    assert threading.active_count() == threads


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::", ""])
def test_only_loopback_addresses_are_served(host: str) -> None:
    with pytest.raises(ValueError, match="is not a loopback address"):
        SampleServer(SampleSite(1), host=host)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_interrupted(ending: signal.Signals, tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    options = ["--articles", "12", "--faults", "none", "--more", "ajax", "--truth", str(truth)]
    with subprocess.Popen(
        [sys.executable, "-m", "vokcrawl.sample", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert ask(url, "/article/163/")[0] == 200
        assert len(json.loads(truth.read_text(encoding="utf-8"))["articles"]) == 12
        process.send_signal(ending)
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")


def test_the_command_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--faults", "flood"])
    assert ended.value.code == 2
    assert "'flood' is not one of" in capsys.readouterr().err
    assert faults_named("edited, removed") == {"edited", "removed"}
    assert faults_named("none") == frozenset()
