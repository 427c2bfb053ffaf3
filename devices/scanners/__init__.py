"""Barcode scanners: each is bytes of some link put together by a decoder of `protocols.scanner`.

A new kind of device is a new link and a row in `factory`. Whoever holds a scanner reconnects it; a scanner
notices that its device is gone.
"""
