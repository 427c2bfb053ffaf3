"""The paper: a tape that survives power cuts.

It keeps what was printed as data (document numbers, texts); pictures and text are made when somebody looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from emulator.fiscal_drive import FiscalDrive
from emulator.registers.memory import Memory
from emulator.storage import Storage
from protocols.ffd.tlv import Element
from protocols.paper import layout
from protocols.paper.lines import Line, Pair, Rule, Text

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
