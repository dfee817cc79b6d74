"""Fixtures: servers that receive notifications."""

from tests.integration.monitors.conftest import mail_server, receive

__all__ = ["mail_server", "receive"]
