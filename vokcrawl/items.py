"""Models of the delivered records, and the only source of the JSON Schemas.

A record is a plain dict while it passes through the pipelines; these models validate it. Every key is always present,
and ``None`` if the value is unknown. Adding a field keeps the version in ``schema``; changing or dropping one raises it
(docs/records.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, ValidationError

from vokcrawl.utils.lazy_model import LazyModel


# Cached, because records that are read one after the other repeat them.
@lru_cache(1024)
def _is_day(text: str) -> str:
    date.fromisoformat(text)
    return text


@lru_cache(1024)
def _is_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Identity = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}-[0-9]{1,12}$")]
# The patterns check the format; the functions check that such a day or time exists.
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
    AfterValidator(_is_day),
    Field(json_schema_extra={"format": "date"}),
]
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
    AfterValidator(_is_moment),
    Field(json_schema_extra={"format": "date-time"}),
]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s]*)?$", max_length=4096)]
CanonicalUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+/([^\s?#]*/)?$", max_length=4096)]
Hash = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n]+$", max_length=100_000)]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{6}Z(-[0-9]+)?$")]


# All examples are taken from one invented article; docs/records.md shows them.
_ID = "1750885366-665971553"
_URL = f"https://kcnawatch.org/newstream/{_ID}/orchard-harvest-begins/"
_HASH = "sha256:339cc686e9cb018b002c50227d27411e0731c602023bd918c29ea821d32a3559"
_OLD_HASH = "sha256:eeae0e23881dfe14de60d04dff3bc069637815403604cce9c2ec931780bbbfce"
_DIGEST = "sha256:5b1f4e0c9a7d33be28c16f0ed2a4975c6e8b10d7f3a2951c4d60e7b8a91f2c35"
_SEEN = "2025-06-26T00:10:02Z"
_RUN = "20250627T001000Z"
_SOURCE = "Voice of Korea (EN)"


class Record(LazyModel):
    """Base of all records: unknown fields are errors, and types are not converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Image(Record):
    """An image inside the content of an article."""

    url: Url = Field(
        description="Absolute URL of the image.", examples=["https://kcnawatch.org/uploads/pear-crates.jpg"]
    )
    caption: Line | None = Field(
        None, description="Its caption as shown on the page; null if it has none.", examples=["Pear crates"]
    )


class ArchivePlace(Record):
    """Location of the WARC record that an article was extracted from."""

    file: str = Field(description="WARC file, relative to the output directory.", examples=[f"archive/{_RUN}.warc.gz"])
    offset: int = Field(
        ge=0, description="Offset of the record's gzip member in that file, in bytes.", examples=[73042]
    )
    digest: str = Field(
        description=(
            "Payload digest of the WARC record: `sha256:` and hexadecimal digits, or as another program's archive has "
            "it."
        ),
        examples=[_DIGEST],
    )


class Article(Record):
    """One version of an article. An article that was changed later has one record per version."""

    schema_: Literal["vokcrawl.article/1"] = Field(
        alias="schema", description="Name and version of this schema.", examples=["vokcrawl.article/1"]
    )
    id: Identity = Field(
        description="Identity of the article, the same in all versions: `<ts>-<number>` of its URL.",
        examples=[_ID],
    )
    url: CanonicalUrl = Field(
        description=(
            "Canonical URL: scheme and host of the site, path with trailing slash and lower-case percent-encoding; no "
            "query, no fragment."
        ),
        examples=[_URL],
    )
    title: Line = Field(
        description=(
            "Headline of the article page, on one line (never the page's `<title>`); the teaser's if the page has none."
        ),
        examples=["Orchard harvest begins"],
    )
    body: str = Field(
        max_length=5_000_000,
        description=(
            "The article's paragraphs, joined by a blank line; white space inside a paragraph is one space. Empty for "
            "a headline-only article."
        ),
        examples=["The harvest has begun.\n\nIt will take ten days."],
    )
    published_on: Day | None = Field(
        None,
        description=(
            "The day that the article page shows, or else its teaser, in the DPRK's calendar; null if there is none or "
            "no such day exists."
        ),
        examples=["2025-06-26"],
    )
    ingested_at: Moment | None = Field(
        None,
        description="When the site ingested the article (UTC): the `<ts>` of its id.",
        examples=["2025-06-25T21:02:46Z"],
    )
    source: Line | None = Field(
        None, description="The source as shown on the page; null if there is none.", examples=[_SOURCE]
    )
    language: str | None = Field(
        None,
        description="BCP 47 tag from the suffix of the source's name; null if the suffix is unknown.",
        examples=["en"],
    )
    original_url: Url | None = Field(
        None,
        description='Target of "Read original version at source"; null if there is no such link.',
        examples=["http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en"],
    )
    story: str | None = Field(
        None,
        description=(
            "Kind letter, date and sequence number of a Voice of Korea original: the same for one story in all "
            "languages; null if `original_url` is not such an original."
        ),
        examples=["n250625008"],
    )
    images: list[Image] = Field(
        default_factory=list,
        description="Images inside the article's content, in order.",
        examples=[[{"url": "https://kcnawatch.org/uploads/pear-crates.jpg", "caption": "Pear crates"}]],
    )
    truncated: bool = Field(
        False,
        description="Whether the site truncated the text; its notice about that is not part of `body`.",
        examples=[False],
    )
    content_hash: Hash = Field(
        description="SHA-256 of title and body, ignoring white space and Unicode composition.",
        examples=[_HASH],
    )
    revision: int = Field(1, ge=1, description="1 for the first version seen, then 2, 3, … without gaps.", examples=[2])
    previous_hash: Hash | None = Field(
        None,
        description="`content_hash` of the previous version; null in the first one.",
        examples=[_OLD_HASH],
    )
    changed: list[str] = Field(
        default_factory=list,
        description=(
            "Which of `title`, `body`, `truncated` differ from the previous version; empty in the first one, and in "
            "one that reappeared unchanged after a removal."
        ),
        examples=[["body"]],
    )
    first_seen_at: Moment = Field(description="When the first version was fetched (UTC).", examples=[_SEEN])
    fetched_at: Moment = Field(description="When this version was fetched (UTC).", examples=["2025-06-27T00:10:02Z"])
    run_id: RunId = Field(
        description="The run that wrote the record: its start in UTC, with a number if needed.", examples=[_RUN]
    )
    extractor: str = Field(
        description=(
            "Name and version of the extractor, its strategy, and the fields that were taken from the teaser, if any."
        ),
        examples=["kcnawatch-article/2+content"],
    )
    archived_as: ArchivePlace | None = Field(
        None,
        description="The WARC record that the article was extracted from; null if nothing was archived.",
        examples=[{"file": f"archive/{_RUN}.warc.gz", "offset": 73042, "digest": _DIGEST}],
    )


