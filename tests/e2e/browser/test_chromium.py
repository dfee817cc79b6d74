"""What a real Chromium may do in a crawl, what it costs the site, and what happens when it fails in a listing."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.conftest import FULL_SIZE
from tests.integration.replay.test_same_records import assert_same
from tests.support.archive_reader import archive, of_kind
from tests.support.commands import crawling, log_of, wait_for
from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from tests.support.hostile_site import HostileSite
from vokcrawl.sample import Answer, SampleServer
from vokcrawl.sample.script import MORE_SCRIPT
from vokcrawl.sample.views import AJAX_PATH, SCRIPT_PATH

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]
Settings = dict[str, object]
LISTING = "/article/163/"
SLOWLY: Settings = {"DOWNLOAD_DELAY": 0.3, "DOWNLOAD_DELAY_JITTER": 0}


def calls(server: SampleServer) -> list[str]:
    return [seen.target for seen in server.requests if seen.target.startswith(AJAX_PATH)]


def scripted(script: str, articles: int = 25) -> HostileSite:
    """A site whose script is preceded by another one."""
    site = HostileSite(articles, more="script")
    kind = [("Content-Type", "application/javascript")]
    site.change(SCRIPT_PATH, Answer(200, kind, (script + MORE_SCRIPT).encode()))
    return site


def on_click(script: str) -> str:
    """A script that runs with the second click."""
    return f'var clicks = 0; addEventListener("click", function () {{ if (++clicks == 2) {{ {script} }} }});'


def chromium_processes(pid: int) -> Iterator[int]:
    """The processes of Chromium that a process has started, also those without a parent any more."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    for each, parent in parents.items():
        ancestor = parent
        while ancestor not in (0, pid):
            ancestor = parents.get(ancestor, 0)
        if ancestor == pid and b"--type=" in _command_line(each):
            yield each


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_one_page_stays_open_for_the_listing_and_each_click_is_one_request(
    crawl: Crawling, serve: Serving, chromium: Settings, tmp_path: Path
) -> None:
    server = serve(80, more="script")
    done = crawl(f"{server.url}{LISTING}", tmp_path / "output", settings=chromium)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    # In steps of 3, 3 and 6 clicks; the last click shows that there is no more.
    offsets = [int(parse_qs(target)["from"][0]) for target in calls(server)]
    assert offsets == [*range(10, 81, 10), 81]
    targets = [seen.target for seen in server.requests]
    # The first page is read without a browser, in the browser, and once more at the end.
    assert (targets.count(LISTING), targets.count(SCRIPT_PATH)) == (3, 1)
    records = archive(done.output)
    raw = of_kind(records, "response", "revisit")
    by_page = [each for each in raw if each.headers.get("vokcrawl-requested-by") == f"{server.url}{LISTING}"]
    assert len(by_page) == len(offsets) + 2
    sent = [seen.target for seen in server.requests if seen.target.startswith((AJAX_PATH, SCRIPT_PATH))]
    assert [each.url.removeprefix(server.url) for each in by_page if each.url != f"{server.url}{LISTING}"] == (sent)
    assert all(each.block.startswith(b"HTTP/1.1 200 OK\r\n") for each in by_page)
    assert_same(done, tmp_path / "to")


