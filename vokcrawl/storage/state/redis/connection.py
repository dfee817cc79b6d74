"""A connection to a Redis server, with retries while it is unavailable, and with this project's exceptions.

A command whose response was lost may have been executed and is sent again, so `Server.call` takes only commands that
can be repeated. `REDIS_URL` is never logged, because it may contain a password.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from redis import Redis, exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from vokcrawl.errors import RedisUnavailableError, StateError, StorageError, UsageError
from vokcrawl.storage.state.redis.namespace import APPLICATION, FORGOTTEN, GUARD, NAMES, OPEN, VERSION
from vokcrawl.utils.program import PROGRAM

logger = logging.getLogger(__name__)

T = TypeVar("T")
Script = Callable[..., Any]
# Timeout of a response, which usually takes milliseconds.
_ANSWER_SECONDS = 10.0
# First and longest pause between attempts.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_OUR_SERVER = "set REDIS_URL to the server that all workers share"
_HINT = f"{_OUR_SERVER}, or VOK_REDIS_PREFIX to an unused prefix"
_AS_USER = "add user and password, as in redis://user:password@host:6379/0"


class Server:
    """A server, and its keys that begin with `prefix`. `patience` is the time in seconds that it may be unavailable."""

    def __init__(self, url: str, prefix: str, patience: float) -> None:
        self.prefix = prefix
        self.patience = patience
        # The time (`time.monotonic`) since which the server has been available, if known.
        self._fresh_since: float | None = None
        # The exception for a refusal: wrong settings until the server is open, later a change of the server.
        self._refused: type[UsageError | StateError] = UsageError
        self._gone: RedisUnavailableError | None = None
        try:
            self.client: Any = Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
                # `call` retries.
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as fault:
            raise UsageError(f"REDIS_URL: not the URL of a Redis server: {fault}") from None
        at: dict[str, Any] = self.client.connection_pool.connection_kwargs
        self._address = (str(at.get("host", "localhost")), int(at.get("port", 6379)))
        self._plain = url.startswith("redis:")
        self._nameless = at.get("password") is None
        host = f"[{self._address[0]}]" if ":" in self._address[0] else self._address[0]
        self.name = f"Redis at {host}:{self._address[1]}/{at.get('db', 0)}, prefix {prefix!r}"

    def key(self, name: str) -> str:
        """The full name of a key."""
        return f"{self.prefix}:{name}"

    def script(self, text: str) -> Script:
        """A Lua script, to be called with keys and arguments. It must be safe to repeat.

        It fails with `StateError` on a server that has lost the marker of this project.
        """
        registered = self.client.register_script(GUARD + text)
        marker = self.key("marker")
        return lambda keys, args: self.call(lambda: registered(keys=[*keys, marker], args=args))

    def call(self, command: Callable[[], T]) -> T:
        """Runs a command, and repeats it while the server is unavailable.

        Raises `RedisUnavailableError` after `VOK_REDIS_TIMEOUT` seconds; from then on at once, without a retry.
        """
        if self._gone is not None:
            raise self._gone
        away_since: float | None = None
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._translate_errors():
                    answer = command()
            except (exceptions.ConnectionError, exceptions.TimeoutError) as failure:
                now = time.monotonic()
                if away_since is None:
                    away_since = now
                    logger.warning("%s: %s; retrying for %.0f s", self.name, failure, self.patience)
                left = away_since + self.patience - now
                if left <= 0:
                    self._gone = RedisUnavailableError(
                        f"{self.name}: cannot be reached ({failure}), and did not come back within "
                        f"VOK_REDIS_TIMEOUT={self.patience:.0f} seconds; start it, or correct REDIS_URL, and run "
                        "again; committed data is safe"
                    )
                    raise self._gone from failure
                time.sleep(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                if away_since is not None:
                    self._fresh_since = time.monotonic()
                    logger.warning("%s: available again after %.1f s", self.name, self._fresh_since - away_since)
                return answer

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Translates error responses into this project's exceptions; connection errors are passed on."""
        try:
            yield
        except (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError) as refusal:
            lacks = self._nameless and isinstance(refusal, exceptions.AuthenticationError)
            reason = "it requires a password" if lacks else f"access denied ({refusal})"
            raise self._refused(f"REDIS_URL: {self.name}: {reason}; {_AS_USER}") from None
        except exceptions.OutOfMemoryError as failure:
            raise StorageError(f"{self.name}: its memory is full; give it more; committed data is safe") from failure
        except exceptions.ReadOnlyError:
            raise self._refused(f"REDIS_URL: {self.name}: a read-only replica; set it to the primary server") from None
        except exceptions.ResponseError as failure:
            if str(failure).startswith("FORGOTTEN"):
                raise StateError(f"{self.name}: {FORGOTTEN}") from None
            if str(failure).startswith("MISCONF"):
                raise StorageError(f"{self.name}: it cannot write to its disk; fix that and run again") from failure
            raise self._refused(f"REDIS_URL: {self.name}: {failure}; {_HINT}") from failure
        except UnicodeDecodeError:
            raise StateError(f"{self.name}: its data is not text, and was not written by vokcrawl") from None
        except exceptions.InvalidResponse as failure:
            raise self._refused(self._no_redis(str(failure))) from None

    def open(self, *, make: bool) -> bool:
        """Checks the server and the owner of the keys. Returns whether this project's keys exist, or were created.

        Raises `UsageError` for another kind of server, and for keys of another program or of another version of this
        one; nothing is changed then.
        """
        self._refuse_other_kinds()
        keys = [self.key(name) for name in ("marker", *NAMES)]
        opened = self.client.register_script(OPEN)
        owner, what = self.call(lambda: opened(keys=keys, args=[APPLICATION, VERSION, int(make)]))
        if owner == "foreign":
            raise UsageError(f"REDIS_URL: {self.name}: the key {what} belongs to another program; {_HINT}")
        if owner == "version" and not str(what).isdigit():
            raise UsageError(
                f"REDIS_URL: {self.name}: the key {keys[0]} contains no version of vokcrawl ({what!r}); {_HINT}"
            )
        if owner == "version":
            raise UsageError(self._other_version(int(what)))
        self._refuse_forgetful()
        uptime = int(self.call(lambda: self.client.info("server")).get("uptime_in_seconds", 0))
        self._fresh_since = time.monotonic() - uptime
        self._refused = StateError
        return bool(owner == "ours")

    def _refuse_other_kinds(self) -> None:
        """Identifies other servers, and a wrong use of TLS, by the response to a plain PING.

        A server that closes the connection may also be starting. A server without TLS does not answer a TLS handshake.
        """
        if not self._plain and _answer_to_ping(self._address)[:1] in (b"+", b"-"):
            raise UsageError(
                f"REDIS_URL: {self.name}: it does not use TLS, which rediss:// requires; "
                "use redis://, or enable TLS on the server"
            )
        try:
            self.client.ping()
        except exceptions.TimeoutError:
            return
        except exceptions.ConnectionError:
            answer = _answer_to_ping(self._address) if self._plain else b""
            if answer and answer[:1] not in b"+-":
                word = answer.split(maxsplit=1)[0][:20].decode("ascii", "replace")
                raise UsageError(self._no_redis(f"it answers {word!r}")) from None
        except exceptions.RedisError:
            # `call` reports them.
            return

    def _other_version(self, version: int) -> str:
        if version > VERSION:
            hint = "update this worker, or set another VOK_REDIS_PREFIX"
        else:
            hint = (
                "stop all workers, install the same version for all, set another VOK_REDIS_PREFIX, and run "
                f"`{PROGRAM} repair --rebuild-state` with all their directories"
            )
        return f"REDIS_URL: {self.name}: has a state of version {version}, this vokcrawl uses {VERSION}; {hint}"

    def _no_redis(self, reason: str) -> str:
        return f"REDIS_URL: {self.name}: not a Redis server ({reason}); {_OUR_SERVER}"

    def _refuse_forgetful(self) -> None:
        """If the server evicted keys, their articles would be delivered again."""
        memory = self.call(lambda: self.client.info("memory"))
        policy = str(memory.get("maxmemory_policy", "noeviction"))
        if int(memory.get("maxmemory", 0)) and policy != "noeviction":
            raise UsageError(
                f"REDIS_URL: {self.name}: it evicts keys when its memory is full (maxmemory-policy {policy}); set "
                "maxmemory-policy to noeviction"
            )
        if not int(self.call(lambda: self.client.info("persistence")).get("aof_enabled", 0)):
            logger.warning(
                "%s: appendonly is off; after a restart the server lacks what it has not saved, and the workers stop",
                self.name,
            )

    def is_fresh(self, seconds: float) -> bool:
        """Whether the server became available, or was started, within this number of seconds.

        Until then, missing heartbeats of other workers prove nothing.
        """
        return self._fresh_since is not None and time.monotonic() - self._fresh_since < seconds

    def close(self) -> None:
        """Closes all connections."""
        self.client.close()


def _answer_to_ping(address: tuple[str, int]) -> bytes:
    """The first bytes of the response to an inline ``PING``, which every Redis server understands."""
    try:
        with socket.create_connection(address, timeout=2) as connection:
            connection.sendall(b"PING\r\n\r\n")
            return connection.recv(64)
    except OSError:
        return b""
