"""What happened, in order: a hash of it always, its lines when somebody wants to read them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from zlib import crc32

from mischief import Way

from devices.registers.factory import FAMILIES

#: Characters of what an exchange means.
_WORDS = 200


class Story:
    """`tell` what a person wants to read, `note` bytes that went over a wire."""

    def __init__(self, time: Callable[[], float], family: str, *, keep: bool = False) -> None:
        self._time = time
        self._family = family
        self._hash = blake2b(digest_size=12)
        self.keep = keep
        self.events = 0
        self.lines: list[str] = []

    def tell(self, who: str, text: str, detail: str = "") -> None:
        """`detail` is for the reader alone."""
        self.events += 1
        at = self._time()
        self._hash.update(f"{at!r} {who} {text}\n".encode())
        if self.keep:
            self.lines.append(f"{at:12.3f}  {who:<12} {text} {detail}".rstrip())

    def note(self, who: str, way: str, data: bytes) -> None:
        self.events += 1
        at = self._time()
        self._hash.update(b"%r %d" % (at, crc32(data, len(who))))
        if self.keep:
            self.lines.append(f"{at:12.3f}  {who:<12} {way} {_readable(self._family, way, data)}")

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()


def _readable(family: str, way: str, data: bytes) -> str:
    text = data.hex(" ") if len(data) <= 40 else f"{data[:36].hex(' ')} … ({len(data)} bytes)"
    said = " | ".join(FAMILIES[family].explain(data, way == Way.TO_REGISTER))
    return f"{text}  [{said[:_WORDS]}]"
