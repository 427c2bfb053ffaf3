"""Serial scanners: where one code ends and the next begins in a stream of bytes.

A frame ends at its suffix or, where the scanner sends none, at silence. Codes of 85 to 129 bytes arrive in pieces of up
to 64 bytes, and two quick scans in one piece.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocols.scanner.aim import inner_ids, split_aim
from protocols.scanner.reading import Note, Reading

#: Bytes of a frame beyond which it is garbage: the longest code of marked goods has 129.
CAP: Final = 512
#: More bytes than any single code of marked goods with room to spare: several codes in one frame.
LONGEST: Final = 300

#: Suffixes by their names in the configuration. AUTO takes what vendors set: CR, LF, both, or ETX.
AUTO: Final = "auto"
SUFFIXES: Final[Mapping[str, bytes]] = {
    "cr": b"\r",
    "lf": b"\n",
    "crlf": b"\r\n",
    "tab": b"\t",
    "etx": b"\x03",
    "none": b"",
}
_AUTO_ENDS: Final = re.compile(rb"[\r\n\x03]")
#: Framing that is no part of a code and may be left around it: line ends, STX/ETX, NULs, spaces.
_PADDING: Final = b"\x00\r\n\x02\x03\t "
#: The head of a unit's code, AI 01 and 21 (GS1), never twice in one code: no serial number has room for another.
_HEAD: Final = re.compile(rb"01([0-9]{14})21")


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How the scanner wraps a code. `suffix` None: any of CR, LF, CR LF, ETX; `b""`: silence alone ends a frame.

    `gap`: seconds of silence that end a frame without a suffix. `stall`: seconds after which a frame whose suffix is
    due but has not come counts as cut off. `substitutes`: what the scanner writes for GS, such as `{GS}`.
    """

    prefix: bytes = b""
    suffix: bytes | None = None
    gap: float = 0.08
    stall: float = 0.5
    substitutes: tuple[bytes, ...] = ()


class Cutter:
    """Bytes in, readings out. Knows no clock: the caller says `silence` after `patience` seconds without a byte."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._ends = _ends(framing.suffix)
        #: Bytes of the open frame in which a suffix may have begun.
        self._overlap = max(len(framing.suffix or b"") - 1, 0)
        self._end_size = self._overlap + 1
        self._suffix_seen = framing.suffix not in {None, b""}
        self.reset()

    def reset(self) -> None:
        """Forget a frame begun: the line was opened anew."""
        self._open = bytearray()
        self._packets: list[bytes] = []
        self._overflow = False

    @property
    def patience(self) -> float | None:
        """Seconds of silence that end the open frame; None: nothing is open."""
        if not self._packets:
            return None
        return self._framing.stall if self._suffix_seen else self._framing.gap

    def feed(self, data: bytes) -> list[Reading]:
        """What the bytes complete."""
        found: list[Reading] = []
        while data:
            head, end, data = self._to_end(data)
            if head:
                self._keep(head)
            if end is None:
                break
            self._suffix_seen = True
            found += self._finish(())
        return found

    def silence(self) -> list[Reading]:
        """Nothing came for `patience` seconds."""
        if not self._packets:
            return []
        if not self._suffix_seen:
            return self._finish((Note.NO_SUFFIX,) if self._framing.suffix is None else ())
        return self._finish((Note.TRUNCATED,))

    def _to_end(self, data: bytes) -> tuple[bytes, bytes | None, bytes]:
        """What belongs to the open frame, its end if it is here, what follows."""
        if self._ends is None:
            return data, None, b""
        # A suffix may be cut in its middle, so the end of the frame is looked at again.
        kept = bytes(self._open[-self._overlap :]) if self._overlap else b""
        match = self._ends.search(kept + data)
        if match is None:
            return data, None, b""
        end = match.end() - len(kept)
        return data[:end], match[0], data[end:]

    def _keep(self, data: bytes) -> None:
        if not self._overflow:  # of garbage without end its beginning is enough
            self._packets.append(data)
        if len(self._open) + len(data) > CAP + self._end_size:
            self._overflow = True
            # The end must still be found; what is in between is of no use.
            data = (bytes(self._open) + data)[-self._overlap :] if self._overlap else b""
            self._open.clear()
        self._open += data

    def _finish(self, notes: tuple[Note, ...]) -> list[Reading]:
        data, packets, overflow = bytes(self._open), tuple(self._packets), self._overflow
        self.reset()
        if overflow:
            return [Reading(data=b"", packets=packets, notes=(Note.OVERLONG,))]
        return list(_readings(data, packets, notes, self._framing))


def unframe(data: bytes, framing: Framing) -> Reading | None:
    """One whole frame without prefix, suffix, NULs and AIM id; None when nothing is left of it."""
    return next(_readings(data, (data,), (), framing), None)


def glued(data: bytes) -> bool:
    """True when these bytes are more than one code: two heads `01`+GTIN+`21` with right check digits, or too long."""
    return len(data) > LONGEST or sum(_check_digit(match[1]) for match in _HEAD.finditer(data)) > 1


def _ends(suffix: bytes | None) -> re.Pattern[bytes] | None:
    if suffix is None:
        return _AUTO_ENDS
    return re.compile(re.escape(suffix)) if suffix else None


def _readings(data: bytes, packets: tuple[bytes, ...], notes: tuple[Note, ...], framing: Framing) -> Iterator[Reading]:
    data = data.strip(_PADDING).removesuffix(framing.suffix or b"").strip(_PADDING)
    if not data:
        return
    # What is taken off every code is no prefix any more; one that is an AIM id must stay to be read as such.
    prefix = framing.prefix.lstrip(_PADDING)
    aim, prefix = (True, b"") if split_aim(prefix)[0] is not None else (False, prefix)
    parts = _parts(data, prefix)
    if len(parts) > 1:
        notes = (*notes, Note.UNGLUED)
    for part in parts:
        one = _one(part, prefix, framing, aim_due=aim)
        if not one.data:
            continue
        seen = (*notes, *one.notes, *((Note.GLUED,) if glued(one.data) else ()))
        yield replace(one, packets=packets, notes=seen)


def _one(data: bytes, prefix: bytes, framing: Framing, *, aim_due: bool) -> Reading:
    """A prefix is met before the AIM id or behind it."""
    symbology, rest = split_aim(data.removeprefix(prefix))
    missed = symbology is None if aim_due else not data.startswith(prefix)
    if missed and rest.startswith(prefix):
        rest, missed = rest[len(prefix) :], aim_due
    for substitute in framing.substitutes:
        rest = rest.replace(substitute, b"\x1d")
    return Reading(data=rest.strip(_PADDING), symbology=symbology, notes=(Note.NO_PREFIX,) if missed else ())


def _parts(data: bytes, prefix: bytes) -> list[bytes]:
    """Codes glued together, where an AIM id before each of them proves the seams."""
    if split_aim(data.removeprefix(prefix))[0] is None:
        return [data]
    seams = [seam - len(prefix) if data[:seam].endswith(prefix) else seam for seam in inner_ids(data)]
    return [data[start:end] for start, end in itertools.pairwise([0, *filter(None, seams), len(data)])]


def _check_digit(gtin: bytes) -> bool:
    total = sum((digit - 48) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(gtin[:13]))
    return (10 - total % 10) % 10 == gtin[13] - 48
