"""The lines of one article are found among those of others, and so are lines that may be its lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.archive_builder import T0, article
from vokcrawl.items import ARTICLE
from vokcrawl.storage import record_files
from vokcrawl.storage.output_folder import OutputFolder
from vokcrawl.storage.record_files import read_article_lines, read_file

_WANTED = article(1, T0)["id"]
_RUN = "20240101T060000Z"
_LINES = [
    *(record_files.orjson.dumps(article(number, T0, run_id=_RUN)) + b"\n" for number in (1, 2, 3)),
    record_files.orjson.dumps({**article(2, T0, run_id=_RUN), "story": _WANTED}) + b"\n",
    b'{"schema":"%s","id":"12345x7890-1","url":""}\n' % ARTICLE.encode(),
    b'{"torn": \n', b"\n", b"}\n", b"[]\n", b"\x00\r\xff\n",
]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.sampled_from(_LINES), max_size=12), torn=st.booleans(), block=st.integers(1, 4_000))
def test_blocks_of_any_size_give_the_lines_of_the_article_and_the_damaged_ones(
    lines: list[bytes], torn: bool, block: int, tmp_path: Path
) -> None:
    path = tmp_path / "articles" / "20240101T060000Z.jsonl"
    path.parent.mkdir(exist_ok=True)
    content = b"".join(lines)
    path.write_bytes(content[:-2] if torn else content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_files, "_BLOCK", block)
        found = list(read_article_lines(OutputFolder(tmp_path), "articles", _WANTED))
    wanted = [line for line in read_file(path, "articles") if line.record is None or line.record["id"] == _WANTED]
    assert [line for line in found if line.record is None or line.record["id"] == _WANTED] == wanted
    # Lines of other articles are not read, but for one that contains the id.
    assert {line.record["id"] for line in found if line.record} <= {_WANTED, article(2, T0)["id"]}
    assert [
        line for line in found if line.record and line.record["id"] != _WANTED and _WANTED.encode() not in line.raw
    ] == []
