"""Real processes, sockets, terminals and disks under faults; afterwards every document is compared.

`python -m processes 20000` runs until so many faulted receipts are done (`make campaign`), `--judge 1000` is the
outside view of it, `--trial day` twelve hours of one shop. What happens in a life follows from its seed: `--lives 1
--seed N` repeats it as far as processes and the kernel's scheduler let themselves be repeated.
"""
