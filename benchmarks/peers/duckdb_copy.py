"""Copies the articles of an output directory to a Parquet file with DuckDB, in one thread."""

from __future__ import annotations

import sys

import duckdb


def main(output: str, target: str) -> None:
    """Copy all versions of all articles."""
    duckdb.sql("SET threads = 1")
    articles = f"SELECT * FROM read_json('{output}/articles/*.jsonl')"  # noqa: S608  our own directory
    duckdb.sql(f"COPY ({articles}) TO '{target}' (FORMAT parquet, CODEC zstd)")


if __name__ == "__main__":
    main(*sys.argv[1:])
