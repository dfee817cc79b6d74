"""Scripts in which words are not separated by spaces, or, as in Korean, have their endings joined to them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Ranges of a regular expression's class: Hangul, kana, ideographs and their compatibility forms.
JOINED = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)


# Compiled on first use: that takes several milliseconds, and most runs need none of them.
@cache
def _runs() -> re.Pattern[str]:
    return re.compile(f"[{JOINED}]+")


@cache
def _touching() -> re.Pattern[str]:
    return re.compile(f"([{JOINED}]+)|((?<=[{JOINED}])[^\\W{JOINED}]+|[^\\W{JOINED}]+(?=[{JOINED}]))")


def joined_runs(text: str) -> list[str]:
    """Return the stretches of a text in these scripts, with full width and compatibility forms unified.

    >>> joined_runs("KCNA는 평양에서, ﾗｼﾞｵ")
    ['는', '평양에서', 'ラジオ']
    """
    if text.isascii():
        return []
    return _runs().findall(unicodedata.normalize("NFKC", text).casefold())


def bigrams(text: str) -> str:
    """Return the pairs of adjacent characters of these scripts, separated by spaces; for a full-text index.

    Each run ends with its last character alone, which separates it from the next one. Words of other scripts are
    included where they touch a run.

    >>> bigrams("김정은 at 평양"), bigrams("KCNA는")
    ('김정 정은 은 평양 양', 'kcna 는')
    """
    if text.isascii():
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold()
    tokens: list[str] = []
    for run, word in _touching().findall(folded):
        tokens += _tokens(run) if run else [word]
    return " ".join(tokens)


def bigram_phrase(text: str) -> str | None:
    """Return an FTS5 phrase that finds a text in an index of `bigrams`; None if it has none of these scripts.

    >>> bigram_phrase("김정은"), bigram_phrase("평양 시"), bigram_phrase("KCNA")
    ('"김정 정은"', '"평양 양 시"*', None)
    """
    runs = joined_runs(text)
    if not runs:
        return None
    *before, last = runs
    tokens = [token for run in before for token in _tokens(run)]
    # The last run may go on in the text.
    tokens += _tokens(last)[:-1] if len(last) > 1 else [last]
    return f'"{" ".join(tokens)}"' + ("*" if len(last) == 1 else "")


def _tokens(run: str) -> list[str]:
    return [*(run[place : place + 2] for place in range(len(run) - 1)), run[-1]]
