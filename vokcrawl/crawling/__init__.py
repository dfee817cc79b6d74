"""The crawl core: a pure state machine that decides what to fetch and what to deliver. Events in, actions out.

Crawls, replays of archives and simulations share it. `crawl` is its entry point.
"""
