"""Scrapy's HTTP download handler, extended to write each exchange with the site to the archive of the run."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler, _BindAddressAgent, _ScrapyAgent
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, ResponseDataLossError
from scrapy.http import Response
from scrapy.utils._download_handlers import normalize_bind_address, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.web.client import URI, Agent
from twisted.web.client import Response as TxResponse
from typing_extensions import override

from vokcrawl.downloader.capture.wire_protocol import TolerantFactory, Wire, WiredFactory, wire_of
from vokcrawl.errors import StorageError
from vokcrawl.runs.run import Run
from vokcrawl.warc.http_exchange import Exchange
from vokcrawl.warc.writer import Place

# Key in `Request.meta`: the URL requested last, and the location of its response in the archive.
_PLACE = "vok_archived"
# Key in `Request.meta`: the URL of the page in a browser that sent the request.
REQUESTED_BY = "vok_requested_by"
# Bytes of head and chunk sizes to keep, in addition to the maximum size of a body.
_BESIDES = 1 << 16


class ArchivingHandler(HTTP11DownloadHandler):
    """The handler of `http` and `https`. It is below redirects and retries, so each attempt is archived.

    Requests to Splash are not archived, and nothing is written if the run has no archive or has failed. Stats:
    `vok/archive/answers`, `vok/archive/truncated`.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        run = getattr(crawler.spider, "run", None)
        self._run = run if isinstance(run, Run) and run.archive is not None else None
        self._pool._factory = TolerantFactory
        if self._run is not None:
            most = 2 * self._default_maxsize + _BESIDES if self._default_maxsize else sys.maxsize
            self._pool._factory = partial(WiredFactory, most)  # type: ignore[assignment]
        # The endpoints of the site's hosts, by agent settings, scheme, host and port.
        self._endpoints: dict[tuple[Any, ...], IStreamClientEndpoint] = {}

    @override
    async def download_request(self, request: Request) -> Response:
        if self._run is None or "splash" in request.meta:
            return await super().download_request(request)
        agent = _WiredAgent(
            self._endpoints,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(agent.download_request(request))
        except Exception as failure:
            self._keep(self._run, request, agent, _why(failure))
            raise
        self._keep(self._run, request, agent, "disconnect" if "dataloss" in response.flags else None)
        return response

    def _keep(self, run: Run, request: Request, agent: _WiredAgent, truncated: str | None) -> None:
        """Write an exchange if there was a response. `truncated` is the reason if it is incomplete."""
        wire, archive = agent.wire, run.archive
        if wire is None or archive is None or run.failure is not None:
            return
        truncated = "length" if wire.full else truncated
        page = request.meta.get(REQUESTED_BY)
        exchange = Exchange(request.url, wire.began, wire.request, wire.response(), agent.ip, truncated, page)
        try:
            place = archive.add(exchange)
        except StorageError as failure:
            run.fail(failure)
            return
        request.meta[_PLACE] = (urldefrag(request.url)[0], place)
        self.crawler.stats.inc_value("vok/archive/answers")
        if truncated is not None:
            self.crawler.stats.inc_value("vok/archive/truncated")


class _WiredAgent(_ScrapyAgent):
    """Sends one request. `wire` is set as soon as there is a response."""

    wire: Wire | None = None
    ip: str | None = None

    def __init__(self, endpoints: dict[tuple[Any, ...], IStreamClientEndpoint], **given: Any) -> None:
        super().__init__(**given)
        self._endpoints = endpoints

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        if request.meta.get("proxy"):
            return super()._get_agent(request, timeout)
        # Imported here, as in Scrapy: the import installs a reactor.
        from twisted.internet import reactor  # noqa: PLC0415

        address = normalize_bind_address(request.meta.get("bindaddress") or self._bindAddress)
        return _DirectAgent(self._endpoints, reactor, self._contextFactory, timeout, address, self._pool)

    def _cb_bodyready(self, txresponse: TxResponse, request: Request) -> Any:
        self.wire = wire_of(txresponse)
        address = getattr(txresponse, "_scrapy_ip_address", None)
        self.ip = str(address) if address is not None and not request.meta.get("proxy") else None
        return super()._cb_bodyready(txresponse, request)


class _DirectAgent(_BindAddressAgent):
    """Looks up its endpoints: Twisted creates one for each request, also for a connection that is open already."""

    def __init__(self, endpoints: dict[tuple[Any, ...], IStreamClientEndpoint], *given: Any) -> None:
        super().__init__(*given)
        self._endpoints = endpoints

    def _getEndpoint(self, uri: URI) -> IStreamClientEndpoint:
        factory = self._endpointFactory
        key = (uri.scheme, uri.host, uri.port, factory._connectTimeout, factory._bindAddress)
        endpoint = self._endpoints.get(key)
        if endpoint is None:
            endpoint = self._endpoints[key] = super()._getEndpoint(uri)
        return endpoint


def place_of(response: Response) -> Place | None:
    """Return the location of a response in the archive; None if it was not archived."""
    url, place = response.meta.get(_PLACE, (None, None))
    # After a response from a cache, the location is that of an earlier URL.
    return place if url == response.url else None


def _why(failure: Exception) -> str:
    """Return the reason for an incomplete response, as defined for WARC-Truncated."""
    if isinstance(failure, DownloadTimeoutError):
        return "time"
    if isinstance(failure, DownloadCancelledError):
        return "length"
    return "disconnect" if isinstance(failure, ResponseDataLossError) else "unspecified"