def test_nothing_that_a_page_starts_reaches_another_host(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        tcp.settimeout(0.5)
        udp.settimeout(0.1)
        other = f"127.0.0.1:{tcp.getsockname()[1]}"
        lures = f"""
          var lures = [
            function () {{ new WebSocket("ws://{other}/socket"); }},
            function () {{ new WebSocket("ws://" + location.host + "/socket"); }},
            function () {{ new EventSource("http://{other}/events"); }},
            function () {{ navigator.sendBeacon("http://{other}/beacon", "x"); }},
            function () {{ fetch("http://{other}/fetch", {{mode: "no-cors"}}); }},
            function () {{ fetch("/lure"); }},
            function () {{ window.open("http://{other}/window"); }},
            function () {{ navigator.serviceWorker.register("/worker.js"); }},
            function () {{ new Worker(URL.createObjectURL(new Blob(['fetch("http://{other}/worker")']))); }},
            function () {{
              var peer = new RTCPeerConnection({{iceServers: [
                {{urls: "stun:127.0.0.1:{udp.getsockname()[1]}"}},
                {{urls: "turn:{other}?transport=tcp", username: "a", credential: "b"}}]}});
              peer.createDataChannel("x");
              peer.createOffer().then(function (offer) {{ peer.setLocalDescription(offer); }});
            }},
            function () {{
              ["preconnect", "dns-prefetch", "prefetch", "stylesheet"].forEach(function (kind) {{
                var link = document.createElement("link");
                link.rel = kind; link.href = "http://{other}/" + kind;
                document.head.appendChild(link);
              }});
              ["img", "iframe", "script", "video", "embed"].forEach(function (tag) {{
                var element = document.createElement(tag);
                element.src = "http://{other}/" + tag;
                document.body.appendChild(element);
              }});
            }},
          ];
          addEventListener("load", function () {{
            lures.forEach(function (lure) {{ try {{ lure(); }} catch (error) {{}} }});
          }});
        """
        site = scripted(lures)
        site.change("/lure", Answer(302, [("Location", f"http://{other}/redirected")], b""))
        server = serve(site=site)
        done = crawl(f"{server.url}{LISTING}", output, settings=chromium)
        assert done.code == 0, done.stderr
        assert_whole(done, site)
        with pytest.raises(TimeoutError):
            tcp.accept()
        with pytest.raises(TimeoutError):
            udp.recv(1)
    targets = [seen.target for seen in server.requests]
    assert "/lure" in targets
    assert not {"/socket", "/worker.js"} & set(targets)


def test_robots_txt_holds_for_what_a_page_requests(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path
) -> None:
    site = HostileSite(25, more="script")
    site.change("/robots.txt", Answer(200, [("Content-Type", "text/plain")], b"User-agent: *\nDisallow: /wp-admin/\n"))
    server = serve(site=site)
    done = crawl(f"{server.url}{LISTING}", output, settings=chromium)
    assert (done.code, done.errors.get("listing_robots_forbidden")) == (10, 1), done.stderr
    assert calls(server) == []
    assert not done.manifest["listings"][0]["complete"]


def test_page_that_was_moved_is_read_at_its_new_address(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path
) -> None:
    class Moving(HostileSite):
        """Moves its listing once it was read without a browser."""

        asked = 0

        def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
            self.asked += target == LISTING
            if target == LISTING and self.asked == 2:
                return Answer(302, [("Location", f"{LISTING}?moved")], b"")
            return super().answer(method, target, headers)

    server = serve(site=Moving(25, more="script"))
    done = crawl(f"{server.url}{LISTING}", output, args={"max_pages": 2}, settings=chromium)
    assert done.code == 0, done.stderr
    asked = [seen.target for seen in server.requests if seen.target.startswith(LISTING)]
    assert asked[:3] == [LISTING, LISTING, f"{LISTING}?moved"]
    assert asked.count(f"{LISTING}?moved") == 1
    assert len(calls(server)) == 1
    assert len(done.articles()) == 20


def test_each_crawl_has_a_new_profile_and_sends_no_cookies(
    crawl: Crawling, serve: Serving, chromium: Settings, tmp_path: Path
) -> None:
    script = """
      if (localStorage.getItem("was here") || document.cookie) { fetch("/known"); }
      localStorage.setItem("was here", "1");
      document.cookie = "was=here; max-age=10000";
      fetch("/cookie");
    """
    server = serve(site=scripted(script))
    for name in ("first", "second"):
        done = crawl(f"{server.url}{LISTING}", tmp_path / name, args={"max_pages": 2}, settings=chromium)
        assert done.code == 0, done.stderr
    targets = [seen.target for seen in server.requests]
    assert (targets.count("/cookie"), targets.count("/known")) == (2, 0)
    assert not any(name.lower() == "cookie" for seen in server.requests for name in seen.headers)


def test_page_that_sends_many_requests_for_a_click_gets_a_few_of_them(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path
) -> None:
    site = scripted(on_click('for (var i = 0; i < 200; i++) { fetch("/many?" + i); }'))
    server = serve(site=site)
    done = crawl(f"{server.url}{LISTING}", output, settings=chromium)
    assert "the page sends too many requests" in done.stderr
    assert 0 < len([seen for seen in server.requests if seen.target.startswith("/many")]) <= 10


@pytest.mark.parametrize(
    ("script", "settings", "said"),
    [
        ("while (true) {}", {"DOWNLOAD_TIMEOUT": 2}, "no response within 2 s"),
        (
            "var all = []; for (var i = 0; i < 80; i++) { all.push(new Uint8Array(1e7).fill(1)); } window.all = all;",
            {"VOK_BROWSER_MEMORY": 600},
            "MB of memory, more than VOK_BROWSER_MEMORY",
        ),
    ],
    ids=["hang", "memory"],
)
def test_page_that_stops_chromium_in_mid_listing_is_named_and_what_was_read_is_delivered(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path, script: str, settings: Settings, said: str
) -> None:
    server = serve(site=scripted(on_click(script), 45))
    given = {**chromium, "RETRY_TIMES": 0, **settings}
    done = crawl(f"{server.url}{LISTING}", output, settings=given)
    assert (done.code, done.errors.get("listing_browser_crashed")) == (10, 1), done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.manifest["listings"][0]["complete"]
    assert len(done.teasers()) >= 10


@pytest.mark.parametrize("retries", [0, 1])
def test_chromium_that_is_killed_in_mid_listing_is_started_again_or_reported(
    serve: Serving, chromium: Settings, output: Path, retries: int
) -> None:
    server = serve(25, more="script")
    settings = {**chromium, **SLOWLY, "RETRY_TIMES": retries}
    with crawling(f"{server.url}{LISTING}", output, settings) as process:
        wait_for(lambda: calls(server), process)
        killed = list(chromium_processes(process.pid))
        assert killed
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        code = process.wait(timeout=60)
    log = log_of(output).read_text(encoding="utf-8")
    done = Crawl(code, "", log, output)
    assert "Traceback" not in log
    if retries:
        assert code == 0, log
        assert_whole(done, server.site)
    else:
        assert (code, done.errors.get("listing_browser_crashed")) == (10, 1), log
        assert log.count("Chromium failed: ") == 1
        assert not done.manifest["listings"][0]["complete"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_crawl_that_ends_in_mid_listing_leaves_no_chromium_behind(
    serve: Serving, chromium: Settings, output: Path, number: signal.Signals
) -> None:
    server = serve(25, more="script")
    with crawling(f"{server.url}{LISTING}", output, {**chromium, **SLOWLY}) as process:
        wait_for(lambda: calls(server), process)
        running = list(chromium_processes(process.pid))
        assert running
        process.send_signal(number)
        code = process.wait(timeout=60)
    log = log_of(output).read_text(encoding="utf-8")
    assert code == (130 if number is signal.SIGINT else -number), log
    assert "Traceback" not in log
    deadline = time.monotonic() + 20
    while any(b"--type=" in _command_line(pid) for pid in running):
        assert time.monotonic() < deadline, "Chromium is still running"
        time.sleep(0.1)


@pytest.mark.thorough
def test_hundreds_of_clicks_cost_one_request_each_and_no_node_is_read_often(
    crawl: Crawling, serve: Serving, chromium: Settings, output: Path
) -> None:
    # 600 clicks take several minutes, 12 in continuous integration a few seconds.
    clicks, size = 600 if FULL_SIZE else 12, 10
    server = serve((clicks + 1) * size, more="script", page_size=size, others=0)
    # Chromium needs about 400 MB, and 600 clicks some hundred more.
    settings = {**chromium, "VOK_BROWSER_MEMORY": 700 if FULL_SIZE else 450}
    done = crawl(f"{server.url}{LISTING}", output, settings=settings, timeout=1500)
    assert done.code == 0, done.stderr
    assert_whole(done, server.site)
    # The site repeats one entry, which takes a further click, and the last call shows that there is no more.
    assert len(calls(server)) == clicks + 2
    targets = [seen.target for seen in server.requests]
    assert (targets.count(LISTING), targets.count(SCRIPT_PATH)) == (3, 1)
    [read] = re.findall(r"'vok/chromium/nodes': (\d+)", done.stderr)
    # An entry has about 20 nodes, which are read some times until the page is complete.
    assert int(read) < (clicks + 1) * size * 20 * 15
