"""Every figure of docs/performance.md, one benchmark after another: `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ORDER = (
    "tlv.py",
    "codes.py",
    "orders.py",
    "drive.py",
    "journal.py",
    "accept.py",
    "receipts.py",
    "whole.py",
    "pictures.py",
    "start.py",
    "idle.py",
    "isolation.py",
    "backlog.py",
    "order_events.py",
)


def main() -> int:
    status = 0
    for name in ORDER:
        sys.stdout.write(f"\n== bench/{name}\n")
        sys.stdout.flush()
        status |= subprocess.run(
            [sys.executable, HERE / name],
            cwd=HERE.parent,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)},
            check=False,
        ).returncode
    return status


if __name__ == "__main__":
    raise SystemExit(main())
