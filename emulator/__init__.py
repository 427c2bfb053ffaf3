"""The other side of the wire: a whole emulated shop, for demonstrations, tests and CI.

Knows `protocols` only, never `devices` or `gateway`, so that both sides of a wire are written apart. `shop` puts
registers, fiscal drives and an OFD together; `control` serves them over HTTP; `faults` is what can go wrong; `rim` is
the only place of real time and chance.
"""
