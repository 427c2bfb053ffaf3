"""Rules of the driver that need no register: blocks of tags, documents in their outer tag."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_loop import virtual

from devices.errors import Rejected
from devices.registers.elements import packed
from devices.registers.shtrih.archive import read_tlv
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, decode, encode
from protocols.shtrih.commands.drive import SelectDocumentReply, TlvReply


@given(st.lists(st.text("абв", min_size=1, max_size=60), max_size=12))
def test_blocks_hold_all_tags_in_order_and_no_block_is_too_long(texts: list[str]) -> None:
    elements = [Element(T.ITEM_EXTRA, text) for text in texts]
    blocks = list(packed(elements, 100))
    assert [one for block in blocks for one in decode(block)] == elements
    assert all(0 < len(block) <= 100 for block in blocks)
    assert all(len(first) + len(encode(decode(second)[:1])) > 100 for first, second in itertools.pairwise(blocks))


class Archive:
    """A device that hands out a document in blocks."""

    password = 30

    def __init__(self, code: int, raw: bytes, size: int) -> None:
        self._reply = SelectDocumentReply(code, len(raw))
        self._blocks = [raw[at : at + size] for at in range(0, len(raw), size)]

    async def ask(self, request: Any) -> Any:
        if type(request).__name__ == "SelectDocument":
            return self._reply
        if self._blocks:
            return TlvReply(self._blocks.pop(0))
        raise Rejected("no more", number=0x08)


@pytest.mark.parametrize("size", [1, 7, 250])
@virtual
async def test_a_document_is_read_with_and_without_its_outer_tag(size: int) -> None:
    inside = encode((Element(T.TOTAL_SUM, 12_345), Element(T.SETTLEMENT_SIGN, 1)))
    outside = (3).to_bytes(2, "little") + len(inside).to_bytes(2, "little") + inside
    for raw in (inside, outside):
        assert await read_tlv(Archive(3, raw, size), 1) == inside  # type: ignore[arg-type]
    short = Archive(3, inside, size)
    short._blocks.pop()  # the device stops early: what came is answered
    assert await read_tlv(short, 1) == inside[: (len(inside) - 1) // size * size]  # type: ignore[arg-type]
