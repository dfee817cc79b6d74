"""What the site's pages look like, and nothing else: no engine, no memory, no network.

Each class name and each word of the site's that a reading leans on stands once, as a constant at the top of its
module, with the fallbacks in order.
"""
