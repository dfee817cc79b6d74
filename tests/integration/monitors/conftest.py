"""Fixtures: servers that receive notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.notification_servers import MailServer, Receiver


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    """`receive(behaviour="answers")` starts a server on the loopback interface that records POST requests."""
    with ExitStack() as stack:
        yield lambda behaviour="answers": stack.enter_context(Receiver(behaviour))


@pytest.fixture
def mail_server() -> Iterator[Callable[..., MailServer]]:
    """`mail_server(user=None, password=None)` starts a real SMTP server on the loopback interface."""
    with ExitStack() as stack:
        yield lambda **given: stack.enter_context(MailServer(**given))
