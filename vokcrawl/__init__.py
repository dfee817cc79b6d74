"""vokcrawl archives Voice of Korea (EN) as KCNA Watch carries it, as JSONL."""

__version__ = "0.1.0"
