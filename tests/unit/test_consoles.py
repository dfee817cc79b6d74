"""Scrapy's consoles are imported only where they are enabled."""

from __future__ import annotations

import pytest
from scrapy.exceptions import NotConfigured
from scrapy.extensions.remote_control import RemoteControl as RealRemoteControl
from scrapy.extensions.telnet import TelnetConsole as RealTelnetConsole
from scrapy.settings import default_settings
from scrapy.utils.test import get_crawler

from vokcrawl.extensions import consoles
from vokcrawl.extensions.consoles import RemoteControl, TelnetConsole
from vokcrawl.settings import base


@pytest.mark.parametrize(
    ("stand_in", "extension", "setting"),
    [
        (TelnetConsole, RealTelnetConsole, "TELNETCONSOLE_ENABLED"),
        (RemoteControl, RealRemoteControl, "REMOTE_CONTROL_ENABLED"),
    ],
)
def test_a_console_of_scrapy_is_built_where_it_is_enabled(
    stand_in: type, extension: type, setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They need a reactor.
    monkeypatch.setattr(consoles, "build_from_crawler", lambda built, _: built)
    crawler = get_crawler(settings_dict={setting: True})
    assert stand_in.from_crawler(crawler) is extension  # type: ignore[attr-defined]
    with pytest.raises(NotConfigured):
        stand_in.from_crawler(get_crawler(settings_dict={setting: False}))  # type: ignore[attr-defined]


def test_every_extension_of_scrapy_is_there_or_has_a_stand_in() -> None:
    names = {path.rpartition(".")[2] for path in {**base.EXTENSIONS_BASE, **base.EXTENSIONS}}
    all_of_scrapy = {path.rpartition(".")[2] for path in default_settings.EXTENSIONS_BASE}
    assert all_of_scrapy - names == {"FeedExporter"}
