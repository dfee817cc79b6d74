"""The profile that this process reads pages with.

A process reads the pages of one site, and each page as a whole, so the profile is a variable of the process: the
readers are called for every line of every page, and would otherwise pass it through all of their functions. `use_files`
is called once, when the settings are known; `use_profile_of` before a page is read, with the time of its capture.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vokcrawl.normalize import set_article_path, set_date_formats
from vokcrawl.pages.profile.files import built_in_profile, read_profile
from vokcrawl.pages.profile.model import SiteProfile

__all__ = ["site", "use_files", "use_profile_of"]

# The files in use, in order of preference; the built-in profile is used where none of them holds.
_profiles: tuple[SiteProfile, ...] = ()
_current: SiteProfile | None = None


def site() -> SiteProfile:
    """The profile in use."""
    return _current if _current is not None else _use(built_in_profile())


def use_files(paths: Sequence[str]) -> None:
    """Use these files from now on; none for the built-in profile only. Raises `ProfileError`."""
    global _profiles  # noqa: PLW0603
    _profiles = tuple(map(read_profile, paths))
    _use(_profiles[0] if _profiles else built_in_profile())


def use_profile_of(moment: datetime) -> None:
    """Use the profile that holds for pages captured at this time (UTC)."""
    if _profiles:
        day = moment.date()
        _use(next((each for each in _profiles if each.holds_on(day)), built_in_profile()))


def _use(profile: SiteProfile) -> SiteProfile:
    global _current  # noqa: PLW0603
    if profile is not _current:
        set_article_path(profile.urls.article)
        set_date_formats(profile.dates.formats, profile.dates.months)
        _current = profile
    return profile
