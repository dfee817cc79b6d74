"""The profile `default`: the base, and what the environment says."""

from vokcrawl.options import from_environment
from vokcrawl.settings.base import *  # noqa: F403

globals().update(from_environment())
