"""The records that are delivered, field by field: the only source of the JSON Schemas.

A record is a plain dict on its way through the pipelines; these classes say what it must look like. Keys are
always present and ``None`` where the site did not say. Adding a field keeps the version in ``schema``;
changing or dropping one raises it (docs/records.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError


def _is_day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _is_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Identity = Annotated[str, StringConstraints(pattern=r"^[0-9]{10}-[0-9]{1,12}$")]
# The patterns say the form, the functions that the calendar has such a day and the clock such a time.
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


# One invented article, from which all examples are taken; docs/records.md shows them.
_ID = "1750885366-665971553"
_URL = f"https://kcnawatch.org/newstream/{_ID}/orchard-harvest-begins/"
_HASH = "sha256:339cc686e9cb018b002c50227d27411e0731c602023bd918c29ea821d32a3559"
_OLD_HASH = "sha256:eeae0e23881dfe14de60d04dff3bc069637815403604cce9c2ec931780bbbfce"
_SEEN = "2025-06-26T00:10:02Z"
_RUN = "20250627T001000Z"
_SOURCE = "Voice of Korea (EN)"


class Record(BaseModel):
    """What all records share: no unknown field, no silent conversion of types."""

    # What holds records to their form is made for the first of them: many a run and most commands have none.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Image(Record):
    """A picture inside the article's content."""

    url: Url = Field(
        description="Absolute URL of the picture.", examples=["https://kcnawatch.org/uploads/pear-crates.jpg"]
    )
    caption: Line | None = Field(
        None, description="Its caption as the page shows it; null where it has none.", examples=["Pear crates"]
    )


class ArchivePlace(Record):
    """Where the answer that a record was read from stands in the archive."""

    file: str = Field(description="WARC file, relative to the output folder.", examples=[f"archive/{_RUN}.warc.gz"])
    offset: int = Field(
        ge=0, description="Offset of the record's gzip member in that file, in bytes.", examples=[73042]
    )
    digest: str = Field(
        description="Payload digest of the WARC record.", examples=["sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"]
    )


class Article(Record):
    """One version of an article, as its page showed it; one that is changed later has a record for each version."""

    schema_: Literal["vokcrawl.article/1"] = Field(
        alias="schema", description="Name and version of this form.", examples=["vokcrawl.article/1"]
    )
    id: Identity = Field(
        description="The article's identity, the same in all its versions: `<ts>-<number>` of the site's URL.",
        examples=[_ID],
    )
    url: CanonicalUrl = Field(
        description=(
            "Canonical URL: scheme and host of the site, the path with its trailing slash and its percent-encoding in "
            "lower case; no query, no fragment."
        ),
        examples=[_URL],
    )
    title: Line = Field(
        description="Headline of the article page, on one line (never the page's `<title>`).",
        examples=["Orchard harvest begins"],
    )
    body: str = Field(
        max_length=5_000_000,
        description=(
            "The article's paragraphs joined by a blank line; inside a paragraph white space is one space. Empty for "
            "an article that is a headline alone."
        ),
        examples=["The harvest has begun.\n\nIt will take ten days."],
    )
    published_on: Day | None = Field(
        None,
        description=(
            "The day that the site shows, a calendar day of the DPRK; null where it shows none, or one that no "
            "calendar has."
        ),
        examples=["2025-06-26"],
    )
    ingested_at: Moment | None = Field(
        None,
        description="When the site took the article in (UTC): the `<ts>` of its id.",
        examples=["2025-06-25T21:02:46Z"],
    )
    source: Line | None = Field(
        None, description="The source as the page shows it; null where it shows none.", examples=[_SOURCE]
    )
    language: str | None = Field(
        None,
        description="BCP 47 tag from the suffix of the source's name; null where that is none of those known.",
        examples=["en"],
    )
    original_url: Url | None = Field(
        None,
        description='Target of "Read original version at source"; null where the page has no such link.',
        examples=["http://www.vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en"],
    )
    story: str | None = Field(
        None,
        description=(
            "Kind letter, date and sequence of a Voice of Korea original, which one story has in all languages; null "
            "where `original_url` is none of those."
        ),
        examples=["n250625008"],
    )
    images: list[Image] = Field(
        default_factory=list,
        description="Pictures inside the article's content, in its order; empty where there are none.",
        examples=[[{"url": "https://kcnawatch.org/uploads/pear-crates.jpg", "caption": "Pear crates"}]],
    )
    truncated: bool = Field(
        False,
        description="Whether the site metered the text; its sentence about that is not part of `body`.",
        examples=[False],
    )
    content_hash: Hash = Field(
        description="SHA-256 over title and body, blind to white space and to how Unicode composes a letter.",
        examples=[_HASH],
    )
    revision: int = Field(
        1, ge=1, description="1 for the first version that was seen, then 2, 3, … without a hole.", examples=[2]
    )
    previous_hash: Hash | None = Field(
        None,
        description="`content_hash` of the version before; null in the first one.",
        examples=[_OLD_HASH],
    )
    changed: list[str] = Field(
        default_factory=list,
        description=(
            "Which of `title`, `body`, `truncated` differ from the version before; empty in the first one, and in one "
            "that came back as it was after a removal."
        ),
        examples=[["body"]],
    )
    first_seen_at: Moment = Field(description="When the first version was fetched (UTC).", examples=[_SEEN])
    fetched_at: Moment = Field(description="When this version was fetched (UTC).", examples=["2025-06-27T00:10:02Z"])
    run_id: RunId = Field(
        description="The run that wrote the record: its start in UTC, numbered where needed.", examples=[_RUN]
    )
    extractor: str = Field(
        description="Name and version of the page reading that produced it, and the way it took.",
        examples=["kcnawatch-article/1+classes"],
    )
    archived_as: ArchivePlace | None = Field(
        None,
        description="Where the answer that it was read from stands in the archive; null where none was kept.",
        examples=[
            {"file": f"archive/{_RUN}.warc.gz", "offset": 73042, "digest": "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"}
        ],
    )


