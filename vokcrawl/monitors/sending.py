"""Sends messages by HTTP and mail, within a time limit, and with errors that reveal no secrets."""

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

# At DEBUG it logs each URL, and these are secrets.
logging.getLogger("urllib3").setLevel(logging.INFO)


class NotificationError(Exception):
    """A message could not be sent. The text gives the reason without the address, which may be a secret."""


def run_with_timeout(seconds: float, work: Callable[[], None]) -> None:
    """Run `work`; raises `NotificationError` if it fails or is not finished in time, and leaves it running then.

    Socket time-outs are not enough: a server could send one byte at a time forever.
    """
    failures: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as failure:
            failures.append(failure)

    # A daemon thread does not keep the process alive.
    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotificationError(f"timed out after {seconds:g} s")
    for failure in failures:
        raise (
            failure if isinstance(failure, NotificationError) else NotificationError(type(failure).__name__)
        ) from failure


def post(url: str, payload: Mapping[str, Any], seconds: float) -> None:
    """Post JSON. Raises `NotificationError` unless the status is 2xx; the response body is not read."""
    # Imported late: most runs send nothing.
    import requests  # noqa: PLC0415

    headers = {"Content-Type": "application/json", "User-Agent": "vokcrawl"}
    try:
        with requests.post(
            url,
            data=orjson.dumps(payload),
            headers=headers,
            timeout=seconds,
            # A redirect could send the message to another host.
            allow_redirects=False,
            stream=True,
        ) as response:
            status = response.status_code
    except requests.RequestException as failure:
        raise NotificationError(type(failure).__name__) from None
    if not 200 <= status < 300:
        raise NotificationError(f"HTTP status {status}")


def send_mail(server: str, sender: str, to: Sequence[str], subject: str, text: str, seconds: float) -> None:
    """Send a mail through a server such as ``smtp://user:password@host:587``. Raises `NotificationError`.

    ``smtps`` uses TLS from the start, ``smtp`` as soon as the server offers it. Without TLS, a password is sent to
    loopback addresses only.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, sender, ", ".join(to)
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connect(server, seconds) as smtp:
            smtp.send_message(message)
    except smtplib.SMTPResponseException as failure:
        raise NotificationError(f"{type(failure).__name__} {failure.smtp_code}") from None
    except (smtplib.SMTPException, OSError, ValueError) as failure:
        raise NotificationError(type(failure).__name__) from None


def _connect(server: str, seconds: float) -> smtplib.SMTP:
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
        elif parts.scheme == "smtp" and user and not is_loopback(host):
            raise NotificationError("the mail server offers no TLS; the password was not sent")
        if user:
            smtp.login(unquote(user), unquote(parts.password or ""))
    except BaseException:
        smtp.close()
        raise
    return smtp


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, so that nothing sent to it crosses a network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
