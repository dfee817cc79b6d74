"""A Redis server as workers need it: asked again while it is away, and every fault told in this project's errors.

Whatever is asked through `Server.call` may have been done although no answer came, and is then asked once more: only
what may be done twice is asked of it. Nothing here logs or tells the address as it was given: a password may be in it.
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
# An answer takes milliseconds; one that takes so long will not come.
_ANSWER_SECONDS = 10.0
# Pauses between attempts while the server is away: the first, and the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_OUR_SERVER = "set REDIS_URL to the server that all workers share"
_OUR_WAY_OUT = f"{_OUR_SERVER}, or VOK_REDIS_PREFIX to names that are free there"
_AS_USER = "write user and password into it, as in redis://user:password@host:6379/0"


class Server:
    """One server and the names that begin with `prefix` on it. `patience` is how many seconds it may be away."""

    def __init__(self, url: str, prefix: str, patience: float) -> None:
        self.prefix = prefix
        self.patience = patience
        # Since when (`time.monotonic`) the server has been there without a break, where that is known.
        self._fresh_since: float | None = None
        # What it is when the server refuses us: until it is open the settings are wrong, later the server has changed.
        self._refused: type[UsageError | StateError] = UsageError
        self._gone: RedisUnavailableError | None = None
        try:
            self.client: Any = Redis.from_url(
                url,
                decode_responses=True,
                socket_timeout=_ANSWER_SECONDS,
                socket_connect_timeout=_ANSWER_SECONDS,
                # `call` asks again, for as long as the settings say.
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
        return f"{self.prefix}:{name}"

    def script(self, text: str) -> Script:
        """A script that the server runs in one step. Call it with keys and arguments; it must be one to be run twice.

        It is not run on a server that has forgotten that the names are ours.
        """
        registered = self.client.register_script(GUARD + text)
        marker = self.key("marker")
        return lambda keys, args: self.call(lambda: registered(keys=[*keys, marker], args=args))

    def call(self, command: Callable[[], T]) -> T:
        """Runs a command, and repeats it while the server cannot be reached.

        Raises `RedisUnavailableError` after `VOK_REDIS_TIMEOUT` seconds; from then on at once, without a retry.
        """
        if self._gone is not None:
            raise self._gone
        away_since: float | None = None
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._telling():
                    answer = command()
            except (exceptions.ConnectionError, exceptions.TimeoutError) as failure:
                now = time.monotonic()
                if away_since is None:
                    away_since = now
                    logger.warning("%s: %s; it is asked again for %.0f s", self.name, failure, self.patience)
                left = away_since + self.patience - now
                if left <= 0:
                    self._gone = RedisUnavailableError(
                        f"{self.name}: it cannot be reached ({failure}), and has not come back within "
                        f"VOK_REDIS_TIMEOUT={self.patience:.0f} seconds; start it, or mend REDIS_URL, and run again; "
                        "what was committed is safe"
                    )
                    raise self._gone from failure
                time.sleep(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                if away_since is not None:
                    self._fresh_since = time.monotonic()
                    logger.warning("%s: it is back after %.1f s", self.name, self._fresh_since - away_since)
                return answer

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turns what the server says against us into our errors; that it is away goes on as it is."""
        try:
            yield
        except (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError) as refusal:
            lacks = self._nameless and isinstance(refusal, exceptions.AuthenticationError)
            said = "it wants a password" if lacks else f"it does not let us in ({refusal})"
            raise self._refused(f"REDIS_URL: {self.name}: {said}; {_AS_USER}") from None
        except exceptions.OutOfMemoryError as failure:
            raise StorageError(
                f"{self.name}: its memory is full; give it more; what was committed is safe"
            ) from failure
        except exceptions.ReadOnlyError:
            raise self._refused(
                f"REDIS_URL: {self.name}: a copy that is only to be read; set it to the server that this copies"
            ) from None
        except exceptions.ResponseError as failure:
            if str(failure).startswith("FORGOTTEN"):
                raise StateError(f"{self.name}: {FORGOTTEN}") from None
            if str(failure).startswith("MISCONF"):
                raise StorageError(f"{self.name}: it cannot write to its disk; mend that and run again") from failure
            raise self._refused(f"REDIS_URL: {self.name}: {failure}; {_OUR_WAY_OUT}") from failure
        except UnicodeDecodeError:
            raise StateError(f"{self.name}: what lies there is no text, and was not written by vokcrawl") from None
        except exceptions.InvalidResponse as failure:
            raise self._refused(self._no_redis(str(failure))) from None

    def open(self, *, make: bool) -> bool:
        """Makes sure that the server is one, and that the names are ours; whether there are any, or they were made.

        Raises `UsageError` for another kind of server, for names that are another program's, and for names that
        another version of this one has made; nothing is changed then.
        """
        self._refuse_other_kinds()
        keys = [self.key(name) for name in ("marker", *NAMES)]
        opened = self.client.register_script(OPEN)
        said, what = self.call(lambda: opened(keys=keys, args=[APPLICATION, VERSION, int(make)]))
        if said == "foreign":
            raise UsageError(f"REDIS_URL: {self.name}: the key {what} there is another program's; {_OUR_WAY_OUT}")
        if said == "version" and not str(what).isdigit():
            raise UsageError(
                f"REDIS_URL: {self.name}: the key {keys[0]} there names no version of vokcrawl ({what!r}); "
                f"{_OUR_WAY_OUT}"
            )
        if said == "version":
            raise UsageError(self._other_version(int(what)))
        self._refuse_forgetful()
        uptime = int(self.call(lambda: self.client.info("server")).get("uptime_in_seconds", 0))
        self._fresh_since = time.monotonic() - uptime
        self._refused = StateError
        return bool(said == "ours")

    def _refuse_other_kinds(self) -> None:
        """A server that hangs up on us may be starting, or be none of ours: what it says to a plain PING tells.

        One that is asked for TLS and does not speak it says nothing at all, however long one waits.
        """
        if not self._plain and _said_to_ping(self._address)[:1] in (b"+", b"-"):
            raise UsageError(
                f"REDIS_URL: {self.name}: it does not speak TLS, which rediss:// asks for; "
                "write redis://, or let the server speak TLS"
            )
        try:
            self.client.ping()
        except exceptions.TimeoutError:
            return
        except exceptions.ConnectionError:
            said = _said_to_ping(self._address) if self._plain else b""
            if said and said[:1] not in b"+-":
                word = said.split(maxsplit=1)[0][:20].decode("ascii", "replace")
                raise UsageError(self._no_redis(f"it says {word!r}")) from None
        except exceptions.RedisError:
            # `call` tells them.
            return

    def _other_version(self, version: int) -> str:
        if version > VERSION:
            way_out = "update this worker, or set another VOK_REDIS_PREFIX"
        else:
            way_out = (
                "stop all workers, update them, choose another VOK_REDIS_PREFIX, and run "
                f"`{PROGRAM} repair --rebuild-state` with all their folders"
            )
        return f"REDIS_URL: {self.name}: it holds a state of version {version}, this vokcrawl uses {VERSION}; {way_out}"

    def _no_redis(self, said: str) -> str:
        return f"REDIS_URL: {self.name}: what answers there is no Redis server ({said}); {_OUR_SERVER}"

    def _refuse_forgetful(self) -> None:
        """A memory that throws keys away when it is full would let all be delivered again."""
        told = self.call(lambda: self.client.info("memory"))
        policy = str(told.get("maxmemory_policy", "noeviction"))
        if int(told.get("maxmemory", 0)) and policy != "noeviction":
            raise UsageError(
                f"REDIS_URL: {self.name}: it throws keys away when its memory is full (maxmemory-policy {policy}); "
                "set that to noeviction"
            )
        if not int(self.call(lambda: self.client.info("persistence")).get("aof_enabled", 0)):
            logger.warning(
                "%s: appendonly is off; should it be restarted, it forgets what it has not saved, and the workers stop",
                self.name,
            )

    def is_fresh(self, seconds: float) -> bool:
        """Whether the server was away within the last so many seconds, or has only been started then.

        Others could not be heard of either: that they are silent means nothing yet.
        """
        return self._fresh_since is not None and time.monotonic() - self._fresh_since < seconds

    def close(self) -> None:
        self.client.close()


def _said_to_ping(address: tuple[str, int]) -> bytes:
    """The first bytes of what a server says to ``PING``, by the simple form that any Redis server understands."""
    try:
        with socket.create_connection(address, timeout=2) as connection:
            connection.sendall(b"PING\r\n\r\n")
            return connection.recv(64)
    except OSError:
        return b""
