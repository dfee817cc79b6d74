"""Escapes untrusted text for a terminal: control, bidirectional and invisible characters."""

from __future__ import annotations

import re
import unicodedata

# Control characters (which start escape sequences), invisible characters (zero width, bidirectional controls), line
# and paragraph separators, and surrogates. The expression skips printable ASCII quickly.
_ODD = re.compile(r"[^ -~]")
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: str) -> str:
    r"""Escape a line of text for a terminal: invisible characters become JSON escapes.

    So the text of a JSON document keeps its meaning.

    >>> print(harmless("a\x1b[31mred\u202e"))
    a\u001b[31mred\u202e
    """
    return _ODD.sub(_shown, text)


def harmless_lines(text: str) -> str:
    """Like `harmless`, but keep line breaks."""
    return "\n".join(harmless(line) for line in text.split("\n"))


def is_seen(character: str) -> bool:
    """Return whether a character is visible, or a space."""
    return " " <= character <= "~" or unicodedata.category(character) not in _NOT_SHOWN


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    if is_seen(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
