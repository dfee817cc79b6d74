"""Renders listings with a Splash server. Imported only where a crawl uses one: scrapy-splash is optional."""
