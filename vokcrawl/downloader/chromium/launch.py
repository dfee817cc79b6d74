"""Starts and ends Chromium: with a new profile, a sandbox, no network of its own, and bounded memory."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import Browser, CDPSession, Error, Playwright, async_playwright

logger = logging.getLogger(__name__)

T = TypeVar("T")
# Seconds for Chromium's start and end.
_TO_START, _TO_END = 60.0, 5.0
# Seconds between two checks of a browser that is being waited for.
_CHECK = 0.5
# Variables of the environment that Chromium gets; others may hold passwords.
_ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "DISPLAY", "XDG_RUNTIME_DIR")
# What the page requests is answered by the crawl. Anything that Chromium would send by itself (WebSockets, WebRTC,
# preconnections, requests that cannot be intercepted) has no name server, and goes to a proxy that does not exist.
_NO_NETWORK = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-background-networking",
)
_NO_PROXY = "http://proxy.invalid:9"
# Megabytes of JavaScript objects in one page.
_HEAP = 512


class ChromiumFailed(Exception):
    """Chromium did not start, crashed, stopped responding, or used too much memory; the message says which."""


class ChromiumNotStarted(ChromiumFailed):
    """Chromium did not start; the message is the beginning of what it printed."""


class Chromium:
    """A running Chromium. `start` starts it, `close` ends it in any case; `watch` bounds the time of each answer."""

    def __init__(self, playwright: Playwright, browser: Browser, session: CDPSession, pids: list[int]) -> None:
        self.browser = browser
        self._playwright = playwright
        self._session = session
        self._pids = pids

    @classmethod
    async def start(cls, program: str) -> Chromium:
        """Start a program. Without a sandbox only where there can be none. Raises `ChromiumNotStarted`."""
        try:
            playwright = await async_playwright().start()
        except (Error, OSError) as fault:
            raise ChromiumNotStarted(f"Playwright does not start: {fault}") from fault
        try:
            browser = await _launched(playwright, program)
            session = await browser.new_browser_cdp_session()
            chromium = cls(playwright, browser, session, [])
            chromium._pids = await chromium._processes()
        except Error as fault:
            await _ended(playwright.stop())
            raise ChromiumNotStarted(first_line(fault)) from fault
        except BaseException:
            await _ended(playwright.stop())
            raise
        return chromium

    async def close(self) -> None:
        """End Chromium; kill it if it does not end."""
        if not await _ended(self.browser.close()):
            for pid in self._pids:
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        await _ended(self._playwright.stop())

    async def watch(self, answer: Awaitable[T], seconds: float, most_memory: int, waits: Callable[[], bool]) -> T:
        """Wait for an answer, but not longer than `seconds` in which `waits` is False: the page waits for the site.

        Raises `ChromiumFailed` if the time is over, or if Chromium uses more than `most_memory` bytes.
        """
        task = asyncio.ensure_future(answer)
        silent = 0.0
        try:
            while True:
                self.check_memory(most_memory)
                done, _ = await asyncio.wait({task}, timeout=_CHECK)
                if done:
                    return task.result()
                silent = 0.0 if waits() else silent + _CHECK
                if silent >= seconds:
                    raise ChromiumFailed(f"no response within {seconds:.0f} s")
        finally:
            if not task.done():
                task.cancel()

    def check_memory(self, most: int) -> None:
        """Raise `ChromiumFailed` if Chromium uses more than `most` bytes. Checks nothing where there is no /proc."""
        used = sum(map(_private_bytes, self._pids))
        if used > most:
            raise ChromiumFailed(f"it uses {used // 10**6} MB of memory, more than VOK_BROWSER_MEMORY")

    async def note_processes(self) -> None:
        """Look which processes Chromium has now; a page has one of its own."""
        self._pids = await self._processes()

    async def _processes(self) -> list[int]:
        try:
            found: dict[str, Any] = await asyncio.wait_for(self._session.send("SystemInfo.getProcessInfo"), _TO_START)
        except TimeoutError as late:
            raise ChromiumFailed(f"no response within {_TO_START:.0f} s") from late
        return [int(each["id"]) for each in found["processInfo"]]


async def _launched(playwright: Playwright, program: str) -> Browser:
    """The browser, with its sandbox if possible."""
    if os.geteuid() == 0:
        logger.warning("Chromium runs without its sandbox, because this process runs as root; use another user")
        return await _launch(playwright, program, sandbox=False)
    try:
        return await _launch(playwright, program, sandbox=True)
    except Error as fault:
        if "sandbox" not in fault.message.lower():
            raise
        logger.warning("Chromium runs without its sandbox, because this system does not allow it one")
        return await _launch(playwright, program, sandbox=False)


async def _launch(playwright: Playwright, program: str, *, sandbox: bool) -> Browser:
    return await playwright.chromium.launch(
        executable_path=program,
        chromium_sandbox=sandbox,
        args=[*_NO_NETWORK, "--disable-gpu", "--no-first-run", f"--js-flags=--max-old-space-size={_HEAP}"],
        proxy={"server": _NO_PROXY},
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        timeout=_TO_START * 1000,
        # Scrapy handles them.
        handle_sigint=False,
        handle_sigterm=False,
        handle_sighup=False,
    )


async def _ended(closing: Awaitable[None]) -> bool:
    """Whether something was closed in time."""
    try:
        await asyncio.wait_for(closing, _TO_END)
    except Exception:
        # Whatever is wrong with it, it is not used again.
        logger.debug("Chromium did not end by itself", exc_info=True)
        return False
    return True


def first_line(fault: Error) -> str:
    """What went wrong, in one line: Playwright adds the whole command line, and its own advice."""
    lines = [line.strip() for line in fault.message.splitlines()]
    return next((line for line in lines if line), "no message")[:300]


def _private_bytes(pid: int) -> int:
    """The memory of a process that it shares with no other; 0 if that is unknown."""
    try:
        resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
