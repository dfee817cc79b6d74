"""The setting that marks a preview: a crawl that opens no run."""

# Set by the commands that use a spider without crawling (`parse`, `fetch`, `check`): no run is opened, and the
# components that need one stand aside.
PREVIEW = "VOKCRAWL_PREVIEW"
