"""Settings and arguments are validated; errors name the setting, its value and the allowed values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scrapy.settings import Settings

from vokcrawl.config import Alerts, Arguments, Options, default_values, known_names, secret_names, setting_errors
from vokcrawl.config.__main__ import PAGE, main
from vokcrawl.config.documentation import update
from vokcrawl.config.environment import from_environment
from vokcrawl.config.model import CheckedModel
from vokcrawl.config.scrapy_checks import check_scrapy_settings
from vokcrawl.config.settings import RENAMED
from vokcrawl.errors import ExitCode, UsageError
from vokcrawl.settings import base


def options(**given: Any) -> Options:
    settings = Settings()
    settings.setmodule("vokcrawl.settings.base", priority="project")
    settings.setdict(given, priority="cmdline")
    return Options.read(settings)


def test_the_defaults_are_those_of_the_design() -> None:
    known = options()
    assert known.source == "Voice of Korea (EN)"
    assert (known.source_id, known.pagination, known.output_dir) == ("", "auto", "output")
    assert (known.stop_after_known_pages, known.lookback_days, known.rescan_hours) == (2, 7, 24)
    assert known.recheck_days == (1, 3, 7, 30, 90)
    assert known.min_coverage.keys() == {"title", "body", "published_on", "source"}
    assert all(url.startswith("https://") for url in known.start_urls)


WORKERS = {"VOK_STATE": "redis", "EXTENSIONS": {"vokcrawl.distributed.extension.WorkersExtension": 1}}


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("VOK_START_URLS", "http://a.test/x/, http://b.test/", "start_urls", ("http://a.test/x/", "http://b.test/")),
        ("VOK_START_URLS", ["http://a.test/x/"], "start_urls", ("http://a.test/x/",)),
        ("VOK_SOURCE", "  KCNA \n(EN)", "source", "KCNA (EN)"),
        ("VOK_SOURCE_ID", 189661, "source_id", "189661"),
        ("VOK_PAGINATION", " Ajax", "pagination", "ajax"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "3", "stop_after_known_pages", 3),
        ("VOK_LOOKBACK_DAYS", 0, "lookback_days", 0),
        ("VOK_RESCAN_HOURS", "0", "rescan_hours", 0),
        ("VOK_RECHECK_DAYS", "", "recheck_days", ()),
        ("VOK_RECHECK_DAYS", "0", "recheck_days", (0,)),
        ("VOK_RECHECK_DAYS", " 1, 3 ,", "recheck_days", (1, 3)),
        ("VOK_RECHECK_DAYS", [1, 3], "recheck_days", (1, 3)),
        ("VOK_MIN_COVERAGE", "", "min_coverage", {}),
        ("VOK_MIN_COVERAGE", "title=1, body=0.5", "min_coverage", {"title": 1.0, "body": 0.5}),
        ("VOK_MIN_COVERAGE", {"title": 0}, "min_coverage", {"title": 0.0}),
    ],
)
def test_valid_values_are_read_from_text_and_from_python(name: str, value: Any, field: str, read: Any) -> None:
    assert getattr(options(**{name: value}), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOK_START_URLS", ""),
        ("VOK_START_URLS", " , "),
        ("VOK_START_URLS", "site.test/newstream/"),
        ("VOK_START_URLS", "/newstream/"),
        ("VOK_START_URLS", "ftp://site.test/"),
        ("VOK_START_URLS", "http://a.test/,javascript:x"),
        ("VOK_START_URLS", "http://[bad/"),
        ("VOK_SOURCE", ""),
        ("VOK_SOURCE", None),
        ("VOK_PAGINATION", "splash"),
        ("VOK_PAGINATION", ""),
        ("VOK_OUTPUT_DIR", " "),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "0"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "-1"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "two"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "2.5"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", "２"),
        ("VOK_STOP_AFTER_KNOWN_PAGES", None),
        ("VOK_LOOKBACK_DAYS", "-7"),
        ("VOK_LOOKBACK_DAYS", "9999999999"),
        ("VOK_RESCAN_HOURS", ""),
        ("VOK_RECHECK_DAYS", "3,1"),
        ("VOK_RECHECK_DAYS", "1,1"),
        ("VOK_RECHECK_DAYS", "0,1"),
        ("VOK_RECHECK_DAYS", "1;3"),
        ("VOK_MIN_COVERAGE", "title"),
        ("VOK_MIN_COVERAGE", "title=2"),
        ("VOK_MIN_COVERAGE", "title=nan"),
        ("VOK_MIN_COVERAGE", "=0.5"),
        ("VOK_MIN_COVERAGE", "title=high"),
    ],
)
def test_a_wrong_setting_is_refused_by_name_with_its_value(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"^{name}: ") as refused:
        options(**{name: value})
    assert refused.value.exit_code is ExitCode.USAGE
    said = str(refused.value)
    assert "must" in said or " is not " in said


@pytest.mark.parametrize("value", ["1000000000", "999999999999", "9" * 999])
def test_a_number_that_is_too_high_is_refused_with_the_highest(value: str) -> None:
    with pytest.raises(UsageError, match=f"^VOK_LOOKBACK_DAYS: '{value}' is too large: it must be 999999999 or less$"):
        options(VOK_LOOKBACK_DAYS=value)
    assert options(VOK_LOOKBACK_DAYS="999999999").lookback_days == 999_999_999


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("50", (50, "")),
        (0, (0, "")),
        (" OFF ", (0, "")),
        ("20, https://mirror.test/feeds", (20, "https://mirror.test/feeds/")),
        (["20", "http://mirror.test/"], (20, "http://mirror.test/")),
    ],
)
def test_feeds_are_a_number_of_entries_with_a_base_url(value: Any, read: tuple[int, str]) -> None:
    assert Alerts.read(Settings({"VOK_FEEDS": value})).feeds == read


@pytest.mark.parametrize(
    "value",
    [
        *("", "-1", "1001", "1.5", "many", "https://mirror.test/", "50,mirror.test/feeds", "50,ftp://mirror.test/"),
        *("50,https://user:secret@mirror.test/", "50,https://mirror.test/?a=b", "50,https://a.test/,https://b.test/"),
    ],
)
def test_feeds_without_a_number_or_with_an_invalid_base_url_are_refused(value: str) -> None:
    with pytest.raises(UsageError, match=r"^VOK_FEEDS: .* is not ") as refused:
        options(VOK_FEEDS=value)
    assert "\n" not in str(refused.value)


def test_a_next_run_that_no_calendar_holds_is_refused() -> None:
    settings = Settings({"VOK_EXPECT_WITHIN_HOURS": "876001"})
    assert "VOK_EXPECT_WITHIN_HOURS: '876001' is not a whole number from 0 to 876000" in setting_errors(settings)


def test_a_path_is_taken_as_it_is() -> None:
    assert Options.read(Settings({"VOK_OUTPUT_DIR": " a  b\u200b/\u00e9 "})).output_dir == "a  b\u200b/\u00e9"


@pytest.mark.parametrize("path", ["a\0b", "a\udcc3"])
def test_a_path_that_cannot_be_opened_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="VOK_OUTPUT_DIR"):
        Options.read(Settings({"VOK_OUTPUT_DIR": path}))


@pytest.mark.parametrize("name", ["VOK_SOURCE", "VOK_OUTPUT_DIR", "VOK_START_URLS"])
def test_of_what_must_not_be_empty_it_is_said_how_to_have_the_default(name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: must not be empty; omit the setting to use the default$"):
        options(**{name: ""})


def test_a_minimum_coverage_of_an_unknown_field_is_refused() -> None:
    with pytest.raises(UsageError, match="titel"):
        options(VOK_MIN_COVERAGE="titel=0.9")


def test_ages_so_high_that_no_calendar_holds_them_are_refused() -> None:
    with pytest.raises(UsageError, match="VOK_RECHECK_DAYS"):
        options(VOK_RECHECK_DAYS="1,999999999")


def test_a_start_url_given_twice_is_one_start() -> None:
    assert options(VOK_START_URLS="http://a.test/,http://a.test/").start_urls == ("http://a.test/",)


def test_a_mistyped_setting_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(
        UsageError, match=r"^VOK_STOP_AFTER_KNOWN_PAGE: no such setting; did you mean VOK_STOP_AFTER_KNOWN_PAGES\?"
    ):
        options(VOK_STOP_AFTER_KNOWN_PAGE=3)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_name_is_refused_with_the_new_one(old: str, new: str) -> None:
    assert new in known_names()
    with pytest.raises(UsageError, match=rf"^{old}: this setting was renamed; use {new} instead"):
        options(**{old: "1"})


def test_the_old_value_splash_is_named_with_its_new_name() -> None:
    with pytest.raises(UsageError, match=r"^VOK_MORE: .*VOK_PAGINATION.*`splash` is now `browser`"):
        options(VOK_MORE="splash")


def test_a_removed_setting_is_refused_with_the_reason() -> None:
    with pytest.raises(UsageError, match=r"^VOK_CROSS_CHECK: this setting was removed: "):
        options(VOK_CROSS_CHECK="1")


def test_each_default_of_the_models_is_the_value_in_the_base_settings() -> None:
    assert {name: getattr(base, name) for name in known_names()} == default_values()


@pytest.mark.parametrize("model", [Options, Alerts, Arguments])
def test_each_setting_and_argument_has_a_description(model: type[CheckedModel]) -> None:
    descriptions = [field.description or "" for field in model.model_fields.values()]
    assert all(description.endswith(".") and "|" not in description for description in descriptions)
    assert len(set(descriptions)) == len(descriptions)


def test_models_are_frozen() -> None:
    for model, name in ((options(), "source"), (Alerts.read(Settings()), "alert_timeout"), (Arguments(), "full")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, name, "x")


def test_settings_that_are_not_given_have_their_defaults() -> None:
    assert Options.read(Settings()) == options()


def test_documented_tables_are_those_of_the_models() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert update(page) == page, "run python -m vokcrawl.config"
    for name, default in default_values().items():
        shown = str(int(default)) if isinstance(default, bool) else str(default)
        assert f"| `{name}` | {f'`{shown}`' if shown else 'empty'} |" in page


def test_documented_values_are_those_of_the_error_messages() -> None:
    row = "| `VOK_STOP_AFTER_KNOWN_PAGES` | `2` | a whole number of 1 or more |"
    assert row in PAGE.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match=r"'0' is not a whole number of 1 or more$"):
        options(VOK_STOP_AFTER_KNOWN_PAGES="0")


def test_module_writes_the_tables_into_a_page(tmp_path: Path) -> None:
    page = tmp_path / "settings.md"
    page.write_text(re.sub(r"^\| `.*\n", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
    assert main([str(page)]) == 0
    tables = re.findall(r"<!-- table: .*?<!-- end -->", page.read_text(encoding="utf-8"), re.DOTALL)
    assert tables == re.findall(r"<!-- table: .*?<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    page.write_text("# Settings\n", encoding="utf-8")
    assert main([str(page)]) == 2
    assert page.read_text(encoding="utf-8") == "# Settings\n"
    assert main([str(tmp_path / "missing.md")]) == 2


@pytest.mark.parametrize("name", sorted(secret_names()))
def test_an_invalid_secret_is_not_shown(name: str) -> None:
    given = {name: "planted secret", "VOK_STATE": "redis" if name == "REDIS_URL" else "sqlite"}
    with pytest.raises(UsageError, match=rf"^{name}: the value \(not shown, it may be a secret\) is not ") as refused:
        options(**given)
    assert "planted" not in str(refused.value) + repr(refused.value.__cause__)


def test_a_valid_secret_is_not_in_the_repr() -> None:
    given = {
        "REDIS_URL": "redis://worker:planted@127.0.0.1:6379/0",
        "VOK_TIMESTAMP_URL": "https://tsa.example.org/planted",
        "VOK_ALERT_SLACK": "https://hooks.example.org/planted",
        "VOK_ALERT_WEBHOOK": "https://hooks.example.org/planted",
        "VOK_ALERT_TELEGRAM_TOKEN": "1:planted",
        "VOK_ALERT_TELEGRAM_CHAT": "@desk",
        "VOK_ALERT_SMTP": "smtp://worker:planted@127.0.0.1",
        "VOK_ALERT_MAIL_FROM": "a@example.org",
        "VOK_ALERT_MAIL_TO": "b@example.org",
    }
    assert secret_names() <= given.keys()
    settings = Settings(given)
    assert "planted" not in repr(Options.read(settings)) + repr(Alerts.read(settings))


def test_the_environment_gives_what_has_our_prefix_mistyped_or_not() -> None:
    given = from_environment(
        {"VOK_PAGINATION": "ajax", "VOK_TYPO": "1", "PATH": "/bin", "NOVOK_PAGINATION": "x", "vok_pagination": "y"}
    )
    assert given == {"VOK_PAGINATION": "ajax", "VOK_TYPO": "1"}
    assert "VOK_PAGINATION" in known_names()
    assert "VOK_TYPO" not in known_names()


def test_environment_variables_of_the_tests_are_not_settings() -> None:
    assert from_environment({"VOK_TEST_THOROUGH": "1", "VOK_TESTS": "1"}) == {"VOK_TESTS": "1"}


def test_arguments_are_all_optional() -> None:
    assert Arguments.read({}) == Arguments(start_url=None, since=None, until=None, max_pages=None, full=False)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"start_url": " http://a.test/article/163/ "}, Arguments(start_url="http://a.test/article/163/")),
        ({"start_url": "http://a.test/?s=one,two"}, Arguments(start_url="http://a.test/?s=one,two")),
        ({"since": "2024-12-01", "until": "2024-12-01"}, Arguments(since="2024-12-01", until="2024-12-01")),
        ({"max_pages": "3"}, Arguments(max_pages=3)),
        ({"full": "1"}, Arguments(full=True)),
        ({"full": "YES"}, Arguments(full=True)),
        ({"full": "0"}, Arguments(full=False)),
        ({"full": False}, Arguments(full=False)),
    ],
)
def test_right_arguments_are_read(given: dict[str, Any], read: Arguments) -> None:
    assert Arguments.read(given) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_url", ""),
        ("start_url", "newstream"),
        ("since", "2024-02-30"),
        ("since", "20241201"),
        ("since", "2024-W49-1"),
        ("since", "December 10, 2024"),
        ("since", ""),
        ("until", "2024-12-1"),
        ("until", "2024-12-01T00:00"),
        ("max_pages", "0"),
        ("max_pages", "all"),
        ("max_pages", ""),
        ("full", "maybe"),
        ("pages", "3"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: "):
        Arguments.read({name: value})


def test_since_later_than_until_is_refused_with_both() -> None:
    with pytest.raises(UsageError, match=r"since.*2024-12-02.*until.*2024-12-01"):
        Arguments.read({"since": "2024-12-02", "until": "2024-12-01"})


NAMES = st.sampled_from(["start_url", "since", "until", "max_pages", "full", "other"])


@given(st.dictionaries(NAMES, st.text(max_size=20)))
def test_any_arguments_are_read_or_refused(given: dict[str, str]) -> None:
    said = ""
    try:
        read = Arguments.read(given)
        assert read.max_pages is None or read.max_pages >= 1
    except UsageError as fault:
        said = str(fault)
    assert not said or said.partition(":")[0] in given


SETTINGS = st.sampled_from(sorted(known_names() - {"VOK_OUTPUT_DIR"}))


@given(SETTINGS, st.text(max_size=20) | st.none() | st.integers() | st.floats() | st.lists(st.integers(), max_size=3))
def test_any_setting_is_read_or_refused_by_name(name: str, value: Any) -> None:
    said = ""
    try:
        options(**{name: value})
    except UsageError as fault:
        said = str(fault)
    # What two settings disagree about is said under the name of one of them.
    assert not said or (name in said and said.partition(":")[0] in known_names())


def test_a_longest_throttled_delay_below_the_delay_is_refused() -> None:
    """AutoThrottle would ask more often than `DOWNLOAD_DELAY` says."""
    throttled = {"USER_AGENT": "x", "AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_MAX_DELAY": 120.0}
    with pytest.raises(UsageError, match=r"AUTOTHROTTLE_MAX_DELAY: 120 is less than DOWNLOAD_DELAY \(300\)"):
        check_scrapy_settings(Settings({**throttled, "DOWNLOAD_DELAY": 300}))
    check_scrapy_settings(Settings({**throttled, "DOWNLOAD_DELAY": 120}))
    check_scrapy_settings(Settings({**throttled, "DOWNLOAD_DELAY": 300, "AUTOTHROTTLE_ENABLED": False}))


@pytest.mark.parametrize(
    ("values", "required"),
    [
        ({}, None),
        ({"SCHEDULER": "vokcrawl.distributed.scheduler.SharedScheduler"}, "scrapy.core.scheduler.Scheduler"),
        ({"SCHEDULER": "nosuch.Scheduler"}, "scrapy.core.scheduler.Scheduler"),
        ({**WORKERS, "SCHEDULER": "vokcrawl.distributed.scheduler.SharedScheduler"}, None),
        (WORKERS, "vokcrawl.distributed.scheduler.SharedScheduler"),
        # The message for a state without workers names the profile.
        ({"VOK_STATE": "redis"}, None),
    ],
)
def test_a_scheduler_that_does_not_fit_the_state_is_named(values: dict[str, object], required: str | None) -> None:
    settings = Settings(values)
    if required is None:
        check_scrapy_settings(settings)
        return
    with pytest.raises(UsageError) as refused:
        check_scrapy_settings(settings)
    scheduler = settings["SCHEDULER"]
    assert str(refused.value) == f"SCHEDULER: {scheduler!r} is not {required} or a subclass of it; omit the setting"
