"""The "external" code page: cp866 with a handful of changes (atol_wire §4.8; A4J in full, DAN for № and $).

24h prints as №, so $ lives at FCh, where cp866 has №. A technician's own letters reach the tape by it, the tags of E8
too (UNCONFIRMED for tags: CRYS sends plain cp866 there, A4J none).
"""

from __future__ import annotations

from collections.abc import Mapping

#: Byte -> character, where it is not cp866's.
CHANGES: Mapping[int, str] = {
    0x24: "№",
    0x27: "\u2019",
    0xF2: "€",
    0xFA: "\u2011",
    0xFC: "$",
    0xFE: "\ufffd",
    0xFF: "■",
}
#: Characters that print as another one's glyph.
_ALIKE = {"'": 0x27}

DOUBLE_WIDTH = "\t"  # before a character of 4C: that character is twice as wide

_TABLE = "".join(CHANGES.get(byte, bytes((byte,)).decode("cp866")) for byte in range(256))
_BYTES = {character: byte for byte, character in enumerate(_TABLE) if character != "\ufffd"} | _ALIKE


def encode(text: str) -> bytes:
    """The text as the register holds it; ValueError names a character that the page lacks."""
    try:
        return bytes([_BYTES[character] for character in text])
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} is not in the register's code page") from None


def decode(raw: bytes) -> str:
    """Bytes of the register as text; U+FFFD for the one that stands for nothing."""
    return "".join([_TABLE[byte] for byte in raw])
