"""The host's hand on hardware: links, register drivers, discovery.

Knows `protocols` only. `errors` is what can go wrong, `links` move bytes, `registers/base.py` is what every register
can do and `registers/<family>/` how one family does it; `registers/settle.py` finds out what became of a lost answer.
"""
