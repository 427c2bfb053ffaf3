"""ATOL's JSON tasks (driver 10) and the HTTP API of its web server: what is said, in both directions, without I/O.

`words` spells the enumerations, `fields` the types of values, `tasks` are the tasks of receipts, `receipts` turns them
into our receipt and back, `results` is what a server answers and how its queue names things, `errors` are the driver's
numbers. Sources: atol_json.md (typed models of three vendors' clients, two independent servers); no vendor manual.
"""
