"""A document's TLV in the pieces in which registers hand it out."""

from __future__ import annotations

from collections.abc import Iterator


def tlv_blocks(body: bytes, size: int) -> Iterator[bytes]:
    """Whole TLVs, as many as fit into `size`; one that fits none is cut (its reader goes by the announced length)."""
    block = b""
    for element in _raw_elements(body):
        if block and len(block) + len(element) > size:
            yield block
            block = b""
        block += element
        while len(block) > size:
            yield block[:size]
            block = block[size:]
    if block:
        yield block


def _raw_elements(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        end = at + 4 + int.from_bytes(body[at + 2 : at + 4], "little")
        yield body[at:end]
        at = end
