"""The profile `default`: the base, and what the environment says."""

from vokcrawl.settings.base import *  # noqa: F403
from vokcrawl.settings.environment import from_environment

globals().update(from_environment())
