"""Problems are counted with examples, and field coverage is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vokcrawl.runs.field_coverage import Coverage
from vokcrawl.runs.problems import Problems
from vokcrawl.storage.manifest import ErrorCount


def test_problems_are_counted_by_reason_with_a_few_different_examples() -> None:
    problems = Problems({})
    for number in range(9):
        problems.note("article_without_date", f"http://site.test/{number // 2}/")
    problems.note("a_listing", "http://site.test/")
    for number in range(9):
        problems.note("many", f"http://site.test/{number}/")
    entries = problems.to_dict()
    assert list(entries) == ["a_listing", "article_without_date", "many"]
    assert entries["article_without_date"] == ErrorCount(count=9, examples=[f"http://site.test/{n}/" for n in range(5)])
    assert entries["many"] == ErrorCount(count=9, examples=[f"http://site.test/{n}/" for n in range(5)])
    assert problems.count(["many", "a_listing", "never"]) == 10


def test_a_run_without_problems_lists_none() -> None:
    assert Problems({}).to_dict() == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3))))
def test_no_case_is_lost_from_the_count(cases: list[tuple[str, str]]) -> None:
    problems = Problems({})
    for reason, url in cases:
        problems.note(reason, url)
    entries = problems.to_dict()
    assert sum(each.count for each in entries.values()) == len(cases)
    for reason, each in entries.items():
        assert set(each.examples) <= {url for name, url in cases if name == reason}
        assert 1 <= len(each.examples) == len(set(each.examples)) <= 5


def test_coverage_is_the_share_of_records_that_have_a_field() -> None:
    coverage = Coverage()
    coverage.add(
        "articles", {"title": "A", "body": "", "images": [], "truncated": False, "revision": 0, "source": None}
    )
    coverage.add(
        "articles", {"title": "B", "body": "x", "images": [1], "truncated": True, "revision": 1, "source": "S"}
    )
    coverage.add(
        "articles", {"title": "C", "body": "x", "images": [], "truncated": False, "revision": 1, "source": None}
    )
    coverage.add("teasers", {"title": None})
    assert coverage.to_dict() == {
        "articles": {
            "title": 1.0,
            "body": 0.6667,
            "images": 0.3333,
            "truncated": 1.0,
            "revision": 1.0,
            "source": 0.3333,
        },
        "teasers": {"title": 0.0},
    }
    assert coverage.shares("removals") == {}
    assert Coverage().to_dict() == {}
