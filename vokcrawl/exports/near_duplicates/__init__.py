"""Which articles tell a story that an earlier one has told: by their texts alone, and marked, never dropped.

`likeness` compares two texts; `index` finds, among a great many, those that are worth comparing. Both need what
`requirements/export.txt` lists (numpy, datasketch).
"""
