"""Notifications about articles with watched words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vokcrawl.feeds.entries import Event, Kind, change_size, entry_id
from vokcrawl.utils.terminal import harmless

_MAX_LINE = 500


class Notice(BaseModel):
    """A notification about an article with watched words. Times are UTC."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_: Literal["vokcrawl.watch/1"] = Field(default="vokcrawl.watch/1", alias="schema")
    id: str
    kind: Kind
    source: str | None
    article_id: str
    revision: int
    url: str
    title: str
    published_on: str | None
    at: str
    watched: list[str]
    changed: list[str]
    change_size: int
    run_id: str

    @property
    def subject(self) -> str:
        """One line."""
        return _line(f"vokcrawl, {self.source or 'no source'}: {self.kind}: {self.title}")

    @property
    def text(self) -> str:
        """A few lines of plain text without markup. Control characters are escaped."""
        what = {
            Kind.NEW: "New article",
            Kind.CHANGED: (
                f"Changed to revision {self.revision} ({', '.join(self.changed)}; about {self.change_size} characters)"
                if self.changed
                else f"Reappeared unchanged as revision {self.revision}"
            ),
            Kind.REMOVED: "Removed by the site",
        }[self.kind]
        lines = [
            self.subject,
            f"{what}, {self.at}",
            f"Watched: {', '.join(self.watched)}",
            *([f"Day: {self.published_on}"] if self.published_on else []),
            self.url,
        ]
        return "\n".join(map(_line, lines))

    @property
    def payload(self) -> dict[str, Any]:
        """The same as a JSON object."""
        return {**self.model_dump(mode="json", by_alias=True), "text": self.text}


def notice_of(event: Event, watched: Sequence[str]) -> Notice:
    """Return the notification about an event."""
    record = event.record
    return Notice(
        id=entry_id(event),
        kind=event.kind,
        source=record["source"],
        article_id=record["id"],
        revision=record["revision"],
        url=record["url"],
        title=record["title"],
        published_on=record["published_on"],
        at=event.at,
        watched=list(watched),
        changed=record["changed"] if event.kind is Kind.CHANGED else [],
        change_size=change_size(event),
        run_id=event.run_id,
    )


def _line(text: str) -> str:
    return harmless(text)[:_MAX_LINE]
