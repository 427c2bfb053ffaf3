"""What a text is that is no marking code: people are told what they have scanned or pasted, not what it is not."""

from __future__ import annotations

import re

from protocols.marking.gs1 import SET82
from protocols.marking.packs import PACK

_PACK_LENGTHS = range(21, 33)
_ROWS = tuple(
    (re.compile(pattern, re.IGNORECASE).fullmatch, oddity)
    for pattern, oddity in (
        # an SSCC as printed, or with a wrong check digit
        (r"[(\[]?00[)\]]?\s*[0-9]{18}", "marking_code_case"),
        (r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]{1,3}|[0-9]{6,}[.,]0+", "marking_code_spreadsheet"),
        (r"(?:[a-z]{2,8}:/|www\.|id\.gs1\.org/)\S*|\S+/01/[0-9]{14}\S*", "marking_code_link"),
        # ТН ВЭД: mineral fuels, the only goods with a place for such a number in tag 1162
        (r"27[0-9]{8}", "marking_code_fuel"),
        (rf"(?=[0-9]*[^0-9])0?[0-9]{{13,14}}[{SET82}]+", "marking_code_pack_damaged"),
    )
)


def oddity(text: str) -> str:
    """The code of the warning that says best what this text is."""
    for matches, known in _ROWS:
        if matches(text) and (known != "marking_code_pack_damaged" or len(text) in _PACK_LENGTHS or PACK(text)):
            return known
    return "marking_code_unknown"
