"""The examples of docs/extending.md as files: each block of Python begins with the name of its file."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.children import ROOT

_BLOCK = re.compile(r"^```python\n# (\w+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_examples(folder: Path) -> dict[str, str]:
    """Writes all examples into a directory; returns their texts by file name."""
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    examples = dict(_BLOCK.findall(text))
    for name, code in examples.items():
        (folder / name).write_text(code, encoding="utf-8")
    return examples
