"""A Пирит driver whose line goes through a converter (`converter`), which may hold back, double or change bytes."""

from __future__ import annotations

from functools import partial

import converter
from till import Till, item, receipt

from protocols.ffd.compare import same_document
from protocols.ffd.enums import FfdVersion

SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000))

behind_converter = partial(converter.behind_converter, "pirit")


def ours(one: Till) -> int:
    """Documents with our content."""
    return sum(
        1
        for record in one.documents()
        if record.code == 3 and same_document(SALE, FfdVersion.V1_2, one.device.drive.document(record.number).elements)
    )
