"""Deterministic simulation: gateways, emulated registers, drives, an OFD and hostile callers, from one seed.

Everything runs in one process on in-process links, by a virtual clock and one seeded scheduler, so that a night holds
years and every seed happens again exactly. `life` is one seed: a world made from it (`world`), its callers and its
misfortunes (`callers`, `weather`), and at the end the comparison of drive, OFD and journal (`judge`).

    python -m simulation 0:1000 --jobs 2      many seeds, sums kept in docs/campaigns.json
    python -m simulation 17:18 --story        one seed, told event by event
"""
