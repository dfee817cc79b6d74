"""vokcrawl follows Voice of Korea (EN) as KCNA Watch carries it, and leaves JSONL."""

__version__ = "0.1.0"