class Teaser(Record):
    """A block in a listing, a "More Articles" batch or a "More From" block; delivered once."""

    schema_: Literal["vokcrawl.teaser/1"] = Field(
        alias="schema", description="Name and version of this form.", examples=["vokcrawl.teaser/1"]
    )
    id: Identity = Field(
        description="Identity of the article that it leads to: `<ts>-<number>` of its URL.", examples=[_ID]
    )
    url: CanonicalUrl = Field(description="Canonical URL of that article.", examples=[_URL])
    title: Line | None = Field(
        None,
        description='Headline; null where the block shows none ("More From" blocks).',
        examples=["Orchard harvest begins"],
    )
    excerpt: Line | None = Field(
        None,
        description=(
            "Opening of the text; the site shows it twice, here it stands once. Null where the block shows none."
        ),
        examples=["The harvest has begun."],
    )
    published_on: Day | None = Field(
        None,
        description="The day that the block shows, a calendar day of the DPRK; null where it shows none.",
        examples=["2025-06-26"],
    )
    source: Line | None = Field(
        None,
        description="The source, from the block's heading or logo, or else from the article's own page.",
        examples=[_SOURCE],
    )
    language: str | None = Field(None, description="BCP 47 tag from the suffix of the source's name.", examples=["en"])
    found_on: Url = Field(
        description="URL of the page that showed the block.", examples=["https://kcnawatch.org/newstream/"]
    )
    position: int = Field(ge=1, description="Place on that page; 1 is the first.", examples=[1])
    first_seen_at: Moment = Field(description="When it was first seen (UTC).", examples=[_SEEN])
    run_id: RunId = Field(description="The run that wrote the record.", examples=["20250626T001000Z"])


class Removal(Record):
    """A tombstone: the site took a delivered article away, confirmed by a second look a day or more later."""

    schema_: Literal["vokcrawl.removal/1"] = Field(
        alias="schema", description="Name and version of this form.", examples=["vokcrawl.removal/1"]
    )
    id: Identity = Field(description="Identity of the article that is gone.", examples=[_ID])
    url: CanonicalUrl = Field(description="Its canonical URL.", examples=[_URL])
    status: Literal[404, 410] = Field(description="The site's answer to the second look.", examples=[404])
    first_missing_at: Moment = Field(
        description="When it was first found missing (UTC).", examples=["2025-07-03T00:10:04Z"]
    )
    confirmed_at: Moment = Field(
        description="When the second look confirmed it (UTC).", examples=["2025-07-04T06:10:03Z"]
    )
    last_hash: Hash = Field(description="`content_hash` of the last version that was delivered.", examples=[_HASH])
    run_id: RunId = Field(description="The run that wrote the record.", examples=["20250704T061000Z"])


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


def without_optional_faults(record: dict[str, Any], fault: ValidationError) -> dict[str, Any] | None:
    """The valid record without the optional fields that break its schema; None where another field does.

    Optional are the fields that may be null, and `images`. Of those only the images, or captions, that break it go.
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
    """`values` without the optional fields at `locations`; None where one of them is of a field that is required."""
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
    """The rest of each location by its first key."""
    found: dict[int | str, list[tuple[int | str, ...]]] = {}
    for first, *rest in locations:
        found.setdefault(first, []).append(tuple(rest))
    return found


def breaches(fault: ValidationError) -> str:
    """What is wrong with a record, field by field: ``published_on: day is out of range for month; …``."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc']))}: {error['msg'].removeprefix('Value error, ')}"
        for error in fault.errors(include_url=False, include_context=False, include_input=False)
    )
