"""Sells for ever on the drive in the directory given, and says each number once it is on disk; made to be killed."""

import sys
from pathlib import Path

from drive_kit import make_drive, open_shift, receipt

from protocols.ffd.enums import DocumentCode


def main(directory: str) -> None:
    drive, _ = make_drive(None, storage=Path(directory))
    if not drive.shift_open:
        open_shift(drive)
    while True:
        with drive.storage.transaction():
            document = drive.commit(DocumentCode.RECEIPT, receipt(drive.last_document))
            drive.storage.put("register", {"receipt": document.receipt, "number": document.number})
        print(document.number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
