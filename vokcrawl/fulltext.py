"""Full-text search in SQLite (FTS5): how words are told, and how a query is written that cannot be a wrong one."""

from __future__ import annotations

# Words are found in all their forms (English), without regard to case and accents.
TOKENIZER = "porter unicode61 remove_diacritics 2"
