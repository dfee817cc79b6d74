"""Endpoints of the download handler: one for each host, port, scheme and binding."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.interfaces import IReactorPluggableNameResolver
from twisted.internet.task import Clock
from twisted.web.client import URI, BrowserLikePolicyForHTTPS, HTTPConnectionPool
from zope.interface import implementer  # type: ignore[import-untyped]

from vokcrawl.downloader.capture.warc_handler import _DirectAgent


@implementer(IReactorPluggableNameResolver)
class Reactor(Clock):
    """A reactor without a network."""

    nameResolver: Any = None


def endpoint(
    endpoints: dict[tuple[Any, ...], Any], url: str, timeout: float = 10, bind: tuple[str, int] | None = None
) -> Any:
    """The endpoint of a request by a new agent."""
    # Twisted has no types here.
    uri_class, policy, pool = (cast("Any", each) for each in (URI, BrowserLikePolicyForHTTPS, HTTPConnectionPool))
    reactor = Reactor()
    made = _DirectAgent(endpoints, reactor, policy(), timeout, bind, pool(reactor))
    return made._getEndpoint(uri_class.fromBytes(url.encode()))


def test_agents_share_the_endpoint_of_a_host() -> None:
    endpoints: dict[tuple[Any, ...], Any] = {}
    first = endpoint(endpoints, "http://site.test/a/")
    assert endpoint(endpoints, "http://site.test/b/?c=1") is first
    assert len(endpoints) == 1


def test_another_port_timeout_or_address_has_its_own_endpoint() -> None:
    endpoints: dict[tuple[Any, ...], Any] = {}
    found = [
        endpoint(endpoints, "http://site.test/"),
        endpoint(endpoints, "http://site.test:81/"),
        endpoint(endpoints, "http://www.site.test/"),
        endpoint(endpoints, "http://site.test/", timeout=5),
        endpoint(endpoints, "http://site.test/", bind=("127.0.0.2", 0)),
    ]
    assert len({id(each) for each in found}) == len(endpoints) == 5
