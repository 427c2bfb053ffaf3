"""The QR code of a receipt (tag 1196, printed only): `t=20240917T1801&s=1285.21&fn=…&i=30526&fp=1168453787&n=1`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from protocols.ffd.enums import Operation

_SUM = re.compile(r"(\d{1,13})(?:\.(\d{1,2}))?", re.ASCII)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,20}", re.ASCII)
_DRIVE = re.compile(r"\d{1,16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReceiptQr:
    """What the QR code of a receipt says.

    `at` is the register's wall clock (naive, the minute is enough), `total` is in kopecks, `fn` is the drive's number,
    `document` the document's (ФД), `sign` the fiscal sign as a number.
    """

    at: datetime
    total: int
    fn: str
    document: int
    sign: int
    operation: Operation

    def __str__(self) -> str:
        """The string as registers print it: seconds only when there are any."""
        # %Y pads no year below 1000 on some systems
        time = f"{self.at.year:04d}" + (f"{self.at:%m%dT%H%M%S}" if self.at.second else f"{self.at:%m%dT%H%M}")
        rubles, kopecks = divmod(self.total, 100)
        return (
            f"t={time}&s={rubles}.{kopecks:02d}&fn={self.fn}&i={self.document}&fp={self.sign}&n={self.operation.code}"
        )


def parse_qr(text: str) -> ReceiptQr:
    """The fields of a QR string; some registers pad `i` and `fp` with zeros. ValueError says which field is wrong."""
    fields = dict(parse_qsl(text.strip(), keep_blank_values=True))
    missing = [name for name in ("t", "s", "fn", "i", "fp", "n") if name not in fields]
    if missing:
        raise ValueError(f"no {', '.join(missing)} in the QR string of a receipt")
    time, money = _TIME.fullmatch(fields["t"]), _SUM.fullmatch(fields["s"])
    if time is None:
        raise ValueError(f"t={fields['t']} is no time")
    if money is None:
        raise ValueError(f"s={fields['s']} is no sum")
    if not _DRIVE.fullmatch(fields["fn"]):
        raise ValueError(f"fn={fields['fn']} is no drive's number")
    year, month, day, hour, minute, second = map(int, time.groups(default="0"))
    return ReceiptQr(
        at=datetime(year, month, day, hour, minute, second),  # noqa: DTZ001 - the register's wall clock
        total=int(money[1]) * 100 + int((money[2] or "0").ljust(2, "0")),
        fn=fields["fn"],
        document=_number(fields, "i"),
        sign=_number(fields, "fp"),
        operation=Operation.of(_number(fields, "n")),
    )


def _number(fields: dict[str, str], name: str) -> int:
    text = fields[name]
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name}={text} is no number")
    return int(text)
