"""Settings: `base` for all, and one module for each profile of scrapy.cfg.

Later ones win: base, the profile, an environment variable of the same name, `-s` on the command line.
"""
