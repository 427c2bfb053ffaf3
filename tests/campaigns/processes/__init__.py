"""Real processes, sockets, terminals and disks under faults; afterwards every document is compared.

`python -m processes 20000` runs until so many faulted receipts are done (`make campaign`), `--judge 1000` the outside
view of it, `--day` twelve hours of one shop. Each life of a shop follows from its seed: `--seed N --lives 1` repeats it.
"""
