"""Duplicates: which texts are the same or nearly so, and which of them is kept.

`shingles` makes hashes of texts, `near` finds near-duplicates by them, `forks` knows whole repositories that are copies,
`dedupe` keeps the best member of each set.
"""
