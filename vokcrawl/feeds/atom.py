"""Writes a feed as Atom (RFC 4287). Imported on demand: feedgen takes a tenth of a second to import."""

from __future__ import annotations

from feedgen.feed import FeedGenerator

from vokcrawl.feeds.feed import Feed


def to_atom(feed: Feed) -> bytes:
    """Return the document. The same feed gives the same bytes."""
    atom = FeedGenerator()
    atom.id(feed.id)
    atom.title(feed.title)
    atom.author({"name": feed.author})
    atom.generator("vokcrawl")
    atom.updated(feed.updated)
    # The last link of a relation counts; `self` is the address of this document.
    if feed.url("atom") is not None:
        atom.link(href=feed.url("atom"), rel="self")
    atom.link(href=feed.home, rel="alternate")
    for entry in feed.entries:
        item = atom.add_entry(order="append")
        item.id(entry.id)
        item.title(entry.title)
        item.updated(entry.updated)
        item.published(entry.published)
        item.link(href=entry.url, rel="alternate")
        item.content(entry.html, type="html")
        item.category([{"term": term} for term in (entry.kind.value, *entry.watched)])
        if entry.source is not None:
            item.author({"name": entry.source})
    document: bytes = atom.atom_str(pretty=True)
    return document