class Teaser(Record):
    """A teaser in a listing, a "More Articles" batch or a "More From" block; delivered once per article."""

    schema_: Literal["vokcrawl.teaser/1"] = Field(
        alias="schema", description="Name and version of this schema.", examples=["vokcrawl.teaser/1"]
    )
    id: Identity = Field(description="Identity of the linked article: `<ts>-<number>` of its URL.", examples=[_ID])
    url: CanonicalUrl = Field(description="Canonical URL of the linked article.", examples=[_URL])
    title: Line | None = Field(
        None,
        description='Headline; null if the teaser has none (in "More From" blocks).',
        examples=["Orchard harvest begins"],
    )
    excerpt: Line | None = Field(
        None,
        description="Opening of the text, once (the site shows it twice); null if the teaser has none.",
        examples=["The harvest has begun."],
    )
    published_on: Day | None = Field(
        None,
        description="The day that the teaser shows, in the DPRK's calendar; null if there is none.",
        examples=["2025-06-26"],
    )
    source: Line | None = Field(
        None,
        description="The source, from the heading or logo of the teaser's block, or else from the article page.",
        examples=[_SOURCE],
    )
    language: str | None = Field(None, description="BCP 47 tag from the suffix of the source's name.", examples=["en"])
    found_on: Url = Field(
        description="URL of the page that showed the teaser.", examples=["https://kcnawatch.org/newstream/"]
    )
    position: int = Field(ge=1, description="Position on that page, from 1.", examples=[1])
    first_seen_at: Moment = Field(description="When it was first seen (UTC).", examples=[_SEEN])
    run_id: RunId = Field(description="The run that wrote the record.", examples=["20250626T001000Z"])


class Removal(Record):
    """A tombstone: the site removed a delivered article, confirmed by a second request at least a day later."""

    schema_: Literal["vokcrawl.removal/1"] = Field(
        alias="schema", description="Name and version of this schema.", examples=["vokcrawl.removal/1"]
    )
    id: Identity = Field(description="Identity of the removed article.", examples=[_ID])
    url: CanonicalUrl = Field(description="Its canonical URL.", examples=[_URL])
    status: Literal[404, 410] = Field(description="HTTP status of the second request.", examples=[404])
    first_missing_at: Moment = Field(
        description="When it was first found missing (UTC).", examples=["2025-07-03T00:10:04Z"]
    )
    confirmed_at: Moment = Field(
        description="When the second request confirmed it (UTC).", examples=["2025-07-04T06:10:03Z"]
    )
    last_hash: Hash = Field(description="`content_hash` of the last version delivered.", examples=[_HASH])
    run_id: RunId = Field(description="The run that wrote the record.", examples=["20250704T061000Z"])


ARTICLE = "vokcrawl.article/1"
TEASER = "vokcrawl.teaser/1"
REMOVAL = "vokcrawl.removal/1"

