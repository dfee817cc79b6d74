"""The calendar has each day once, with correct counts."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.cpu_limit import cpu_limit
from vokcrawl.reporting.report.calendar import calendar_of, days_of, in_words
from vokcrawl.reporting.report.periods import UNITS, Periods

days = st.dates(date(2019, 1, 1), date(2025, 12, 31))


@given(st.dictionaries(days.map(date.isoformat), st.integers(1, 400), max_size=60))
def test_each_day_from_the_first_to_the_last_is_full_or_struck_through_once(articles: dict[str, int]) -> None:
    calendar = calendar_of(articles)
    cells = [cell for year in calendar.years for month in year.months for cell in month.cells]
    full = [cell for cell in cells if cell.kind.startswith("d")]
    empty = [cell for cell in cells if cell.kind.startswith("gap")]
    assert len({cell.title.partition(":")[0] for cell in cells}) == len(cells)
    assert len(full) == len(articles)
    shown = {date.fromisoformat(day) for day in articles}
    years = {day.year for day in shown}
    within = [min(shown) + timedelta(days=each) for each in range((max(shown) - min(shown)).days + 1)] if shown else []
    assert len(empty) == len([day for day in within if day not in shown and day.year in years])
    assert sum(days_of(gap) for gap in calendar.gaps) == len(within) - len(shown)
    assert sum(year.articles for year in calendar.years) == sum(articles.values())
    assert sum(year.missing for year in calendar.years) == len(empty)
    for least, most in calendar.levels:
        assert least <= most
    assert len(calendar.levels) <= 4
    if articles:
        assert calendar.levels[0][0] == min(articles.values())
        assert calendar.levels[-1][1] == max(articles.values())


def test_more_articles_make_a_darker_day_and_long_gaps_stand_out() -> None:
    calendar = calendar_of({"2024-12-01": 1, "2024-12-02": 2, "2024-12-03": 9, "2024-12-05": 3, "2024-12-09": 30})
    cells = {cell.title: cell.kind for month in calendar.years[0].months for cell in month.cells}
    assert cells == {
        "1 December 2024: 1 article": "d1",
        "2 December 2024: 2 articles": "d1",
        "3 December 2024: 9 articles": "d3",
        "4 December 2024: no article": "gap",
        "5 December 2024: 3 articles": "d2",
        "6 December 2024: no article": "gap long",
        "7 December 2024: no article": "gap long",
        "8 December 2024: no article": "gap long",
        "9 December 2024: 30 articles": "d4",
    }
    assert calendar.longest == (date(2024, 12, 6), date(2024, 12, 8))
    result = calendar.years[0].months[11].description
    assert result == "December 2024: 45 articles on 5 days, 4 days without any"


def test_gaps_are_written_as_people_write_them() -> None:
    assert in_words((date(2024, 12, 31), date(2025, 1, 2))) == "31 December 2024 to 2 January 2025"


def test_days_of_thousands_of_years_are_bounded() -> None:
    with cpu_limit():
        calendar = calendar_of({f"{year:04}-06-01": 1 for year in range(1, 10_000)})
    assert len(calendar.years) + len(calendar.older) + calendar.more == 9_999
    assert len(calendar.years) == 12


@given(days, days)
# Days that would fit into 36 weeks, were the first of them a Monday.
@example(date(2020, 5, 1), date(2021, 1, 4))
def test_periods_hold_each_day_up_to_the_last(first: date, last: date) -> None:
    first, last = sorted((first, last))
    periods = Periods(first, last)
    assert len(periods.all) <= 36 + 1
    assert periods.of(first.isoformat()) in (
        periods.all[0],
        periods.all[-1] if len(periods.all) == 1 else periods.all[0],
    )
    assert periods.of(last.isoformat()) == periods.all[-1]
    assert periods.all == sorted(set(periods.all))
    assert periods.of((last + timedelta(days=400)).isoformat()) is None
    assert periods.of("not a day") is None


def test_periods_grow_with_the_age_of_the_archive() -> None:
    ages = (1, 36, 37, 300, 3_000, 10_000)
    units = [Periods(date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=age - 1)).unit.name for age in ages]
    assert units == ["day", "day", "week", "month", "quarter", "year"]
    assert {unit.name for unit in UNITS} == set(units)


def test_of_an_archive_of_millennia_the_newest_years_are_described() -> None:
    periods = Periods(date(1, 1, 1), date(9999, 12, 31))
    assert len(periods.all) == 36
    assert periods.all[-1] == "9999-01-01"
    assert Periods(date(1, 1, 1), date(2, 1, 1)).of("0001-02-03") is not None
