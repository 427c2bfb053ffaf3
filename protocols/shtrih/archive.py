"""What FF0A answers about an archived document, by its code (shtrih_m §5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from protocols.wire import MOMENT, WireError

RECEIPT_CODES = frozenset({3, 4, 31, 41})
SHIFT_CODES = frozenset({2, 5})
REGISTRATION_CODES = frozenset({1, 11})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The common prefix, and for receipts the operation (tag 1054) and total, for shifts the shift number."""

    made_at: datetime | None
    document: int
    sign: int
    operation: int | None = None
    total: int | None = None
    shift: int | None = None
    inn: str | None = None
    registration_number: str | None = None
    taxations: int | None = None
    work_mode: int | None = None


def found_document(code: int, data: bytes) -> Found:
    """Read FF0A's data; WireError when it is shorter than the common prefix. The 2016 firmware's sum has 4 bytes."""
    if len(data) < 13:
        raise WireError(f"a found document has at least 13 bytes, not {len(data)}")
    made_at = MOMENT.unpack(data, 0)[0]
    document, sign = int.from_bytes(data[5:9], "little"), int.from_bytes(data[9:13], "little")
    tail = data[13:]
    if code in RECEIPT_CODES and len(tail) >= 5:
        total = int.from_bytes(tail[1:6], "little")
        return Found(made_at=made_at, document=document, sign=sign, operation=tail[0], total=total)
    if code in SHIFT_CODES and len(tail) >= 2:
        return Found(made_at=made_at, document=document, sign=sign, shift=int.from_bytes(tail[:2], "little"))
    if code in REGISTRATION_CODES and len(tail) >= 34:
        inn, number = tail[:12].decode("ascii", "replace"), tail[12:32].decode("ascii", "replace")
        return Found(
            made_at=made_at,
            document=document,
            sign=sign,
            inn=inn.strip("\0 "),
            registration_number=number.strip("\0 "),
            taxations=tail[32],
            work_mode=tail[33],
        )
    return Found(made_at=made_at, document=document, sign=sign)
