"""Settings of every profile. Each value that differs from Scrapy's default has a comment that says why."""

from scrapy.settings import default_settings

from vokcrawl.config import default_values

BOT_NAME = "vokcrawl"
SPIDER_MODULES = ["vokcrawl.spiders"]
NEWSPIDER_MODULE = "vokcrawl.spiders"
COMMANDS_MODULE = "vokcrawl.commands"

# The project's own settings: `vokcrawl/config` defines them with their defaults, docs/settings.md lists them.
globals().update(default_values())

# Scrapy: its own name. Identifies the crawler to the site; VOK_CONTACT adds a contact.
USER_AGENT = "vokcrawl/0.1 (Scrapy; archive of Voice of Korea as carried by KCNA Watch)"

# Polite to a live site (Scrapy: no delay, 8 requests at once, robots.txt ignored): one request at a time, 4.5 s apart
# with a jitter of 33 %, so never less than 3 s, and slower when the site is slow.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 4.5
DOWNLOAD_DELAY_JITTER = 0.33
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 4.5
AUTOTHROTTLE_MAX_DELAY = 120.0
DOWNLOAD_TIMEOUT = 60
# Scrapy: CachingThreadedResolver, which knows no IPv6, not even an address that is given as such.
TWISTED_DNS_RESOLVER = "scrapy.resolver.CachingHostnameResolver"
# An article page has some tens of kilobytes (Scrapy: 1 GiB).
DOWNLOAD_MAXSIZE = 4 * 1024 * 1024
DOWNLOAD_WARNSIZE = 2 * 1024 * 1024
# Scrapy: False. Records are evidence: responses must come from the site itself.
DOWNLOAD_VERIFY_CERTIFICATES = True
RETRY_TIMES = 3
# Scrapy's default, and the codes of a CDN that cannot reach the site.
RETRY_HTTP_CODES = [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 528, 529, 530, 408, 429]
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
# Scrapy: True. No page needs a session.
COOKIES_ENABLED = False
# Scrapy: True. A crawl opens no ports.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False

# Scrapy's HTTP/1.1 handler, with a tap that archives the raw traffic.
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "vokcrawl.downloader.capture.warc_handler.ArchivingHandler")
# Scrapy's downloader, with slots that can be paused.
DOWNLOADER = "vokcrawl.downloader.downloader.PausingDownloader"
DOWNLOADER_MIDDLEWARES = {
    # Replaces Scrapy's, which ignores ports and does not filter redirects of requests with dont_filter.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "vokcrawl.downloader.middlewares.offsite.OnSiteMiddleware": 50,
    # Replaces Scrapy's, which allows everything if robots.txt is unreadable, and ignores Crawl-delay.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "vokcrawl.downloader.middlewares.robotstxt.RobotsMiddleware": 100,
    # Replaces Scrapy's, which expects a spider middleware for the Referer header.
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "vokcrawl.downloader.middlewares.redirect.PlainRedirectMiddleware": 600,
    # Closer to the downloader than RetryMiddleware (550), so that it sees each response before a retry.
    "vokcrawl.downloader.middlewares.backoff.PauseMiddleware": 560,
}
ITEM_PIPELINES = {
    "vokcrawl.pipelines.ValidationPipeline": 100,
    "vokcrawl.pipelines.DeduplicationPipeline": 200,
    "vokcrawl.pipelines.RevisionsPipeline": 300,
    "vokcrawl.pipelines.DeliveryPipeline": 400,
}
# `scrapy check`: selects the page that a callback is checked with.
SPIDER_CONTRACTS = {"vokcrawl.spiders.contracts.StartPageContract": 10}
# Scrapy: 100. One item at a time keeps the records in the order of the site.
CONCURRENT_ITEMS = 1
EXTENSIONS = {
    # Replaces Scrapy's, which logs an error of a feed and continues. Before the run is opened, to refuse invalid feeds.
    "vokcrawl.extensions.feed_exports.FeedExports": -200,
    # So that the run is open before any other component is created.
    "vokcrawl.extensions.run.RunExtension": -100,
    "vokcrawl.extensions.progress.ProgressExtension": 100,
    "vokcrawl.extensions.timestamp.TimestampExtension": 150,
    "vokcrawl.extensions.monitors.MonitorsExtension": 200,
    "vokcrawl.extensions.feeds.FeedsExtension": 300,
}
# Without `FeedExporter`, which is replaced. Scrapy also imports disabled extensions: these two import a web and a shell
# server, so they are imported only if their settings enable them.
EXTENSIONS_BASE = {
    {
        "scrapy.extensions.telnet.TelnetConsole": "vokcrawl.extensions.consoles.TelnetConsole",
        "scrapy.extensions.remote_control.RemoteControl": "vokcrawl.extensions.consoles.RemoteControl",
    }.get(name, name): order
    for name, order in default_settings.EXTENSIONS_BASE.items()
    if name != "scrapy.extensions.feedexport.FeedExporter"
}
# Scrapy: True. A check for authors of callbacks; it parses their source in every run.
WARN_ON_GENERATOR_RETURN_VALUE = False
# Scrapy: DEBUG, which logs every page and every item.
LOG_LEVEL = "INFO"
DEFAULT_DROPITEM_LOG_LEVEL = "WARNING"
LOG_FORMATTER = "vokcrawl.log_formatter.RunLogFormatter"
