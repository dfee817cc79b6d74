"""Parquet files: what is imported to write one."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_WRITE = """
import sys
from pathlib import Path
from vokcrawl.exports.parquet import ParquetWriter
from vokcrawl.exports.rows import columns_of
writer = ParquetWriter(Path(sys.argv[1]), {"removals": columns_of("removals", near_duplicates=False)})
writer.write("removals", {
    "schema": "vokcrawl.removal/1", "id": "1750885366-1", "url": "https://site.test/a/", "status": 404,
    "first_missing_at": "2025-07-03T00:10:04Z", "confirmed_at": "2025-07-04T06:10:03Z",
    "last_hash": "sha256:" + 64 * "0", "run_id": "20250704T061000Z",
})
writer.finish()
print("pandas" in sys.modules)
"""


def test_parquet_export_does_not_import_pandas(tmp_path: Path) -> None:
    assert find_spec("pandas") is not None
    done = subprocess.run(
        [sys.executable, "-c", _WRITE, str(tmp_path / "removals.parquet")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
    assert (tmp_path / "removals.parquet").stat().st_size
