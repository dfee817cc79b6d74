"""The base of the models of settings and arguments.

A field of such a model is the one place of a setting: its name, type, bounds, default, description, and whether it is a
secret. Validation, `scrapy check-config`, the defaults of `vokcrawl/settings/base.py` and the tables of
docs/settings.md all read them from there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from scrapy.settings import BaseSettings

from vokcrawl.config.environment import PREFIX, UNPREFIXED
from vokcrawl.config.values import WHOLE_NUMBER_PHRASE, Allowed, InvalidValue, error_message
from vokcrawl.errors import UsageError
from vokcrawl.utils.lazy_model import LazyModel


def setting(default: Any, description: str, *, secret: bool = False, **bounds: Any) -> Any:
    """A field of a model.

    Args:
        default: The value as a user would write it; validated like any other.
        description: For docs/settings.md, in Markdown: what it means, and why one would change it.
        secret: The value is never shown: not in errors, listings, manifests or a repr.
        bounds: `ge` and `le`.
    """
    return Field(default, description=description, repr=not secret, json_schema_extra={"secret": secret}, **bounds)


def is_secret(field: FieldInfo) -> bool:
    """Whether the value of a field made by `setting` must not be shown."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get("secret") is True


def allowed_phrase(field: FieldInfo) -> str:
    """What a field allows, as a phrase that completes "is not …"."""
    if get_origin(field.annotation) is Literal:
        return f"one of {', '.join(map(str, get_args(field.annotation)))}"
    phrase = next((each.phrase for each in field.metadata if isinstance(each, Allowed)), "allowed")
    if phrase != WHOLE_NUMBER_PHRASE:
        return phrase
    least, most = _bound(field, "ge") or 0, _bound(field, "le")
    return f"{phrase} of {least} or more" if most is None else f"{phrase} from {least} to {most}"


def _bound(field: FieldInfo, name: str) -> int | None:
    return next((getattr(each, name) for each in field.metadata if hasattr(each, name)), None)


class Conflicts(ValueError):
    """Values that are allowed one by one but not together. The arguments are the error messages."""


class CheckedModel(LazyModel):
    """A frozen model whose validation errors become one message per error: name, value, what is allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """Validates all values. Raises `UsageError` for the first one that is not allowed."""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise UsageError(cls._messages(error, given)[0]) from None

    @classmethod
    def find_errors(cls, given: Mapping[str, Any]) -> list[str]:
        """Validates all values and returns one message per error."""
        try:
            cls.model_validate(given)
        except ValidationError as error:
            return cls._messages(error, given)
        return []

    def conflicts(self) -> list[str]:
        """One message per combination of values that is not allowed."""
        return []

    @model_validator(mode="after")
    def _check_conflicts(self) -> Self:
        if messages := self.conflicts():
            raise Conflicts(*messages)
        return self

    @classmethod
    def _messages(cls, error: ValidationError, given: Mapping[str, Any]) -> list[str]:
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        messages: list[str] = []
        for details in error.errors(include_url=False, include_input=False):
            cause = details.get("ctx", {}).get("error")
            if isinstance(cause, Conflicts):
                messages.extend(cause.args)
            else:
                messages.append(_message(details, fields, given))
        return messages


def _message(details: ErrorDetails, fields: Mapping[str, FieldInfo], given: Mapping[str, Any]) -> str:
    name = str(details["loc"][0])
    if details["type"] == "extra_forbidden":
        return f"{name}: no such argument; allowed are {', '.join(fields)}"
    cause = details.get("ctx", {}).get("error")
    invalid = cause if isinstance(cause, InvalidValue) else InvalidValue()
    field = fields[name]
    return error_message(name, given.get(name), invalid, allowed_phrase(field), secret=is_secret(field))


def setting_name(field_name: str) -> str:
    """The setting of a field.

    >>> setting_name("source_id"), setting_name("redis_url")
    ('VOK_SOURCE_ID', 'REDIS_URL')
    """
    name = field_name.upper()
    return name if name in UNPREFIXED else PREFIX + name


class SettingsModel(CheckedModel):
    """Base of the models of settings. The setting of a field has its name in capitals, with the project's prefix."""

    model_config = ConfigDict(alias_generator=setting_name, validate_default=True)

    @classmethod
    def by_setting(cls) -> dict[str, FieldInfo]:
        """The fields by the names of their settings, in the order of the documentation."""
        return {setting_name(name): field for name, field in cls.model_fields.items()}

    @classmethod
    def read(cls, settings: BaseSettings) -> Self:
        """Validates the settings of this model. Raises `UsageError` that names setting, value and what is allowed."""
        return cls.parse(cls._given(settings))

    @classmethod
    def errors(cls, settings: BaseSettings) -> list[str]:
        """One message per error in the settings of this model."""
        return cls.find_errors(cls._given(settings))

    @classmethod
    def _given(cls, settings: BaseSettings) -> dict[str, Any]:
        return {name: settings[name] for name in cls.by_setting() if name in settings}
