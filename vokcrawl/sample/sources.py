"""The sources whose articles the sample site carries, and the streams in which it lists them."""

from __future__ import annotations

from dataclasses import dataclass

LOGO_FOLDER = "/uploads/"


@dataclass(frozen=True, slots=True)
class SampleSource:
    """A source of articles.

    ``logo`` is the file below ``/uploads/`` that identifies the source in listings; ``listing`` is the number in
    ``/article/<n>/``, ``ajax`` that of load-more requests and ``search`` that of the search. All three are
    unrelated, as on the real site.
    """

    name: str
    language: str
    logo: str
    listing: int
    ajax: int
    search: int

    @property
    def known_name(self) -> str | None:
        """The name; None if there is only a language."""
        return None if self.name.startswith("(") else self.name

    @property
    def named_language(self) -> str | None:
        """The language, if the name ends in one: ``en`` for ``KCNA (En)``; None for ``Pyongyang Times``."""
        return self.language if self.name.endswith(")") else None

    @property
    def logo_path(self) -> str:
        """The logo's root-relative address."""
        return LOGO_FOLDER + self.logo


WANTED = SampleSource("Voice of Korea (EN)", "en", "sites/4/2019/01/Voice-of-Korea-EN.jpg", 163, 189901, 190221)
VOK_KOREAN = SampleSource("Voice of Korea (Kr)", "ko", "sites/4/2019/01/Voice-of-Korea-KR.jpg", 164, 189877, 190222)
KCNA_ENGLISH = SampleSource("KCNA (En)", "en", "sites/5/2015/11/kcna-english.png", 156, 190036, 190140)
KCNA_KOREAN = SampleSource("KCNA (Kr)", "ko", "sites/5/2015/11/kcna-korean.png", 155, 190101, 190139)
RODONG_KOREAN = SampleSource("Rodong Sinmun (Kr)", "ko", "sites/5/2015/11/rodong-korean.png", 158, 189661, 190177)
PYONGYANG_TIMES = SampleSource("Pyongyang Times", "en", "sites/5/2015/11/py-times.png", 171, 190412, 190305)
# A source whose name is empty: only its language, and its logo, identify it.
UNNAMED = SampleSource("(En)", "en", "sites/5/2015/12/kcnaenglish.png", 175, 190455, 190318)

OTHERS = (KCNA_ENGLISH, VOK_KOREAN, RODONG_KOREAN, PYONGYANG_TIMES, KCNA_KOREAN, UNNAMED)


@dataclass(frozen=True, slots=True)
class Stream:
    """A listing of one source, or of all if ``source`` is None. ``path`` is its first page."""

    name: str
    path: str
    ajax: int
    source: SampleSource | None


NEWSTREAM = Stream("Newstream", "/newstream/", 189500, None)
STREAMS = (
    NEWSTREAM,
    *(Stream(each.name, f"/article/{each.listing}/", each.ajax, each) for each in (WANTED, *OTHERS)),
)
STREAM_OF = {stream.source: stream for stream in STREAMS}
STREAM_BY_AJAX = {stream.ajax: stream for stream in STREAMS}
STREAM_BY_PATH = {stream.path: stream for stream in STREAMS}
