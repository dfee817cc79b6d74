"""The records that are delivered, field by field: the only source of the JSON Schemas.

A record is a plain dict on its way through the pipelines; these classes say what it must look like. Keys are
always present and ``None`` where the site did not say. Adding a field keeps the version in ``schema``;
changing or dropping one raises it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Identity = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}-[0-9]{1,12}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s]*)?$", max_length=4096)]
CanonicalUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+/([^\s?#]*/)?$", max_length=4096)]
Hash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]+$", max_length=100_000)]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$")]


class Record(BaseModel):
    """What all records share: no unknown field, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Image(Record):
    """A picture inside the article's content."""

    url: Url = Field(description="Absolute URL of the picture.")
    caption: Line | None = Field(None, description="Its caption as the page shows it.")


class ArchivePlace(Record):
    """Where the answer that a record was read from stands in the archive."""

    file: str = Field(description="WARC file, relative to the output folder.")
    offset: int = Field(ge=0, description="Offset of the record's gzip member, in bytes.")
    digest: str = Field(description="Payload digest of the WARC record.")


class Article(Record):
    """One version of an article."""

    schema_: Literal["vokcrawl.article/1"] = Field(alias="schema", description="Name and version of this form.")
    id: Identity = Field(description="`<ts>-<number>` of the site's URL: the identity.")
    url: CanonicalUrl = Field(description="Canonical URL: path with its trailing slash, no query, no fragment.")
    title: Line = Field(description="Headline of the article page.")
    body: str = Field(max_length=5_000_000, description="Paragraphs joined by a blank line.")
    published_on: Day | None = Field(None, description="The day that the site shows, a DPRK calendar day.")
    ingested_at: Moment | None = Field(None, description="When the site took the article in (UTC), from its id.")
    source: Line | None = Field(None, description="The source as shown, e.g. `Voice of Korea (EN)`.")
    language: str | None = Field(None, description="BCP 47 tag, from the source's name.")
    original_url: Url | None = Field(None, description='Target of "Read original version at source".')
    story: str | None = Field(None, description="Joins one story's versions in other languages (VOK originals).")
    images: list[Image] = Field(default_factory=list, description="Pictures inside the article's content.")
    truncated: bool = Field(False, description="Whether the site metered the text.")
    content_hash: Hash = Field(description="Hash over the normalised title and body.")
    revision: int = Field(1, ge=1, description="1 for the first version seen, then 2, 3, …")
    previous_hash: Hash | None = Field(None, description="`content_hash` of the version before.")
    changed: list[str] = Field(default_factory=list, description="Names of the fields that changed.")
    first_seen_at: Moment = Field(description="When the first version was fetched (UTC).")
    fetched_at: Moment = Field(description="When this version was fetched (UTC).")
    run_id: RunId = Field(description="The run that wrote the record.")
    extractor: str = Field(description="Name and version of the page reading that produced it.")
    archived_as: ArchivePlace | None = Field(None, description="The WARC record it was read from.")


class Teaser(Record):
    """A block in a listing, a "More Articles" batch or a "More From" block; delivered once."""

    schema_: Literal["vokcrawl.teaser/1"] = Field(alias="schema", description="Name and version of this form.")
    id: Identity = Field(description="`<ts>-<number>` of the article's URL.")
    url: CanonicalUrl = Field(description="Canonical URL of the article.")
    title: Line | None = Field(None, description="Headline, where the block shows one.")
    excerpt: Line | None = Field(None, description="Opening of the text; shown twice, delivered once.")
    published_on: Day | None = Field(None, description="The day that the block shows.")
    source: Line | None = Field(None, description="The source, from the block's heading or logo.")
    language: str | None = Field(None, description="BCP 47 tag, from the source's name.")
    found_on: Url = Field(description="URL of the page that showed the block.")
    position: int = Field(ge=1, description="Place on that page; 1 is the first.")
    first_seen_at: Moment = Field(description="When it was first seen (UTC).")
    run_id: RunId = Field(description="The run that wrote the record.")


class Removal(Record):
    """A tombstone: the site took a delivered article away, confirmed by a second look a day or more later."""

    schema_: Literal["vokcrawl.removal/1"] = Field(alias="schema", description="Name and version of this form.")
    id: Identity = Field(description="`<ts>-<number>` of the article's URL.")
    url: CanonicalUrl = Field(description="Canonical URL of the article.")
    status: Literal[404, 410] = Field(description="The site's answer to the second look.")
    first_missing_at: Moment = Field(description="When it was first found missing (UTC).")
    confirmed_at: Moment = Field(description="When the second look confirmed it (UTC).")
    last_hash: Hash = Field(description="`content_hash` of the last version delivered.")
    run_id: RunId = Field(description="The run that wrote the record.")


ARTICLE = "vokcrawl.article/1"
TEASER = "vokcrawl.teaser/1"
REMOVAL = "vokcrawl.removal/1"

# The folder below the output folder that each kind of record is delivered to.
KINDS = {ARTICLE: "articles", TEASER: "teasers", REMOVAL: "removals"}
MODELS: dict[str, type[Article | Teaser | Removal]] = {ARTICLE: Article, TEASER: Teaser, REMOVAL: Removal}


def validated(record: dict[str, Any]) -> dict[str, Any]:
    """The record with every key in the contract's order; the keys that were missing are ``None`` or empty.

    Raises `pydantic.ValidationError` when it breaks its schema, `KeyError` when it names none of ours.
    """
    return MODELS[record["schema"]].model_validate(record).model_dump(by_alias=True)
