"""The site's markup twice, with the same texts: ``classic`` as the real site, ``plain`` all different."""

from vokcrawl.sample.skins.base import Skin
from vokcrawl.sample.skins.classic import ClassicSkin
from vokcrawl.sample.skins.plain import PlainSkin

SKINS: dict[str, type[Skin]] = {"classic": ClassicSkin, "plain": PlainSkin}

__all__ = ["SKINS", "ClassicSkin", "PlainSkin", "Skin"]
