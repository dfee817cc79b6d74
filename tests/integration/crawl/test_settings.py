"""The project's settings: where they can be given, their precedence, and the errors for invalid values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crawling import Crawl
from tests.support.expected_records import assert_whole
from vokcrawl.sample import SampleServer

Crawling = Callable[..., Crawl]
Serving = Callable[..., SampleServer]

WRONG = {
    "a mistyped name with -s": (
        {"settings": {"VOK_PAGINATOIN": "link"}},
        ["VOK_PAGINATOIN: no such setting", "VOK_PAGINATION"],
    ),
    "a mistyped name in the environment": (
        {"env": {"VOK_PAGINATOIN": "link"}},
        ["VOK_PAGINATOIN: no such setting", "VOK_PAGINATION"],
    ),
    "an old name with -s": ({"settings": {"VOK_MORE": "link"}}, ["VOK_MORE: ", "renamed", "VOK_PAGINATION"]),
    "an old name in the environment": ({"env": {"VOK_COOL_OFF": "1"}}, ["VOK_COOL_OFF: ", "VOK_BACKOFF_SECONDS"]),
    "a setting that was removed": ({"settings": {"VOK_CROSS_CHECK": 1}}, ["VOK_CROSS_CHECK: ", "was removed"]),
    "a wrong choice": (
        {"settings": {"VOK_PAGINATION": "scroll"}},
        ["VOK_PAGINATION: 'scroll'", "auto, link, ajax, browser"],
    ),
    "a wrong number in the environment": (
        {"env": {"VOK_STOP_AFTER_KNOWN_PAGES": "two"}},
        ["VOK_STOP_AFTER_KNOWN_PAGES: 'two'", "whole number of 1 or more"],
    ),
    "a start that is no URL": ({"settings": {"VOK_START_URLS": "newstream"}}, ["VOK_START_URLS: 'newstream'", "http"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_invalid_setting_is_refused_before_anything_is_opened_or_sent(
    case: str, crawl: Crawling, output: Path
) -> None:
    given, said = WRONG[case]
    done = crawl(None, output, **given)
    assert done.code == 2
    last = done.stderr.strip().splitlines()[-1]
    assert [words for words in said if words not in last] == [], last
    assert "Traceback" not in done.stderr
    assert not output.exists()


def test_the_environment_overrides_the_profile_and_the_command_line_overrides_both(
    crawl: Crawling, serve: Serving, tmp_path: Path
) -> None:
    server = serve(3)
    by_environment, by_command = tmp_path / "environment", tmp_path / "command"
    # The profile `sample` names an output folder too.
    env = {"VOK_OUTPUT_DIR": str(by_environment), "VOK_START_URLS": f"{server.url}/article/163/"}

    first = crawl(None, by_environment, env=env, settings={"VOK_OUTPUT_DIR": by_environment})
    assert first.code == 0, first.stderr
    assert_whole(first, server.site)

    second = crawl(None, by_command, env=env)
    assert second.code == 0, second.stderr
    assert_whole(second, server.site)
    assert len(first.manifests()) == 1


def test_the_manifest_names_the_settings_that_differ_from_the_defaults_and_no_secret(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(3)
    done = crawl(
        f"{server.url}/article/163/",
        output,
        settings={"VOK_STOP_AFTER_KNOWN_PAGES": 3, "HTTPPROXY_AUTH_ENCODING": "utf-8", "FTP_PASSWORD": "hush-hush"},
    )
    result = done.manifest["settings"]
    assert (result["VOK_STOP_AFTER_KNOWN_PAGES"], result["VOK_OUTPUT_DIR"]) == ("3", str(output))
    assert "VOK_PAGINATION" not in result
    assert "hush-hush" not in str(done.manifest)
