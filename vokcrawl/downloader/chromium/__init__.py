"""Follows listings in Chromium, with Playwright. Imported only where a crawl uses it: Playwright is optional.

Chromium has no network: each request of its page becomes a request of the crawl, with its rules, delays and archive.
"""
