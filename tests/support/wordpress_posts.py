"""Posts of many kinds for a WordPress, with invented texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

__all__ = ["IMAGES", "KINDS", "Post", "posts"]

# The newest post; each other one is some hours older than the one before.
_NEWEST = datetime(2024, 12, 20, 21, 1, tzinfo=UTC)
_HOURS = 7
# Files of the media library, which galleries refer to by number: title, caption.
IMAGES = {
    "weaving-hall.jpg": ("The weaving hall", "The hall on its first day"),
    "new-looms.jpg": ("The new looms", ""),
    "main-door.jpg": ("The main door", "Workers at the door"),
}


@dataclass(frozen=True)
class Post:
    """A post. `content` is what its author wrote, with `%URL%` for the site's URL, `%IMAGES%` for numbers of `IMAGES`.

    `item` is the part of its URL that identifies it; `captions` has the captions of its images, "" for none; `options`
    are its password, or that it is sticky.
    """

    kind: str
    title: str
    content: str
    captions: tuple[str, ...] = ()
    options: dict[str, object] = field(default_factory=dict)
    item: str = ""
    date: datetime = _NEWEST


def _block(name: str, markup: str, attributes: str = "") -> str:
    """A block of the editor, with its comments."""
    return f"<!-- wp:{name} {attributes}-->\n{markup}\n<!-- /wp:{name} -->"


def _paragraphs(*texts: str) -> str:
    return "\n\n".join(_block("paragraph", f"<p>{text}</p>") for text in texts)


def _image(file: str, caption: str) -> str:
    image = f'<img src="%URL%/wp-content/uploads/2024/12/{file}" alt=""/>'
    shown = f'<figcaption class="wp-element-caption">{caption}</figcaption>'
    return _block("image", f'<figure class="wp-block-image size-large">{image}{shown}</figure>')


def _blocks(*blocks: str) -> str:
    return "\n\n".join(blocks)


_OPENING = (
    "The weavers of the Sunrise Mill in Sariwon finished the plan for the year eleven days ahead of time on Friday."
)
_MIDDLE = (
    "They introduced nineteen valuable technical innovations and raised the output of each loom by twelve percent."
)
_CLOSING = "Officials of the province visited the mill and presented the weavers with flowers and a concert."

KINDS = (
    Post("paragraphs", "Sunrise Mill finishes its plan for the year", _paragraphs(_OPENING, _MIDDLE, _CLOSING)),
    # Written without blocks: WordPress makes the paragraphs.
    Post(
        "classic",
        "Fishery station lands a record catch",
        "The fishery station in Sinpho landed a record catch of sardines.\nIts boats put to sea forty times.\n\n"
        "The catch was <b>processed</b> on the&nbsp;same day.<br />It went to the cities of the east coast.\n\n"
        '<a href="%URL%/newstream/1000000000-1/no-such-post/">An earlier report</a> described the new boats.',
    ),
    Post(
        "image with caption",
        "Weaving hall opens in Sariwon",
        _blocks(_paragraphs(_OPENING), _image("hall.jpg", "Looms in the new hall"), _paragraphs(_CLOSING)),
        ("Looms in the new hall",),
    ),
    Post(
        "caption shortcode",
        "Greenhouse farm harvests tomatoes",
        _blocks(
            "The greenhouse farm in Kyongsong harvested its first tomatoes on Monday.",
            '[caption id="attachment_7" align="aligncenter" width="640"]'
            '<img src="%URL%/wp-content/uploads/2024/12/farm.jpg" alt="" width="640" height="480" />'
            " Rows of tomatoes under glass[/caption]",
            "Lorries took them to the shops of the town.",
        ),
        ("Rows of tomatoes under glass",),
    ),
    Post(
        "gallery shortcode",
        "Pictures of the Sunrise Mill",
        _blocks(
            "The mill published pictures of its halls.",
            '[gallery ids="%IMAGES%"]',
            "More pictures will follow next week, the mill said.",
        ),
        tuple(caption for _, caption in IMAGES.values()),
    ),
    Post(
        "gallery block",
        "Art exhibition draws visitors",
        _blocks(
            _paragraphs("An exhibition of paintings opened in the capital on Thursday."),
            _block(
                "gallery",
                '<figure class="wp-block-gallery has-nested-images columns-default is-cropped">'
                f"{_image('river.jpg', 'A river in spring')}{_image('forge.jpg', 'The old forge')}</figure>",
                '{"linkTo":"none"} ',
            ),
            _paragraphs("It stays open until the end of the month."),
        ),
        ("A river in spring", "The old forge"),
    ),
    Post(
        "more",
        "Spring sowing begins in the south",
        _blocks(
            "Farmers in the south began the spring sowing on Tuesday.",
            "<!--more-->",
            "Tractors ploughed the fields by night, and the seed beds were ready in time.",
        ),
    ),
    Post(
        "more block",
        "Bridge over the Taeryong is repaired",
        _blocks(
            _paragraphs("The bridge over the Taeryong was repaired in nine days."),
            _block("more", "<!--more-->"),
            _paragraphs("Traffic was resumed on Wednesday morning."),
        ),
    ),
    Post(
        "parts",
        "A day at the glass works",
        "\n<!--nextpage-->\n".join(
            f"<p>Part {name} of the report begins at the door of the glass works.</p>\n\n<p>It ends with the {who}.</p>"
            for name, who in (("one", "engineers"), ("two", "glass blowers"), ("three", "drivers"))
        ),
    ),
    Post(
        "parts block",
        "Letters from the harvest",
        f"\n\n{_block('nextpage', '<!--nextpage-->')}\n\n".join(
            _paragraphs(f"The {name} letter is from a student who helped with the harvest in Unnyul.")
            for name in ("first", "second")
        ),
    ),
    Post(
        "password",
        "Minutes of the meeting",
        "<p>The secret minutes of the meeting are short.</p>",
        options={"password": "letmein"},
    ),
    Post("headline only", "Reply message to the president of the friendship society", ""),
    Post(
        "table",
        "Results of the table tennis games",
        _blocks(
            _paragraphs("The games ended on Sunday with these results."),
            _block(
                "table",
                '<figure class="wp-block-table"><table><thead><tr><th>Team</th><th>Points</th></tr></thead>'
                "<tbody><tr><td>Amnokgang</td><td>31</td></tr><tr><td>Kigwancha</td><td>28</td></tr></tbody></table>"
                '<figcaption class="wp-element-caption">Final table</figcaption></figure>',
            ),
            _paragraphs("The winners received a cup."),
        ),
    ),
    Post(
        "list",
        "Programme of the spring festival",
        _blocks(
            _paragraphs("The festival has this programme."),
            _block(
                "list",
                "<ul><li>Opening in the theatre<ul><li>Speeches</li><li>A song for all</li></ul></li>"
                "<li>Dances in the square</li></ul>",
            ),
            _paragraphs("Entry is free."),
        ),
    ),
    Post(
        "quote and headings",
        "Poet speaks about his new collection",
        _blocks(
            _block("heading", "<h2>The talk</h2>"),
            _paragraphs("The poet spoke for an hour about the mountains of his youth."),
            _block(
                "quote",
                '<blockquote class="wp-block-quote"><p>A poem is a mountain path.</p><cite>A poet</cite></blockquote>',
            ),
            _block("heading", "<h2>The answers</h2>"),
            _paragraphs("He answered questions of students until the evening."),
        ),
    ),
    Post(
        "verse",
        "Song of the reapers is published",
        _blocks(
            _paragraphs("The words of the song were published in the journal of the union."),
            _block("verse", '<pre class="wp-block-verse">Golden are the fields,\n  and wide the evening sky</pre>'),
            _paragraphs("A choir will sing it in May."),
        ),
    ),
    Post(
        "non-Latin title",
        "평양에서 새 극장이 문을 열었다",
        "<p>새 극장이 수요일 평양에서 문을 열었다.</p>\n<p>첫 공연에는 많은 관객이 왔다.</p>",
    ),
    Post(
        "quotes and entities",
        """"Bread & salt": 5 < 6 -- the cook's 1st book's <em>second</em> edition...""",
        """<p>"It's the cook's book," said the printer -- and smiled &amp; nodded...</p>\n"""
        "<p>Its price is 3 &lt; 4 won &#8211; or 5x6 &copy; 2024. &#x1F600; “Read” it &mdash; don't wait.</p>",
    ),
    Post(
        "shortcodes",
        "Radio programme about bees",
        _blocks(
            "<p>The programme about bees lasts half an hour.</p>",
            '[nosuchcode id="3"]',
            "<p>It is repeated [brackets are text] on Sunday.</p>",
        ),
    ),
    Post(
        "embed",
        "Film about the lake is shown",
        _blocks(
            _paragraphs("A film about the lake was shown in the people's palace of culture."),
            _block(
                "embed",
                '<figure class="wp-block-embed"><div class="wp-block-embed__wrapper">\n'
                "https://video.test/watch?v=1\n</div></figure>",
                '{"url":"https://video.test/watch?v=1"} ',
            ),
            _paragraphs("The audience applauded for a long time."),
        ),
    ),
    Post(
        "columns",
        "Two views of the harbour",
        _block(
            "columns",
            '<div class="wp-block-columns">'
            + _blocks(
                *(
                    _block("column", f'<div class="wp-block-column">{_paragraphs(text)}</div>')
                    for text in (
                        "The old harbour has room for nine ships and a shipyard.",
                        "The new harbour has room for thirty ships and a railway.",
                    )
                )
            )
            + "</div>",
        ),
    ),
    Post(
        "sticky",
        "Notice to all readers",
        _paragraphs("This notice stays on top of the list until the year ends."),
        options={"sticky": True},
    ),
)


def posts(count: int) -> Iterator[Post]:
    """`count` posts, newest first: one of each kind, then plain ones. The last one, an old one, is sticky."""
    *kinds, sticky = KINDS
    plain = (
        Post(
            "plain",
            f"Report number {number} from the provinces",
            _paragraphs(f"Report number {number} describes the work of a school.", f"{_MIDDLE} {_CLOSING} " * 2),
        )
        for number in range(1, count - len(kinds))
    )
    for number, post in enumerate([*kinds, *plain, sticky]):
        date = _NEWEST - timedelta(hours=_HOURS * number)
        yield replace(post, item=f"{int(date.timestamp()) + 60}-{100_000 + 7919 * number}", date=date)
