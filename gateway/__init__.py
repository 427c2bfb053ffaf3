"""The daemon: from a receipt posted over HTTP to a fiscal document, exactly once.

`config` → `daemon` puts it together; `api` speaks HTTP, `receipts` turns bodies into receipts, `journal` keeps every
job on disk, `jobs` does them, `shop` is the face of the three. `rim` is the only place of real time, chance and
threads; `embedded` the only one that may import the emulator.
"""
