"""Emulated registers: what a shop needs of one (`base.Device`), the core that families share, and a package a family.

A family is `memory` (what it remembers), `core` (what it keeps in RAM), `register` (an `executor.Executor`),
`connection` (a `line.Wire`: its framings) and `device`; it may import what lies here, and no other family.
"""
