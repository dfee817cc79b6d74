"""`scrapy status` says in words how the folder stands: the last complete walk, what is owed, and gaps by day."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from scheduling import QUIET, T0, Crawling, Serving, scrapy


def test_status_tells_of_the_last_complete_walk_what_is_owed_and_the_days_without_an_article(
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
    told = scrapy("status", output=output).stdout
    assert "No listing has had a complete walk yet: the next run walks to the end" in told

    done = crawl(url, output, settings=QUIET, at=T0 + timedelta(hours=2))
    assert done.code == 10, done.stderr
    told = scrapy("status", output=output).stdout
    count, removed = len(done.articles()), 0
    assert f"{count} articles ({removed} of them removed by the site), shown from {days[0]} to {days[-1]}" in told
    assert f"{len(done.teasers())} teasers" in told
    assert f"Last run: {done.manifest['run_id']}, incomplete" in told
    assert f"Last complete walk of {url}: 2030-01-01T08:00:" in told
    assert f"Owed: 1\n  {failing['url']}: http_503, asked for 2 times, next at 2030-01-01T08:" in told
    assert f"Gaps, days without an article: 2\n  {days[1]} to {days[2]}\n  {days[-3]}\n" in told

    as_json = json.loads(scrapy("status", "--json", output=output).stdout)
    assert as_json["gaps"] == [{"from": days[1], "to": days[2]}, {"from": days[-3], "to": days[-3]}]
    assert [each["id"] for each in as_json["owed"]] == [failing["id"]]
    assert scrapy("status", output=output.with_name("nothing")).code == 2
