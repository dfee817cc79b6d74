"""Near duplicates: articles with nearly the same text as an earlier one. They are marked, never dropped.

`similarity` compares two texts; `index` finds the candidates worth comparing among many, with the signatures of
`minhash`; `kept` keeps the index between exports. All need the extra `export` (numpy).
"""
