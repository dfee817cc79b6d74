"""Item pipelines, in the order in which they run: validation, deduplication, revisions, delivery.

An item is a plain dict on its way: what an item loader gave, and after validation a whole record. Pipelines send
no requests.
"""
