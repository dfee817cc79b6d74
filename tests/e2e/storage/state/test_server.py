"""Servers that are not a suitable Redis are refused with a description, and not changed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic

import pytest
from trustme import CA

from tests.support.redis_server import RedisServer
from tests.support.servers import free_port
from vokcrawl.errors import ExitCode, RedisUnavailableError, UsageError
from vokcrawl.storage.state.redis.connection import Server
from vokcrawl.storage.state.redis.namespace import NAMES, VERSION

SECRET = "open-sesame"  # noqa: S105  the test's own


def refused(url: str, prefix: str = "refused", *, make: bool = True, patience: float = 0.3) -> str:
    server = Server(url, prefix, patience)
    with pytest.raises(UsageError) as fault:
        server.open(make=make)
    server.close()
    assert fault.value.exit_code is ExitCode.USAGE
    assert SECRET not in str(fault.value)
    assert str(fault.value).startswith("REDIS_URL: ")
    return str(fault.value)


def kept(server: RedisServer) -> dict[str, bytes]:
    """All that the server holds, as it is."""
    with server.client(decode_responses=False) as client:
        return {key.decode(): client.dump(key) for key in client.keys("*")}


def test_names_are_made_ours_once_and_found_again(redis_server: RedisServer) -> None:
    server = Server(redis_server.url, "once", patience=1)
    assert not server.open(make=False)
    with redis_server.client() as client:
        assert client.keys("once:*") == []
    assert server.open(make=True)
    assert server.open(make=False)
    with redis_server.client() as client:
        assert client.keys("once:*") == ["once:marker"]
    server.close()


@pytest.mark.parametrize("key", ["marker", *NAMES])
def test_names_of_another_program_are_refused_and_not_changed(redis_server: RedisServer, key: str) -> None:
    with redis_server.client() as client:
        client.delete(*(f"theirs:{each}" for each in ("marker", *NAMES)))
        client.set(f"theirs:{key}", "something")
    before = kept(redis_server)
    said = refused(redis_server.url, "theirs")
    assert kept(redis_server) == before
    assert f"theirs:{key}" in said
    assert "VOK_REDIS_PREFIX" in said


def test_keys_of_others_beside_ours_are_no_obstacle(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("articles", "theirs")
        client.set("besides:something", "theirs")
    server = Server(redis_server.url, "besides", patience=1)
    assert server.open(make=True)
    server.close()


@pytest.mark.parametrize(
    ("version", "hint"),
    [(VERSION + 1, "update this worker"), (0, "stop all workers, install the same version for all")],
)
def test_names_of_another_version_are_refused_with_both_versions(
    redis_server: RedisServer, version: int, hint: str
) -> None:
    prefix = f"version{version}"
    with redis_server.client() as client:
        client.hset(f"{prefix}:marker", mapping={"application": "vokcrawl", "version": version})
    before = kept(redis_server)
    said = refused(redis_server.url, prefix)
    assert kept(redis_server) == before
    assert f"state of version {version}, this vokcrawl uses {VERSION}" in said
    assert hint in said


@pytest.mark.parametrize("version", ["abc", "", "-1"])
def test_a_marker_without_a_version_is_not_reported_as_an_older_version(
    redis_server: RedisServer, version: str
) -> None:
    with redis_server.client() as client:
        client.hset("versionless:marker", mapping={"application": "vokcrawl", "version": version})
    before = kept(redis_server)
    said = refused(redis_server.url, "versionless")
    assert kept(redis_server) == before
    assert f"versionless:marker contains no version of vokcrawl ({version!r})" in said
    assert "VOK_REDIS_PREFIX" in said


@pytest.mark.parametrize("password", [f":{SECRET}@", f"someone:{SECRET}@"])
def test_a_wrong_password_is_reported_without_showing_it(tmp_path: Path, password: str) -> None:
    with RedisServer(tmp_path / "redis", "--requirepass", "another") as server:
        said = refused(f"redis://{password}127.0.0.1:{server.port}/0")
    assert "access denied" in said
    assert "redis://user:password@host:6379/0" in said


def test_a_server_that_wants_a_password_where_none_is_given_says_just_that(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", "--requirepass", SECRET) as server:
        said = refused(f"redis://127.0.0.1:{server.port}/0")
    assert said.endswith(": it requires a password; add user and password, as in redis://user:password@host:6379/0")


@pytest.mark.parametrize("settings", [[], ["--requirepass", SECRET]])
def test_a_server_without_tls_is_distinguished_from_an_unreachable_one_at_once(
    tmp_path: Path, settings: list[str]
) -> None:
    with RedisServer(tmp_path / "redis", *settings) as server:
        begun = monotonic()
        said = refused(f"rediss://:{SECRET}@127.0.0.1:{server.port}/0", patience=60)
        # Far less than the time-out.
        assert monotonic() - begun < 30
    assert "it does not use TLS" in said
    assert "use redis://" in said


def test_a_server_that_speaks_tls_is_spoken_to_by_it(tmp_path: Path) -> None:
    authority = CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    port = free_port()
    server = tmp_path / "server.pem"
    settings = ["--tls-port", str(port), "--tls-cert-file", str(server), "--tls-key-file", str(server)]
    trusted = ["--tls-ca-cert-file", str(tmp_path / "authority.pem"), "--tls-auth-clients", "no"]
    with RedisServer(tmp_path / "redis", *settings, *trusted):
        url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={tmp_path / 'authority.pem'}"
        opened = Server(url, "test", patience=1)
        assert opened.open(make=True)
        opened.close()


def test_the_right_password_lets_us_in_and_stays_out_of_the_server_s_name(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", "--requirepass", SECRET) as redis:
        server = Server(f"redis://:{SECRET}@127.0.0.1:{redis.port}/0", "test", patience=1)
        assert server.open(make=True)
        assert server.name == f"Redis at 127.0.0.1:{redis.port}/0, prefix 'test'"
        server.close()


class _Web(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class _HastyWeb(_Web):
    """Answers before it has heard the question out."""

    def handle(self) -> None:
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        super().handle()


@contextmanager
def web_server(kind: type[_Web]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("kind", [_Web, _HastyWeb])
def test_a_web_server_is_distinguished_from_a_redis_server_at_once(kind: type[_Web]) -> None:
    with web_server(kind) as port:
        said = refused(f"redis://127.0.0.1:{port}/0", patience=60)
    assert ": not a Redis server (" in said
    assert said.endswith("); set REDIS_URL to the server that all workers share")


def test_a_server_that_says_nothing_is_one_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vokcrawl.storage.state.redis.connection._ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = Server(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "test", patience=0.3)
        with pytest.raises(RedisUnavailableError):
            server.open(make=True)
        server.close()


def test_a_port_where_nothing_listens_is_a_server_that_is_away() -> None:
    server = Server(f"redis://127.0.0.1:{free_port()}/0", "test", patience=0.3)
    with pytest.raises(RedisUnavailableError, match="start it, or correct REDIS_URL") as away:
        server.open(make=True)
    assert away.value.exit_code is ExitCode.UNREACHABLE
    server.close()


def test_a_database_that_the_server_does_not_have_is_refused(redis_server: RedisServer) -> None:
    assert "out of range" in refused(f"redis://127.0.0.1:{redis_server.port}/999")


def test_a_server_that_throws_keys_away_when_it_is_full_is_refused(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru") as server:
        assert "noeviction" in refused(server.url)


def test_a_server_that_writes_nothing_down_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with RedisServer(tmp_path / "redis", "--appendonly", "no") as redis:
        server = Server(redis.url, "test", patience=1)
        server.open(make=True)
        server.close()
    assert "appendonly is off" in caplog.text
