"""The paper: a tape that survives power cuts, and the printer with its roll and cover.

The tape keeps what was printed as data (document numbers, texts); pictures and text are made when somebody looks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from emulator.fiscal_drive import FiscalDrive
from emulator.registers.shtrih.memory import Memory
from emulator.storage import Storage
from protocols.ffd.tlv import Element
from protocols.paper import layout
from protocols.paper.lines import Line, Pair, Rule, Text
from protocols.shtrih import tables
from protocols.shtrih.statuses import HEALTHY, Flag, Submode

#: A printed line takes this long at real speed; a document counts as many lines as a typical receipt has.
SECONDS_PER_LINE = 0.02
DOCUMENT_LINES = 40

_INVALID = {"lines": [["ДОКУМЕНТ НЕ ДЕЙСТВИТЕЛЕН", "center"]]}
_PREFIX = "paper/"

Entry = dict[str, Any]


class Tape:
    """Everything printed since the register was new."""

    def __init__(self, storage: Storage, memory: Memory, drive: FiscalDrive) -> None:
        self._storage = storage
        self._memory = memory
        self._drive = drive

    def add(self, entry: Entry) -> None:
        self._memory.papers += 1
        self._storage.put(f"{_PREFIX}{self._memory.papers:08d}", entry)

    def lines(self, last: int | None = None) -> list[Line]:
        """The tape in printing order, or only the `last` things printed."""
        first = 0 if last is None else max(0, self._memory.papers - last)
        rows = self._storage.rows(
            "select value from state where key > ? and key < 'paper0' order by key", (f"{_PREFIX}{first:08d}",)
        )
        return [line for (text,) in rows for line in self.rendered(json.loads(text))]

    def clear(self) -> None:
        self._storage.execute("delete from state where key > ? and key < 'paper0'", (_PREFIX,))
        self._memory.papers = 0

    def rendered(self, entry: Entry) -> Iterator[Line]:
        """The lines of one thing printed."""
        if "document" in entry:
            yield from self._document(entry)
        for line in entry.get("lines", ()):
            yield _line(line)
        yield Rule(" ")

    def _document(self, entry: Entry) -> Iterator[Line]:
        stored = self._drive.document(entry["document"])
        if stored is None:
            return
        registration = self._drive.registration
        known = None
        if registration is not None:
            known = layout.Registration(
                user_name=registration.user_name,
                inn=registration.inn,
                address=registration.address,
                place=registration.place,
                serial=registration.serial,
                sender_email=registration.sender_email,
            )
        if entry.get("copy"):
            yield Text("КОПИЯ", "center", bold=True)
        yield from layout.lines(
            Element(int(stored.code), _printed(stored.elements, entry.get("unprinted", ()))),
            known,
            header=entry.get("header", ()),
            footer=entry.get("footer", ()),
            received=entry.get("received"),
        )


def _printed(elements: Sequence[Element], unprinted: Sequence[int]) -> tuple[Element, ...]:
    """Without the items that the host keeps off the paper."""
    items = [element for element in elements if element.tag == 1059]
    hidden = {id(items[index]) for index in unprinted}
    return tuple(element for element in elements if id(element) not in hidden)


def _line(line: Sequence[str]) -> Line:
    """["text"], ["text", "center"], ["text", "center", "bold"] or ["left", "=", "right"]."""
    if len(line) == 3 and line[1] == "=":
        return Pair(line[0], line[2])
    align = "center" if len(line) > 1 and line[1] == "center" else "left"
    return Text(line[0], "center" if align == "center" else "left", bold=len(line) > 2)


class Printer:
    """Roll, cover and speed. `ready` says why a printing command is refused; `print` puts an entry on the tape."""

    def __init__(self, tape: Tape, memory: Memory, clock: Callable[[], datetime], *, real_speed: bool = False) -> None:
        self.tape = tape
        self._memory = memory
        self._clock = clock
        self._real_speed = real_speed
        self._busy_until: datetime | None = None
        self._ending = False

    @property
    def suppressed(self) -> bool:
        """Table 17 field 7 keeps the next document off the paper."""
        return self._memory.number(tables.SKIP_PRINTING) in {1, 2}

    @property
    def breaking_off(self) -> bool:
        """The running command found paper and will lose it while it prints."""
        return self._ending

    @property
    def busy(self) -> bool:
        return self._busy_until is not None and self._clock() < self._busy_until

    @property
    def submode(self) -> Submode:
        if self.busy:
            return Submode.PRINTING
        usable = self._memory.paper_present and not self._memory.cover_open
        if self._memory.interrupted is not None:
            return Submode.WAITING_CONTINUE if usable else Submode.ACTIVE_NO_PAPER
        return Submode.IDLE if usable else Submode.PASSIVE_NO_PAPER

    @property
    def flags(self) -> Flag:
        flags = HEALTHY
        if not self._memory.paper_present:
            flags &= ~(Flag.RECEIPT_ROLL | Flag.RECEIPT_OPTICAL)
        if self._memory.cover_open:
            flags |= Flag.COVER_OPEN
        return flags

    def document(
        self,
        number: int,
        *,
        received: int | None = None,
        header: Sequence[str] = (),
        footer: Sequence[str] = (),
        unprinted: Sequence[int] = (),
    ) -> None:
        """Print a fiscal document, unless the settings keep it off the paper; a copy can be had all the same.

        `unprinted` are the items, counted from 0, that do not show.
        """
        self._memory.last_document = number
        if self.suppressed:
            if self._memory.number(tables.SKIP_PRINTING) == 1:
                self._memory.set(tables.REGIONAL, 1, tables.SKIP_PRINTING[1], 0)
            return
        entry: Entry = {"document": number}
        more = {"received": received, "header": list(header), "footer": list(footer), "unprinted": list(unprinted)}
        self.print(entry | {name: value for name, value in more.items() if value}, lines=DOCUMENT_LINES)

    def copy(self, number: int) -> None:
        self.print({"document": number, "copy": 1}, lines=DOCUMENT_LINES)

    def text(self, *lines: Sequence[str]) -> None:
        """Print unfiscal lines (see `_line` for their shape)."""
        self.print({"lines": [list(line) for line in lines]}, lines=len(lines))

    def print(self, entry: Entry, *, lines: int) -> None:
        if self._ending:
            self._ending = False
            self._memory.interrupted = [entry]
            self.tape.add(_INVALID)
            return
        self.tape.add(entry)
        if self._real_speed:
            start = self._busy_until if self.busy and self._busy_until else self._clock()
            self._busy_until = start + timedelta(seconds=lines * SECONDS_PER_LINE)

    def resume(self) -> None:
        """Print what broke off from its start (B0h, or by itself after a power cut)."""
        entries, self._memory.interrupted = self._memory.interrupted, None
        for entry in entries or ():
            self.print(entry, lines=DOCUMENT_LINES)

    def tear_off(self) -> None:
        """The tape is gone, with the documents that it shows."""
        self.tape.clear()
        self._memory.last_document = 0
        self._memory.interrupted = None

    def set_paper(self, *, present: bool) -> None:
        self._memory.paper_present = present

    def set_cover(self, *, open_: bool) -> None:
        self._memory.cover_open = open_

    def break_off(self, *, paper: bool) -> None:
        """The paper ends (or the cover opens) now: what the running command prints breaks off."""
        self._ending = self.submode in {Submode.IDLE, Submode.PRINTING}
        if paper:
            self._memory.paper_present = False
        else:
            self._memory.cover_open = True

    def keep_busy(self, seconds: float) -> None:
        """Something prints for so long."""
        self._busy_until = self._clock() + timedelta(seconds=seconds)

    def command_ended(self) -> None:
        """The command printed nothing after all: the paper is simply not there."""
        self._ending = False
