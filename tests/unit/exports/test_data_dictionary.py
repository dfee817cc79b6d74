"""The data dictionary describes each column of the exported file as the record models do, and its values."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from tests.support.written_records import article, exported, rows_of, write_archive
from vokcrawl.items import Article, Removal, Teaser

WHATS = ("current", "articles", "teasers", "removals")
MODELS = {"current": Article, "articles": Article, "teasers": Teaser, "removals": Removal}
ADDED = {"latest", "removed_at", "near_duplicate_of", "near_duplicate_score"}
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "date": str, "datetime": str, "integer": int, "number": (int, float), "boolean": bool,
    "array": list, "object": dict,
}  # fmt: skip


def dictionary_of(path: Path) -> list[dict[str, Any]]:
    """The resources of the data dictionary of a file."""
    package = json.loads(Path(f"{path}.datapackage.json").read_bytes())
    assert package.keys() == {"$schema", "resources"}
    resources: list[dict[str, Any]] = package["resources"]
    return resources


def names(resource: dict[str, Any]) -> list[str]:
    return [field["name"] for field in resource["schema"]["fields"]]


@pytest.mark.parametrize("what", WHATS)
def test_each_field_is_described_as_in_its_model(what: str, archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.jsonl", what=what)
    (resource,) = dictionary_of(tmp_path / "x.jsonl")
    assert (resource["name"], resource["type"], resource["path"], resource["format"]) == (
        what,
        "table",
        "x.jsonl",
        "jsonl",
    )
    described = {field["name"]: field["description"] for field in resource["schema"]["fields"]}
    model = {field.alias or name: field.description for name, field in MODELS[what].model_fields.items()}
    assert {name: text for name, text in described.items() if name not in ADDED} == model
    assert all(described.values())


@pytest.mark.parametrize("what", WHATS)
def test_every_value_has_the_type_and_the_constraints_of_its_field(what: str, archive: Path, tmp_path: Path) -> None:
    exported(archive, tmp_path / "x.jsonl", what=what)
    (resource,) = dictionary_of(tmp_path / "x.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_bytes().splitlines()]
    assert rows
    for row in rows:
        assert list(row) == names(resource)
        for field in resource["schema"]["fields"]:
            value, constraints = row[field["name"]], field.get("constraints", {})
            if value is None:
                assert "required" not in constraints, field
                continue
            assert isinstance(value, TYPES[field["type"]]), field
            assert value in constraints.get("enum", [value])
            assert len(str(value)) <= constraints.get("maxLength", len(str(value)))
            assert re.search(constraints.get("pattern", ""), str(value))
            assert constraints.get("minimum", value) == value or constraints["minimum"] <= value
            Draft202012Validator(field.get("jsonSchema", {})).validate(value)
            if field["type"] in ("date", "datetime"):
                (date if field["type"] == "date" else datetime).fromisoformat(value)
            # Nested fields are described, too.
            assert ("jsonSchema" in field) == (field["type"] in ("array", "object"))


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".xlsx", ".jsonl", ".jsonl.zst", ".sqlite"])
def test_columns_size_and_digest_are_those_of_the_file(ending: str, archive: Path, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending}"
    exported(archive, path)
    resources = dictionary_of(path)
    content = path.read_bytes()
    for resource in resources:
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
    if ending == ".sqlite":
        with closing(sqlite3.connect(path)) as db:
            found = {
                name: [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
                for name in ("articles", "teasers", "removals")
            }
        assert {resource["dialect"]["table"]: names(resource) for resource in resources} == found
        return
    (resource,) = resources
    columns = {
        ".parquet": lambda: pq.read_schema(path).names,
        ".csv": lambda: next(csv.reader(path.read_text(encoding="utf-8").splitlines())),
        ".xlsx": lambda: [cell.value for cell in openpyxl.load_workbook(path)[resource["dialect"]["sheetName"]][1]],
        ".jsonl": lambda: list(json.loads(content.splitlines()[0])),
        ".jsonl.zst": lambda: list(rows_of(path)[0]),
    }[ending]()
    assert names(resource) == columns


def test_a_column_that_may_be_empty_is_not_required_where_empty_means_null(tmp_path: Path) -> None:
    output = write_archive(tmp_path / "output", article(0, "2024-03-10T06:00:00Z", body=""))
    required = {}
    for ending in (".csv", ".xlsx", ".jsonl", ".parquet"):
        exported(output, tmp_path / f"x{ending}")
        schema = dictionary_of(tmp_path / f"x{ending}")[0]["schema"]
        fields = {field["name"]: field.get("constraints", {}).get("required", False) for field in schema["fields"]}
        assert (fields["id"], fields["story"]) == (True, False)
        required[ending] = (fields["body"], schema.get("missingValues", [""]))
    assert required == {
        ".csv": (False, [""]),
        ".xlsx": (False, [""]),
        ".jsonl": (True, []),
        ".parquet": (True, []),
    }


def test_lists_are_texts_where_a_spreadsheet_may_cut_them(archive: Path, tmp_path: Path) -> None:
    kinds = {}
    for name, options in (("plain.csv", {}), ("s.csv", {"spreadsheet": True}), ("x.xlsx", {})):
        exported(archive, tmp_path / name, **options)
        fields = dictionary_of(tmp_path / name)[0]["schema"]["fields"]
        kinds[name] = {field["type"] for field in fields if field["name"] in ("images", "changed", "archived_as")}
    assert kinds == {"plain.csv": {"array", "object"}, "s.csv": {"string"}, "x.xlsx": {"string"}}
