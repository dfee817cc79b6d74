"""Skins with the same texts.

``current`` is today's markup of the real site, ``classic`` that of an earlier year, ``plain`` a different one.
``strange`` has other words, too: the crawler needs a site profile to read it.
"""

from vokcrawl.sample.skins.base import Skin
from vokcrawl.sample.skins.classic import ClassicSkin
from vokcrawl.sample.skins.current import CurrentSkin
from vokcrawl.sample.skins.plain import PlainSkin
from vokcrawl.sample.skins.strange import StrangeSkin

SKINS: dict[str, type[Skin]] = {
    "current": CurrentSkin,
    "classic": ClassicSkin,
    "plain": PlainSkin,
    "strange": StrangeSkin,
}

__all__ = ["SKINS", "ClassicSkin", "CurrentSkin", "PlainSkin", "Skin", "StrangeSkin"]
