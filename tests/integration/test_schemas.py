"""The published JSON Schemas are generated from the classes, and agree with them on every record."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from tests.support.children import ROOT
from vokcrawl.items import MODELS, validated
from vokcrawl.schemas import FOLDER, file_name, files, schema_of
from vokcrawl.storage.manifest import SCHEMA

NAMES = sorted(MODELS)
CHECKER = Draft202012Validator.FORMAT_CHECKER
VALIDATORS = {name: Draft202012Validator(schema_of(name), format_checker=CHECKER) for name in NAMES}
ODD: list[object] = [
    None, True, False, 0, 1, -1, 404, 410, 10**12, "", " ", "x", "a\nb", "2024-02-30", "2024-02-29", "0000-01-01",
    "2024-12-10T06:00:00Z", "2024-12-10T24:00:00Z", "2024-02-30T06:00:00Z", "2024-12-10T06:00:00", "20241210T060000Z",
    "1733800000-101", "http://site.test/a/", "http://site.test/a", "http://site.test/a/?x=1", "javascript:x",
    "sha256:" + "0" * 64, "sha256:" + "g" * 64, [], ["title"], [1], {},
    [{"url": "http://site.test/a.jpg", "caption": None}], [{"url": "a.jpg", "caption": "x"}],
    {"file": "archive/a.warc.gz", "offset": 0, "digest": "sha1:A"},
    {"file": "archive/a.warc.gz", "offset": -1, "digest": "sha1:A"},
    "vokcrawl.article/1", "vokcrawl.teaser/1", "vokcrawl.removal/1", "x" * 100_001, "http://x.test/" + "y" * 4096,
]  # fmt: skip


def example_of(name: str) -> dict[str, Any]:
    """The record that the schema's own examples make."""
    return {field: each["examples"][0] for field, each in schema_of(name)["properties"].items()}


def is_valid(name: str, record: dict[str, Any]) -> bool:
    """What the class says. It alone fills in what is missing: a record of before a field was added is a record."""
    try:
        MODELS[name].model_validate(record)
    except ValidationError:
        return False
    return True


def test_the_published_files_are_what_the_classes_say() -> None:
    published = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert published == files(), "run python -m vokcrawl.schemas"


def test_the_module_writes_them_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vokcrawl.schemas"]
    done = subprocess.run([*command, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / file_name(name)) for name in (*MODELS, SCHEMA)]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files()
    (tmp_path / "file").touch()
    for wrong, code, word in (("--help-me", 2, "usage"), (str(tmp_path / "file" / "below"), 15, "file")):
        failed = subprocess.run([*command, wrong], cwd=ROOT, capture_output=True, text=True, check=False)
        assert failed.returncode == code
        assert word in failed.stderr
        assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_the_records_has_every_field_in_its_order_and_the_examples_of_the_schema(name: str) -> None:
    page = (FOLDER.parent / "records.md").read_text(encoding="utf-8")
    section = page.partition(f": `{name}`\n")[2].partition("\n## ")[0]
    example = json.loads(section.partition("```json\n")[2].partition("```")[0])
    assert example == example_of(name)
    assert list(example) == list(example_of(name))
    assert re.findall(r"^\| `(\w+)` \| ", section, re.MULTILINE) == list(example)
    assert f"(schemas/{file_name(name)})" in page


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_one_of_2020_12_and_describes_every_field_with_an_example(name: str) -> None:
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for each in (schema, *schema.get("$defs", {}).values()):
        assert each["description"]
        assert each["required"] == list(each["properties"]), "keys are always present"
        assert all(field["description"] and field["examples"] for field in each["properties"].values())


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_make_a_record_that_is_valid_by_schema_and_class(name: str) -> None:
    record = example_of(name)
    VALIDATORS[name].validate(record)
    assert validated(record) == record


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_with_an_older_copy_accepts_a_record_with_a_field_more(name: str) -> None:
    record = example_of(name) | {"added_later": None}
    VALIDATORS[name].validate(record)
    assert not is_valid(name, record), "what is written, and what verify reads, has no field that nobody knows"


@settings(deadline=None)
@given(st.data())
def test_schema_and_class_agree_on_a_record_with_any_invalid_field(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    record = example_of(name)
    field = data.draw(st.sampled_from(sorted(record)))
    changed = deepcopy(record) | {field: data.draw(st.sampled_from(ODD))}
    assert VALIDATORS[name].is_valid(changed) == is_valid(name, changed), (field, changed[field])


@settings(deadline=None)
@given(st.data(), st.text(max_size=20).filter(lambda text: not text.endswith("\n")))
def test_schema_and_class_say_the_same_of_any_text(data: st.DataObject, text: str) -> None:
    # A pattern's end is the text's end, but in Python's own expressions a last line end may follow it.
    name = data.draw(st.sampled_from(NAMES))
    field = data.draw(st.sampled_from(sorted(example_of(name))))
    record = example_of(name) | {field: text}
    assert VALIDATORS[name].is_valid(record) == is_valid(name, record)


def test_records_of_a_real_crawl_are_valid_by_the_published_schemas(crawl: Any, serve: Any, output: Path) -> None:
    done = crawl(f"{serve(12).url}/article/163/", output)
    assert done.code == 0, done.stderr
    for name, records in (("vokcrawl.article/1", done.articles()), ("vokcrawl.teaser/1", done.teasers())):
        published = Draft202012Validator(json.loads((FOLDER / file_name(name)).read_bytes()), format_checker=CHECKER)
        assert len(records) == 12
        for record in records:
            published.validate(record)


def test_manifest_page_lists_every_key_with_its_description() -> None:
    page = (FOLDER.parent / "manifest.md").read_text(encoding="utf-8")
    schema = schema_of(SCHEMA)
    for name, each in {"Manifest": schema, **schema["$defs"]}.items():
        section = page.partition(f"<!-- keys: {name} -->")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)
        assert rows == [(key, field["description"]) for key, field in each["properties"].items()], name
        assert each["required"] == list(each["properties"]), "keys are always present"
    assert f"(schemas/{file_name(SCHEMA)})" in page


def test_manifest_of_a_real_crawl_is_valid_by_the_published_schema(crawl: Any, serve: Any, output: Path) -> None:
    done = crawl(f"{serve(12).url}/article/163/", output)
    assert done.code == 0, done.stderr
    schema = json.loads((FOLDER / file_name(SCHEMA)).read_bytes())
    Draft202012Validator.check_schema(schema)
    published = Draft202012Validator(schema, format_checker=CHECKER)
    published.validate(done.manifest)
    for key in done.manifest:
        assert not published.is_valid({name: value for name, value in done.manifest.items() if name != key}), key
