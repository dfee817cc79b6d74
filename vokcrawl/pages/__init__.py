"""Page objects: what the site's pages look like, and nothing else. No engine, no state, no network.

What the readers look for (class names, words, URLs of the site) is in the site profile, `vokcrawl.pages.profile`.
"""
