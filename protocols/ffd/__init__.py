"""Fiscal documents (ФФД 1.05 / 1.1 / 1.2): tags, TLV, receipts, sums, documents, comparison.

Facts are data: `tags.csv` and `numbers`, `enums`, `characters`, `presence`. Rules are pure functions over `receipt`.
"""
