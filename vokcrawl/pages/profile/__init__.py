"""The site profile: class names, words, URLs and selectors of the site, in a file that users can override.

`kcnawatch.toml` has the values and describes them; `model` is its form; `files` reads and merges files; `current` has
the profile in use.
"""

from __future__ import annotations

from vokcrawl.pages.profile.current import site, use_files, use_profile_of
from vokcrawl.pages.profile.files import ProfileError, read_profile
from vokcrawl.pages.profile.model import SiteProfile

__all__ = ["ProfileError", "SiteProfile", "read_profile", "site", "use_files", "use_profile_of"]
