"""How a fiscal drive says no."""

from __future__ import annotations

from protocols.fn.statuses import AnswerFault, ConfirmationFault, error


class DriveError(Exception):
    """The drive refused. `number` is the drive's own error number; nothing was changed.

    `fault` says why an operator's confirmation or the marking system's answer (0x20) was not accepted.
    """

    def __init__(self, number: int, detail: str = "", *, fault: ConfirmationFault | AnswerFault | None = None) -> None:
        row = error(number)
        super().__init__(f"0x{number:02X} {row.detail}" + (f": {detail}" if detail else ""))
        self.number = int(number)
        self.detail = detail
        self.text = row.text
        self.hint = row.hint
        self.fault = fault
