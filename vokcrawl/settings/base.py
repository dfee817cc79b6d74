"""Settings of every profile. Each value that differs from Scrapy's default says why; docs/settings.md has them all."""

from scrapy.settings import default_settings

BOT_NAME = "vokcrawl"
SPIDER_MODULES = ["vokcrawl.spiders"]
COMMANDS_MODULE = "vokcrawl.commands"

# The project's own settings. `vokcrawl.config` reads and checks them.
VOK_START_URLS = "https://kcnawatch.org/newstream/"
VOK_SOURCE = "Voice of Korea (EN)"
VOK_SOURCE_ID = ""
VOK_SEARCH_ID = ""
VOK_PAGINATION = "auto"
VOK_OUTPUT_DIR = "output"
VOK_STOP_AFTER_KNOWN_PAGES = 2
VOK_LOOKBACK_DAYS = 7
VOK_RESCAN_HOURS = 24
VOK_RECHECK_DAYS = "1,3,7,30,90"
VOK_BACKOFF_SECONDS = 300
VOK_MAX_WAIT_SECONDS = 3600
VOK_ROBOTS_UNREADABLE = "stop"
VOK_CONTACT = ""
VOK_PROGRESS = "auto"
SPLASH_URL = ""
VOK_SPLASH_TIMEOUT = 90
VOK_ARCHIVE = True
VOK_ARCHIVE_SIZE = 1000
VOK_STATE = "sqlite"
REDIS_URL = ""
VOK_REDIS_PREFIX = "vokcrawl"
VOK_REDIS_TIMEOUT = 60
VOK_LEASE_SECONDS = 60
VOK_MIN_COVERAGE = "title=0.98,body=0.9,published_on=0.8,source=0.8"
# What looks at each run when it has ended (docs/alerts.md). Secrets belong into the environment, not here.
VOK_ALERT_OUTCOMES = "10=3,11=1,12=1,13=3,14=3,15=1"
VOK_ALERT_FEW_ARTICLES = 3
VOK_ALERT_COVERAGE = "title=0.98,body=0.9,published_on=0.8,source=0.8"
VOK_ALERT_ERRORS = 0.2
VOK_ALERT_METERED = 0.5
VOK_ALERT_AGE_HOURS = 72
VOK_ALERT_UNFINISHED_RUNS = 3
VOK_ALERT_FREE_MB = 512
VOK_ALERT_REPEAT_HOURS = 24
VOK_ALERT_TIMEOUT = 10
VOK_ALERT_WEBHOOK = ""
VOK_ALERT_SLACK = ""
VOK_ALERT_TELEGRAM_TOKEN = ""
VOK_ALERT_TELEGRAM_CHAT = ""
VOK_ALERT_TELEGRAM_API = "https://api.telegram.org"
VOK_ALERT_SMTP = ""
VOK_ALERT_MAIL_FROM = ""
VOK_ALERT_MAIL_TO = ""
VOK_HEALTH_FILE = "health.json"
VOK_EXPECT_WITHIN_HOURS = 12
VOK_METRICS_FILE = ""

# Who we are: an honest name. VOK_CONTACT adds whom to write to.
USER_AGENT = "vokcrawl/0.1 (Scrapy; archive of Voice of Korea as carried by KCNA Watch)"

# Gentle with a live site (Scrapy: no delay, 8 at once, robots.txt ignored): one request at a time, 3 s apart or
# more (a jitter of +0 to +100 %: never less than what the name promises), slower when the site is slow.
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 4.5
DOWNLOAD_DELAY_JITTER = 0.33
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 4.5
AUTOTHROTTLE_MAX_DELAY = 120.0
DOWNLOAD_TIMEOUT = 60
# An article page is some tens of kilobytes; what is larger by far is no article (Scrapy: 1 GiB).
DOWNLOAD_MAXSIZE = 4 * 1024 * 1024
DOWNLOAD_WARNSIZE = 2 * 1024 * 1024
# Scrapy: False. The live site is served by https; what is written down as evidence must come from it.
DOWNLOAD_VERIFY_CERTIFICATES = True
RETRY_TIMES = 3
# Scrapy's, and what a CDN answers in place of a site that it cannot reach for a while.
RETRY_HTTP_CODES = [500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 530, 408, 429]
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False
# Nothing here needs a session, and none shall be kept.
COOKIES_ENABLED = False
# No open ports beside the crawl.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
URLLENGTH_LIMIT = 4096

# Scrapy's, which gives what goes over the wire to the archive.
DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "vokcrawl.downloader.capture.warc_handler.ArchivingHandler")
# Scrapy's, with slots that can be paused.
DOWNLOADER = "vokcrawl.downloader.downloader.PausingDownloader"
DOWNLOADER_MIDDLEWARES = {
    # Replaces Scrapy's, which knows no ports and lets redirects of unfiltered requests pass.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "vokcrawl.downloader.middlewares.offsite.OnSiteMiddleware": 50,
    # Replaces Scrapy's, which takes an unreadable robots.txt for a permission and knows no Crawl-delay.
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "vokcrawl.downloader.middlewares.robotstxt.RobotsMiddleware": 100,
    # Behind the retries, so that it sees each refusal before they take it for themselves.
    "vokcrawl.downloader.middlewares.backoff.PauseMiddleware": 560,
}
SPIDER_MIDDLEWARES = {
    # Warns of meta keys copied by mistake; a page that is asked for again carries its count of retries on purpose.
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
ITEM_PIPELINES = {
    "vokcrawl.pipelines.ValidationPipeline": 100,
    "vokcrawl.pipelines.DeduplicationPipeline": 200,
    "vokcrawl.pipelines.RevisionsPipeline": 300,
    "vokcrawl.pipelines.DeliveryPipeline": 400,
}
# One item at a time through the pipelines: the order of records is the order of the site (Scrapy: 100).
CONCURRENT_ITEMS = 1
EXTENSIONS = {
    # First, so that a run is open before any other component is built.
    "vokcrawl.extensions.run.RunExtension": -100,
    "vokcrawl.extensions.progress.ProgressExtension": 100,
    "vokcrawl.extensions.monitors.MonitorsExtension": 200,
}
# Scrapy imports what is disabled, too; these two bring a web server and a shell server along, for every idle run.
EXTENSIONS_BASE = {
    name: order
    for name, order in default_settings.EXTENSIONS_BASE.items()
    if not name.startswith(("scrapy.extensions.telnet.", "scrapy.extensions.remote_control."))
}
# Scrapy reads a callback's source to warn of generators that return a value; that is for authors, and costs CPU.
WARN_ON_GENERATOR_RETURN_VALUE = False
# Scrapy logs whole items and each scraped page at DEBUG; a schedule's log shall tell what happened.
LOG_LEVEL = "INFO"
DEFAULT_DROPITEM_LOG_LEVEL = "WARNING"
LOG_FORMATTER = "vokcrawl.log_formatter.RunLogFormatter"
