"""Standard output and standard error: escapes for untrusted text and for encodings that lack a character."""

from __future__ import annotations

import atexit
import codecs
import io
import os
import re
import sys
import unicodedata
from contextlib import suppress
from functools import cache
from typing import TextIO

from vokcrawl.errors import StorageError

# Control characters (which start escape sequences), invisible characters (zero width, bidirectional controls), line
# and paragraph separators, and surrogates. The expression skips printable ASCII quickly.
_ODD = re.compile(r"[^ -~]")
# Name of the error handler for characters that the encoding of a stream lacks.
_ESCAPE = "vokcrawl.escape"
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


def prepare_streams() -> None:
    """Lets standard output and standard error escape what their encoding lacks, and makes a closed one discard text.

    The escapes are those of JSON, so the text of a JSON document keeps its meaning. Without this, an ASCII or Latin-1
    terminal or pipe would end a command with `UnicodeEncodeError`, and a closed pipe the interpreter with a traceback.
    """
    _register()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # Python has no stream for a closed descriptor.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  for the life of the process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPE)


def write_output(content: str | bytes) -> None:
    """Writes text, or bytes as they are, to standard output. Raises `StorageError`."""
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(content)
    except OSError as failure:
        raise _output_error(failure) from failure


def flush_output() -> None:
    """Writes what standard output has buffered. Raises `StorageError`; then the rest is discarded."""
    try:
        sys.stdout.flush()
    except OSError as failure:
        _discard(sys.stdout)
        raise _output_error(failure) from failure


def write_error(text: str) -> None:
    """Writes text to standard error. A failure is ignored, because it could not be reported anywhere."""
    with suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _output_error(failure: OSError) -> StorageError:
    if isinstance(failure, BrokenPipeError):
        return StorageError("standard output was closed by the reader")
    return StorageError(f"standard output: {failure.strerror}")


def _discard(stream: TextIO) -> None:
    """Sends what a stream still writes to the null device, so that the flush at exit does not fail again."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


@cache
def _register() -> None:
    codecs.register_error(_ESCAPE, _escaped)
    atexit.register(_flush_all)


def _flush_all() -> None:
    """Flushes both streams before the interpreter does, which would print a traceback for a closed pipe."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _discard(stream)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


def _shown(found: re.Match[str]) -> str:
    return found[0] if is_seen(found[0]) else _escape(found[0])


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
