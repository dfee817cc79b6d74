"""The profile `default`: the base settings, overridden by environment variables."""

from vokcrawl.config.environment import from_environment
from vokcrawl.settings.base import *  # noqa: F403

globals().update(from_environment())
