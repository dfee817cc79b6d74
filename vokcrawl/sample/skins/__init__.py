"""Three skins with the same texts.

``current`` is today's markup of the real site, ``classic`` that of an earlier year, ``plain`` a different one.
"""

from vokcrawl.sample.skins.base import Skin
from vokcrawl.sample.skins.classic import ClassicSkin
from vokcrawl.sample.skins.current import CurrentSkin
from vokcrawl.sample.skins.plain import PlainSkin

SKINS: dict[str, type[Skin]] = {"current": CurrentSkin, "classic": ClassicSkin, "plain": PlainSkin}

__all__ = ["SKINS", "ClassicSkin", "CurrentSkin", "PlainSkin", "Skin"]
