"""The counters of a run are in Scrapy's stats."""

from __future__ import annotations

from scrapy.utils.project import get_project_settings
from scrapy.utils.test import get_crawler

from vokcrawl.policy.outcome import RunStatistics
from vokcrawl.runs.problems import Problems
from vokcrawl.runs.stats import CrawlStats, PlainStatsCollector, counts_below
from vokcrawl.spiders.vok import VokSpider


def test_counters_of_a_crawl_are_in_the_stats_of_its_crawler() -> None:
    collector = get_crawler().stats
    assert collector is not None
    collector.set_value("downloader/request_count", 7)
    stats = CrawlStats(collector)
    statistics, problems = RunStatistics(stats), Problems(stats)
    assert dict(stats) == {}
    statistics.pages_read += 2
    statistics.articles_truncated += 1
    problems.note("offsite_link", "http://site.test/")
    assert collector.get_stats() == {
        "downloader/request_count": 7,
        "vok/pages/read": 2,
        "vok/articles/truncated": 1,
        "vok/problems/offsite_link": 1,
    }
    assert len(stats) == 3
    assert statistics.pages() == {"read": 2, "failed": 0, "articles": 0, "truncated": 1}
    assert counts_below(stats, "problems") == {"offsite_link": 1}


def test_statistics_without_a_crawler_count_on_their_own() -> None:
    first, second = RunStatistics(articles=3), RunStatistics()
    first.articles += 1
    assert (first.articles, second.articles) == (4, 0)


def test_plain_stats_count_as_those_of_scrapy() -> None:
    stats = PlainStatsCollector(get_crawler())
    stats.inc_value("pages")
    stats.inc_value("pages", 2, spider=None)
    stats.max_value("depth", 3)
    stats.min_value("depth", 1)
    stats.set_value("first", "a")
    assert (stats.get_value("pages"), stats.get_value("none", 5)) == (3, 5)
    assert stats.get_stats() == {"pages": 3, "depth": 1, "first": "a"}
    stats.clear_stats()
    assert stats.get_stats() == {}


def test_the_spider_uses_plain_stats_unless_the_user_has_set_a_class() -> None:
    settings = get_project_settings()
    VokSpider.update_settings(settings)
    assert settings["STATS_CLASS"] == "vokcrawl.runs.stats.PlainStatsCollector"
    settings = get_project_settings()
    settings.set("STATS_CLASS", "my.Stats", priority="project")
    VokSpider.update_settings(settings)
    assert settings["STATS_CLASS"] == "my.Stats"
