"""The plots of the report, each in two widths: for wide and for small screens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from math import nan
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from vokcrawl.reporting.report.runs import ReportedRun, merged_runs
from vokcrawl.reporting.report.svg import ACCENT, INK, LINE, SOFT, TINT, WARN, drawn
from vokcrawl.utils.humanize import format_size

# Formats of ticks that are years, months, days, hours, minutes or seconds apart.
_FORMATS = ["%Y", "%b %Y", "%-d %b", "%-d %b %H:%M", "%H:%M", "%H:%M:%S"]
WIDE, NARROW = 1040, 330
# Units for the durations of runs, selected by the longest one.
_UNITS = (("Hours", 3600), ("Minutes", 60), ("Seconds", 1))
# Maximum number of runs whose markers do not overlap.
_MAX_SEPARATE = 120
_STRIP, _PANEL, _AXIS, _GAP = 26, 74, 22, 26


@dataclass(frozen=True, slots=True)
class Plot:
    """The same plot in two widths, as `svg` elements."""

    wide: str
    narrow: str


def _both(name: str, height: int, draw: Callable[[Figure, int, int], None]) -> Plot:
    made = [
        drawn(f"{name}-{width}", width, height, lambda figure, width=width: draw(figure, width, height))  # type: ignore[misc]
        for width in (WIDE, NARROW)
    ]
    return Plot(*made)


def runs_plot(runs: Sequence[ReportedRun]) -> Plot:
    """Plot outcome, new articles, requests and duration of each run over its start; many runs are merged."""
    shown = merged_runs(runs)
    longest = max((run.seconds or 0 for run in shown), default=0)
    unit, seconds = next(each for each in _UNITS if longest >= each[1] * 3 or each[1] == 1)
    panels: list[tuple[str, Callable[[ReportedRun], float | None]]] = [
        ("New articles", lambda run: run.new),
        ("Requests", lambda run: run.requests),
        (unit, lambda run: run.seconds / seconds if run.seconds is not None else None),
    ]
    height = _GAP + _STRIP + len(panels) * (_GAP + _PANEL) + _AXIS

    def draw(figure: Figure, width: int, height: int) -> None:
        top = height - _GAP
        strip = _axes(figure, width, height, top - _STRIP, _STRIP)
        _outcomes(strip, shown)
        _title(strip, "Outcome")
        top -= _STRIP
        axes = [strip]
        for title, value in panels:
            top -= _GAP + _PANEL
            panel = _axes(figure, width, height, top, _PANEL)
            panel.sharex(strip)
            _bars(panel, shown, value, width)
            _title(panel, title)
            axes.append(panel)
        for each in axes[:-1]:
            each.tick_params(labelbottom=False, bottom=False)
        _dates(axes[-1], width, shown)

    return _both("runs", height, draw)


def coverage_plot(periods: Sequence[str], shares: Mapping[str, Sequence[float | None]]) -> Plot:
    """Plot the share of articles with each field, one value per period (None without articles), in one band each."""
    row, band = 30, 20
    height = row * len(shares) + _AXIS + 6

    def draw(figure: Figure, width: int, height: int) -> None:
        left, right = 96, 48
        axes = figure.add_axes((left / width, _AXIS / height, (width - left - right) / width, 1 - _AXIS / height))
        for place, (name, values) in enumerate(shares.items()):
            base = (len(shares) - 1 - place) * row + 4
            edges, tops = _steps(values)
            axes.fill_between(edges, base, [base + band * top for top in tops], color=TINT, linewidth=0)
            axes.plot(edges, [base + band * top for top in tops], color=ACCENT, linewidth=1.4, solid_capstyle="butt")
            axes.plot([0, len(periods)], [base, base], color=LINE, linewidth=1)
            axes.annotate(name, (0, base + band / 2), (-8, 0), textcoords="offset points", ha="right", va="center")
            last = next((value for value in reversed(values) if value is not None), None)
            if last is not None:
                axes.annotate(
                    f"{last:.0%}",
                    (len(periods), base + band / 2),
                    (8, 0),
                    textcoords="offset points",
                    ha="left",
                    va="center",
                    color=INK if last > 0 else SOFT,
                )
        axes.set_xlim(0, len(periods))
        axes.set_ylim(0, row * len(shares) + 6)
        axes.yaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        every = max(1, -(-len(periods) * 84 // (width - left - right)))
        shown = range(0, len(periods), every)
        axes.xaxis.set_major_locator(FixedLocator([place + 0.5 for place in shown]))
        axes.set_xticklabels([periods[place] for place in shown])
        axes.tick_params(bottom=False)

    return _both("coverage", height, draw)


def disk_plot(runs: Sequence[ReportedRun]) -> Plot:
    """Plot the total size of the delivered files over the runs."""
    shown = merged_runs(runs)
    grown = list(accumulate(run.stored for run in shown))
    height = 150 + _AXIS

    def draw(figure: Figure, width: int, height: int) -> None:
        axes = _axes(figure, width, height, _AXIS + 8, height - _AXIS - 16)
        moments: list[Any] = [run.began for run in shown]
        axes.fill_between(moments, grown, step="post", color=TINT, linewidth=0)
        axes.plot(moments, grown, drawstyle="steps-post", color=ACCENT, linewidth=1.6)
        axes.set_ylim(0, max([*grown, 1]) * 1.05)
        axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_size(int(value)) if value else "0"))
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        _dates(axes, width, shown)

    return _both("disk", height, draw)


def _axes(figure: Figure, width: int, height: int, bottom: float, tall: float) -> Axes:
    left, right = 62, 10
    return figure.add_axes((left / width, bottom / height, (width - left - right) / width, tall / height))


def _title(axes: Axes, title: str) -> None:
    axes.annotate(title, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", ha="left", va="bottom")


def _outcomes(axes: Axes, runs: Sequence[ReportedRun]) -> None:
    # If markers overlap, successful runs are pale, so that others stand out.
    good = SOFT if len(runs) <= _MAX_SEPARATE else TINT
    for kind, marker, colour, tall in (("good", "|", good, 10), ("stopped", "o", INK, 6), ("bad", "x", WARN, 7)):
        moments: list[Any] = [run.began for run in runs if run.kind == kind]
        fill = "none" if marker == "o" else colour
        axes.plot(
            moments,
            [0.5] * len(moments),
            linestyle="none",
            marker=marker,
            markersize=tall,
            markeredgewidth=1.6 if kind != "good" else 1,
            markeredgecolor=colour,
            markerfacecolor=fill,
            clip_on=False,
        )
    axes.set_ylim(0, 1)
    axes.yaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _bars(axes: Axes, runs: Sequence[ReportedRun], value: Callable[[ReportedRun], float | None], width: int) -> None:
    values = [value(run) for run in runs]
    most = max((each for each in values if each is not None), default=0)
    if most > 20:
        # The first run fetches everything, others only what is new, which a linear scale would not show.
        axes.set_yscale("symlog", linthresh=1)
        powers = [10**power for power in range(7) if 10**power <= most * 1.2]
        axes.yaxis.set_major_locator(FixedLocator([0, *powers[:: -(-len(powers) // 3)]]))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_minor_locator(FixedLocator([]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda tick, _: f"{tick:,.0f}"))
    line = max(0.7, min(8.0, 0.5 * width / max(1, len(runs))))
    for colour, kinds in ((ACCENT, ("good", "stopped")), (WARN, ("bad",))):
        xs: list[Any] = []
        ys: list[float] = []
        for run, each in zip(runs, values, strict=True):
            if run.kind in kinds and each:
                xs += [run.began, run.began, run.began]
                ys += [0, each, nan]
        # One path for all bars, to keep the page small.
        axes.plot(xs, ys, color=colour, linewidth=line, solid_capstyle="butt")
    axes.set_ylim(0, max(most * 1.15, 1))
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)


def _dates(axes: Axes, width: int, runs: Sequence[ReportedRun]) -> None:
    locator: Any = AutoDateLocator(minticks=2, maxticks=4 if width == NARROW else 9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter: Any = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator, formats=_FORMATS, zero_formats=_FORMATS, show_offset=False
    )
    axes.xaxis.set_major_formatter(formatter)
    moments = [run.began for run in runs if run.began is not None]
    # A single run is shown in the middle of its day.
    room = max((max(moments) - min(moments)) * 0.01, timedelta(hours=2 if len(moments) > 1 else 12))
    limits: Any = (min(moments) - room, max(moments) + room)
    axes.set_xlim(limits)


def _steps(values: Sequence[float | None]) -> tuple[list[float], list[float]]:
    """Return the outline of adjacent bars; NaN where there is no value."""
    edges: list[float] = []
    tops: list[float] = []
    for place, value in enumerate(values):
        edges += [place, place + 1]
        tops += [value if value is not None else nan] * 2
    return edges, tops
