"""One target under atheris; `guided` starts this with libFuzzer's own arguments."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path


def main() -> None:
    import atheris

    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["protocols"]):
        from fuzzing.registry import TARGETS
    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as seeds:
        for number, data in enumerate(target.starts()):
            (Path(seeds) / f"{number:04d}").write_bytes(data)
        atheris.Setup([*sys.argv, f"-max_len={target.max_len}", seeds], target.run)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
