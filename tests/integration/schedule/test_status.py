"""`scrapy status`: the last complete crawl, the retry queue and days without articles, as text and JSON."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

from tests.support.children import ROOT
from tests.support.commands import (
    ONE_BY_ONE,
    QUIET,
    T0,
    Crawling,
    Serving,
    contents,
    crawling,
    delivered,
    scrapy,
    wait_for,
)


def test_status_shows_the_last_complete_listing_crawl_retries_and_days_without_articles(
    crawl: Crawling, serve: Serving, output: Path
) -> None:
    server = serve(60)
    url, truth = f"{server.url}/article/163/", server.site.truth()["articles"]
    days = sorted({each["published_on"] for each in truth})
    for each in truth:
        if each["published_on"] in days[1:3] or each["published_on"] == days[-3]:
            server.site.remove(each["id"])
    failing = truth[0]
    server.site.fail(failing["id"], 503, -1)
    bounded = crawl(url, output, settings=QUIET, args={"max_pages": 1}, at=T0)
    assert bounded.code == 10, bounded.stderr
    result = scrapy("status", output=output).stdout
    assert "No complete crawl of a listing yet: the next run paginates to the end" in result

    done = crawl(url, output, settings=QUIET, at=T0 + timedelta(hours=2))
    assert done.code == 10, done.stderr
    result = scrapy("status", output=output).stdout
    count, removed = len(done.articles()), 0
    assert f"{count} articles ({removed} of them removed by the site), shown from {days[0]} to {days[-1]}" in result
    assert f"{len(done.teasers())} teasers" in result
    assert f"Last run: {done.manifest['run_id']}, incomplete\n  some pages failed after all retries" in result
    assert f"Last complete crawl of {url}: 2030-01-01T08:00:" in result
    assert f"Retry queue: 1\n  {failing['url']}: http_503, 2 attempts, next at 2030-01-01T08:" in result
    assert f"Gaps, days without articles: 2\n  {days[1]} to {days[2]}\n  {days[-3]}\n" in result

    as_json = json.loads(scrapy("status", "--json", output=output).stdout)
    assert as_json["gaps"] == [{"from": days[1], "to": days[2]}, {"from": days[-3], "to": days[-3]}]
    assert [each["id"] for each in as_json["pending_retries"]] == [failing["id"]]
    assert scrapy("status", output=output.with_name("nothing")).code == 2


def test_status_json_has_the_documented_keys(crawl: Crawling, serve: Serving, output: Path) -> None:
    server = serve(12)
    url = f"{server.url}/article/163/"
    assert crawl(url, output, at=T0).code == 0
    edited, removed = (each["id"] for each in server.site.truth()["articles"][:2])
    server.site.edit(edited)
    server.site.remove(removed)
    for days in (2, 4):
        done = crawl(url, output, settings={"VOK_RECHECK_DAYS": "0"}, at=T0 + timedelta(days=days))
        assert done.code == 0, done.stderr
    before = contents(output)
    result = json.loads(scrapy("status", "--json", output=output).stdout)
    assert contents(output) == before
    assert result.keys() == documented("status")
    assert result["disk"].keys() == documented("disk")
    assert result["last_run"].keys() == {"run_id", "started_at", "ended_at", "outcome", "exit_code"}
    assert (result["schema"], result["runs"]) == ("vokcrawl.status/2", 3)
    assert (result["articles"], result["revised"], result["removed"], result["teasers"]) == (12, 1, 1, 12)
    assert result["days"] == len({each["published_on"] for each in done.articles()})
    on_disk = {path.relative_to(output).parts[0]: 0 for path in output.rglob("*") if path.is_file()}
    for path in output.rglob("*"):
        if path.is_file():
            on_disk[path.relative_to(output).parts[0]] += path.stat().st_size
    assert result["disk"]["articles"] == on_disk["articles"]
    assert result["disk"]["state"] == on_disk["state.sqlite3"]
    assert result["disk"]["total"] == sum(on_disk.values()) == sum(result["disk"].values()) - result["disk"]["total"]


def documented(table: str) -> set[str]:
    """The keys of a table of docs/report.md, which follows a line that names it."""
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8").split(f"<!-- keys: {table} -->")[1]
    rows = text.strip().partition("\n\n")[0].splitlines()[2:]
    return {key for row in rows for key in re.findall(r"`([a-z_]+)`", row.split("|")[1])}


def test_status_distinguishes_a_running_crawl_from_a_killed_one(serve: Serving, output: Path) -> None:
    server = serve(60)
    with crawling(f"{server.url}/article/163/", output, {**ONE_BY_ONE, "DOWNLOAD_DELAY": 0.5}) as process:
        wait_for(lambda: delivered(output), process)
        assert json.loads(scrapy("status", "--json", output=output).stdout)["last_run"]["outcome"] == "running"
    result = json.loads(scrapy("status", "--json", output=output).stdout)
    assert result["last_run"]["outcome"] == "crashed"
    assert result["last_run"]["ended_at"] is None
    assert "the run was killed or crashed" in scrapy("status", output=output).stdout
    # Nothing is known about processes on another machine.
    holder = json.loads((output / ".holder.json").read_text(encoding="utf-8"))
    (output / ".holder.json").write_text(json.dumps({**holder, "host": "another"}), encoding="utf-8")
    result = json.loads(scrapy("status", "--json", output=output).stdout)
    assert result["last_run"]["outcome"] == "running, or crashed"


def test_long_lists_are_cut_and_counted(serve: Serving, crawl: Crawling, output: Path) -> None:
    server = serve(60)
    for each in server.site.truth()["articles"][:12]:
        server.site.fail(each["id"], 503, -1)
    assert crawl(f"{server.url}/article/163/", output, settings={**QUIET, "RETRY_TIMES": 0}).code == 10
    result = scrapy("status", output=output).stdout
    assert "Retry queue: 12\n" in result
    assert "  and 2 more; `scrapy status --json` has all\n" in result
