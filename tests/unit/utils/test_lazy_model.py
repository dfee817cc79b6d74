"""Ctrl-C while the validator of a model is built."""

from __future__ import annotations

import signal
from typing import Annotated, Any

import pytest
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from vokcrawl.utils.lazy_model import LazyModel


class Interrupting:
    """Part of an annotation: presses Ctrl-C while the validator is built."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        signal.raise_signal(signal.SIGINT)
        return handler(source)


def test_ctrl_c_takes_effect_when_the_validator_is_complete() -> None:
    class Model(LazyModel):
        name: Annotated[str, Interrupting()]

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        Model.model_validate({"name": "a"})
    assert Model.__pydantic_complete__
    assert signal.getsignal(signal.SIGINT) is before
    assert Model.model_validate({"name": "a"}).name == "a"
