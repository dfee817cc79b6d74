"""Text of others on a terminal: what would steer it, reorder the line or hide in it is shown instead of carried out."""

from __future__ import annotations

import re
import unicodedata

# Control characters (escape sequences begin with one), invisible ones (zero width, and those that turn the direction
# of what follows), the separators that end a line unasked, and halves of characters. ASCII's printable part, which is
# most of what passes, is told by the expression at once.
_ODD = re.compile(r"[^ -~]")
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def harmless(text: str) -> str:
    r"""One line of text as a terminal may have it: characters that are not to be seen stand as JSON writes them.

    So the text of a JSON document still says the same afterwards.

    >>> print(harmless("a\x1b[31mred\u202e"))
    a\u001b[31mred\u202e
    """
    return _ODD.sub(_shown, text)


def harmless_lines(text: str) -> str:
    """As `harmless`, but the text's own line ends stay."""
    return "\n".join(harmless(line) for line in text.split("\n"))


def is_seen(character: str) -> bool:
    """Whether a character is one that a reader can see, or a space."""
    return " " <= character <= "~" or unicodedata.category(character) not in _NOT_SHOWN


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    if is_seen(character):
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
