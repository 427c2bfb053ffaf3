"""HTTP API v1 (design: fixed): one gate, one table of calls (`table`), thin handlers (`routes_*`).

A new call is a handler and a row of `table`; `/openapi.json` and the scope test follow from the row. Handlers call
`gateway.shop` only.
"""