# Subdirectory of the output directory for each kind of record.
KINDS = {ARTICLE: "articles", TEASER: "teasers", REMOVAL: "removals"}
MODELS: dict[str, type[Article | Teaser | Removal]] = {ARTICLE: Article, TEASER: Teaser, REMOVAL: Removal}
_KEYS = {
    schema: {field.alias or name for name, field in model.model_fields.items()} for schema, model in MODELS.items()
}


class ArticleItem(dict[str, Any]):
    """An article in Scrapy's pipelines, signals and feeds: a dict with a class, for `item_classes`."""


class TeaserItem(dict[str, Any]):
    """A teaser in Scrapy's pipelines, signals and feeds."""


class RemovalItem(dict[str, Any]):
    """A tombstone in Scrapy's pipelines, signals and feeds."""


ITEM_CLASSES: dict[str, type[ArticleItem | TeaserItem | RemovalItem]] = {
    ARTICLE: ArticleItem,
    TEASER: TeaserItem,
    REMOVAL: RemovalItem,
}


def as_item(record: dict[str, Any]) -> dict[str, Any]:
    """The record as an item of its class."""
    return ITEM_CLASSES[record["schema"]](record)


def columns(classes: Iterable[type]) -> list[str]:
    """The fields of the records whose item class is one of `classes`, in the order of their models, each once."""
    wanted = tuple(classes)
    names: dict[str, None] = {}
    for schema, model in MODELS.items():
        if issubclass(ITEM_CLASSES[schema], wanted):
            names.update((field.alias or name, None) for name, field in model.model_fields.items())
    return list(names)


def validated(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record with all keys in the order of its model; missing keys get their default.

    Raises `pydantic.ValidationError` if the record is invalid, and `KeyError` if its schema is unknown.
    """
    return MODELS[record["schema"]].model_validate(record).model_dump(by_alias=True)


def checked(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record that was read from a file, itself if it has all keys, or else with the missing ones.

    Raises like `validated`, and is faster, because types are not converted: a valid record has the same values.
    """
    model = MODELS[record["schema"]]
    if not model.__pydantic_validator__.isinstance_python(record):
        # Raises the error, which says what is wrong.
        model.model_validate(record)
    # A valid record has no other keys.
    if len(record) == len(_KEYS[record["schema"]]) and not record.get("images"):
        return record
    return record if is_whole(record) else model.model_validate(record).model_dump(by_alias=True)


def is_whole(record: dict[str, Any]) -> bool:
    """Return whether a valid record has all keys of its model. Those of earlier releases may lack some."""
    images = record.get("images", ())
    return record.keys() == _KEYS[record["schema"]] and all(len(each) == len(Image.model_fields) for each in images)


def without_optional_faults(record: dict[str, Any], fault: ValidationError) -> dict[str, Any] | None:
    """Return the record without its invalid optional fields; None if a required field is invalid.

    Optional fields are those that may be null, and `images`, from which only invalid images or captions are removed.
    """
    kept = _without_faults(record, MODELS[record["schema"]], [error["loc"] for error in fault.errors()])
    try:
        return validated(kept) if kept is not None else None
    except ValidationError:
        return None


# Fields that are lists of records of their own.
_NESTED: dict[str, type[Record]] = {"images": Image}


def _without_faults(
    values: dict[str, Any], model: type[Record], locations: Iterable[tuple[int | str, ...]]
) -> dict[str, Any] | None:
    """Return `values` without the optional fields at `locations`; None if one of them is a required field."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    kept = dict(values)
    for key, inside in _by_first(locations).items():
        name = str(key)
        field = fields.get(name)
        if name in _NESTED and isinstance(kept[name], list) and all(inside):
            kept[name] = _entries_without_faults(kept[name], _NESTED[name], inside)
        elif field is not None and (name in _NESTED or (field.default is None and not field.is_required())):
            del kept[name]
        else:
            return None
    return kept


def _entries_without_faults(
    entries: list[Any], model: type[Record], locations: Iterable[tuple[int | str, ...]]
) -> list[Any]:
    faulty = _by_first(locations)
    kept = [
        _without_faults(entry, model, faulty[at]) if at in faulty and isinstance(entry, dict) else entry
        for at, entry in enumerate(entries)
        if at not in faulty or isinstance(entry, dict)
    ]
    return [entry for entry in kept if entry is not None]


def _by_first(locations: Iterable[tuple[int | str, ...]]) -> dict[int | str, list[tuple[int | str, ...]]]:
    """Group locations by their first key; the values are the remaining keys."""
    found: dict[int | str, list[tuple[int | str, ...]]] = {}
    for first, *rest in locations:
        found.setdefault(first, []).append(tuple(rest))
    return found


def breaches(fault: ValidationError) -> str:
    """Return all errors of a record in one line: ``published_on: day is out of range for month; …``."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"
        for error in fault.errors(include_url=False, include_context=False, include_input=False)
    )
