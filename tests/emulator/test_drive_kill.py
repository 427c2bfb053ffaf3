"""kill -9 at any moment: what was acknowledged is there, nothing is half there, and drive and register agree."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drive_kit import make_drive, receipt

from protocols.ffd.enums import DocumentCode

WRITER = Path(__file__).parents[1] / "helpers" / "drive_writer.py"


def test_killed_again_and_again(tmp_path: Path) -> None:
    acknowledged = 0
    for lines in (1, 40, 7, 150):
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), str(tmp_path)],
            stdout=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        )
        assert writer.stdout is not None
        for _ in range(lines):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read()
        writer.wait()
        if rest.endswith(b"\n"):
            acknowledged = int(rest.split()[-1])
        check(tmp_path, acknowledged)


def check(directory: Path, acknowledged: int) -> None:
    drive, _ = make_drive(None, storage=directory)
    assert drive.last_document >= acknowledged
    documents = list(drive.documents())
    assert [document.number for document in documents] == list(range(1, drive.last_document + 1))
    receipts = [document for document in documents if document.code is DocumentCode.RECEIPT]
    assert drive.receipt == len(receipts) == documents[-1].receipt
    assert drive.totals["1.1135"] == len(receipts)
    assert drive.totals["1.1201"] == sum(document.total for document in receipts)
    assert drive.storage.get("register") == {"receipt": len(receipts), "number": drive.last_document}
    assert drive.backlog.count == drive.last_document
    drive.storage.close()


@pytest.mark.parametrize("directory", [False, True])
def test_a_commit_is_fast_enough_not_to_be_noticed(tmp_path: Path, directory: bool) -> None:
    """Order of magnitude only: a commit that waits for the platter would take milliseconds."""
    import time

    drive, _ = make_drive(storage=tmp_path if directory else None)
    drive.commit(DocumentCode.SHIFT_OPEN)
    body = receipt()
    best = float("inf")
    for _ in range(20):
        started = time.perf_counter()
        for _ in range(10):
            drive.commit(DocumentCode.RECEIPT, body)
        best = min(best, (time.perf_counter() - started) / 10)
    assert best < 0.002
