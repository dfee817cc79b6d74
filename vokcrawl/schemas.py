"""Writes the JSON Schemas (2020-12) of records and manifests: ``python -m vokcrawl.schemas [FOLDER]``.

They are generated from the models in `items` and `storage.manifest`. Unlike the models of the records they allow
unknown keys, because a later release may add keys without a new version.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from vokcrawl.errors import ExitCode, VokcrawlError
from vokcrawl.items import MODELS
from vokcrawl.storage.manifest import SCHEMA, Manifest
from vokcrawl.storage.output_folder import write_whole

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"
_MODELS: dict[str, type[BaseModel]] = {**MODELS, SCHEMA: Manifest}


class _Plain(GenerateJsonSchema):
    """Omits titles that repeat the field's name, and defaults: every key is always present."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of the record or manifest whose `schema` is `name`. Raises `KeyError` if there is none."""
    opened: dict[str, Any] = _opened(_MODELS[name].model_json_schema(by_alias=True, schema_generator=_Plain))
    return {"$schema": _Plain.schema_dialect, "title": name, **{key: opened[key] for key in opened if key != "title"}}


def file_name(name: str) -> str:
    """The file name of a schema. Each version has its own file.

    >>> file_name("vokcrawl.article/1")
    'article-1.json'
    """
    return name.removeprefix("vokcrawl.").replace("/", "-") + ".json"


def files() -> dict[str, bytes]:
    """Name and content of each file."""
    return {
        file_name(name): orjson.dumps(schema_of(name), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        for name in _MODELS
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files to the given folder, by default `docs/schemas`, and returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) > 1 or any(each.startswith("-") for each in given):
        print("usage: python -m vokcrawl.schemas [FOLDER]", file=sys.stderr)
        return int(ExitCode.USAGE)
    folder = Path(given[0]) if given else FOLDER
    try:
        for name, content in files().items():
            write_whole(folder / name, content)
            print(folder / name)
    except VokcrawlError as failure:
        print(failure, file=sys.stderr)
        return int(failure.exit_code)
    return 0


def _opened(schema: Any) -> Any:
    """A schema without `additionalProperties: false`, at any depth."""
    if isinstance(schema, dict):
        return {
            key: _opened(value)
            for key, value in schema.items()
            if not (key == "additionalProperties" and value is False)
        }
    return [_opened(each) for each in schema] if isinstance(schema, list) else schema


if __name__ == "__main__":
    sys.exit(main())
