"""Routes are stored in the state as text, and read by later releases."""

from __future__ import annotations

import pytest

from vokcrawl.pages.routes import AjaxRoute, BrowserRoute, LinkRoute, Route, SitemapRoute, route_from, route_to_text

URL = "https://site.test/article/163/"


@pytest.mark.parametrize("route", [LinkRoute(URL), BrowserRoute(URL, 2, 4), SitemapRoute(URL)])
def test_stored_route_is_read_as_it_was(route: Route) -> None:
    assert route_from(route_to_text(route)) == route


def test_order_of_an_ajax_routes_further_parameters_is_kept() -> None:
    route = AjaxRoute(URL, "more", "163", start=0, size=10, extra=(("b", "1"), ("a", "2")))
    assert route_from(route_to_text(route)) == route


def test_route_of_a_state_that_knew_only_splash() -> None:
    stored = route_to_text(BrowserRoute(URL, 2, 4)).replace("BrowserRoute", "SplashRoute")
    assert route_from(stored) == BrowserRoute(URL, 2, 4)
