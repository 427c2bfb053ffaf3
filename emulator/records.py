"""Documents as the control server and tests see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.ffd import tlv, tree


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """A document as the control server shows it; `tlv` has the outer tag, `container` only where an OFD got it."""

    drive: str
    number: int
    code: int
    tlv: bytes
    container: bytes | None = None

    def as_json(self) -> dict[str, Any]:
        """`{"fn", "number", "code", "tlv": hex, "container": hex, "tags": tree of the tags inside the document}`."""
        record: dict[str, Any] = {"fn": self.drive, "number": self.number, "code": self.code, "tlv": self.tlv.hex()}
        if self.container is not None:
            record["container"] = self.container.hex()
        try:
            record["tags"] = tree.to_json(tlv.decode(self.tlv[4:]))
        except tlv.TlvError as error:
            # A client may make an OFD store what is no TLV; it must still be able to see what it sent.
            record |= {"tags": None, "error": str(error)}
        return record
