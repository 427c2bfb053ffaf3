"""An order's receipts: what was paid, changed, delivered and returned becomes a chain of fiscal documents.

`plan` and everything it stands on (`words`, `policy`, `prices`, `goods`, `ledger`, `held`, `money_in`, `money_out`,
`handover`, `sold`) are pure: no clock, no I/O, no chance. `book` folds one order's log. The rest is the rim: the
journal's tables, the service that turns documents into jobs, and the API's schema.
"""
