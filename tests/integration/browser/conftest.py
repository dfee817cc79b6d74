"""A server that imitates Splash and misbehaves on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.fake_splash import FakeSplash


@pytest.fixture
def imitate() -> Iterator[Callable[..., FakeSplash]]:
    """`imitate(status=, body=, silent=)` starts an imitation of Splash that answers so; see `fake_splash`."""
    with ExitStack() as stack:
        yield lambda **answer: stack.enter_context(FakeSplash(**answer))
