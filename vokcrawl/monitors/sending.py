"""Sending a message by HTTP or mail: within bounded time, and with errors that give nothing away."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import requests

# It writes each URL to the log, at DEBUG, and these are secrets.
logging.getLogger("urllib3").setLevel(logging.INFO)


class NotificationError(Exception):
    """A message could not be sent. Says why, without the address: that may be a secret."""


def within(seconds: float, work: Callable[[], None]) -> None:
    """Does some work, or raises `NotTold` after so many seconds; what hangs then is left behind.

    A server may send a byte now and then for ever, which no time-out of a socket ends.
    """
    failures: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as failure:
            failures.append(failure)

    # A daemon: the process ends without waiting for it.
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotificationError(f"no end of it within {seconds:g} s")
    for failure in failures:
        raise (
            failure if isinstance(failure, NotificationError) else NotificationError(type(failure).__name__)
        ) from failure


def post(url: str, payload: Mapping[str, Any], seconds: float) -> None:
    """Posts JSON. Raises `NotTold` for any answer but a 2xx; the rest of the answer is not read."""
    headers = {"Content-Type": "application/json", "User-Agent": "vokcrawl"}
    try:
        with requests.post(
            url,
            data=orjson.dumps(payload),
            headers=headers,
            timeout=seconds,
            # Somebody else's address is not told.
            allow_redirects=False,
            stream=True,
        ) as answer:
            status = answer.status_code
    except requests.RequestException as failure:
        raise NotificationError(type(failure).__name__) from None
    if not 200 <= status < 300:
        raise NotificationError(f"it answered {status}")


def mail(server: str, sender: str, to: Sequence[str], subject: str, text: str, seconds: float) -> None:
    """Sends a mail by way of a server such as ``smtp://user:password@host:587``. Raises `NotTold`.

    ``smtps`` is TLS from the beginning. With ``smtp`` it begins when the server offers it; without TLS a password is
    sent to this machine only.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, sender, ", ".join(to)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(server, seconds) as smtp:
            smtp.send_message(message)
    except smtplib.SMTPResponseException as failure:
        raise NotificationError(f"{type(failure).__name__} {failure.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as failure:
        raise NotificationError(type(failure).__name__) from None


def _connected(server: str, seconds: float) -> smtplib.SMTP:
    parts = urlsplit(server)
    host, user = parts.hostname or "", parts.username
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=seconds, context=context)
    else:
        smtp = smtplib.SMTP(host, parts.port or (587 if user else 25), timeout=seconds)
    try:
        smtp.ehlo()
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif parts.scheme == "smtp" and user and not is_here(host):
            raise NotificationError("the mail server offers no TLS, and a password is not sent without")
        if user:
            smtp.login(unquote(user), unquote(parts.password or ""))
    except BaseException:
        smtp.close()
        raise
    return smtp


def is_here(host: str) -> bool:
    """Whether a host is this machine, so that what is sent to it is on no network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
