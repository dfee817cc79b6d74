"""A small site of invented articles in KCNA Watch's markup, served on loopback.

It replaces the real site in ``scrapy demo``, in the tests and in the benchmark. Every text is generated from word
lists with a seed; nothing in it was ever published.
"""

from vokcrawl.sample.content import SampleArticle, SampleImage, make_article, make_other
from vokcrawl.sample.quirks import ALL_FAULTS, DEFAULT_FAULTS
from vokcrawl.sample.server import SampleServer, SeenRequest
from vokcrawl.sample.site import Answer, SampleSite
from vokcrawl.sample.sources import SampleSource

__all__ = [
    "ALL_FAULTS",
    "DEFAULT_FAULTS",
    "Answer",
    "SampleArticle",
    "SampleImage",
    "SampleServer",
    "SampleSite",
    "SampleSource",
    "SeenRequest",
    "make_article",
    "make_other",
]
