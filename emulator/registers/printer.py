"""The printer of a register: roll, cover, speed, and what becomes of a document whose printing breaks off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from emulator.registers.memory import Memory
from emulator.registers.tape import Entry, Tape

#: A printed line takes this long at real speed; a document counts as many lines as a typical receipt has.
SECONDS_PER_LINE = 0.02
DOCUMENT_LINES = 40

_INVALID = {"lines": [["ДОКУМЕНТ НЕ ДЕЙСТВИТЕЛЕН", "center"]]}


class Printer:
    """What a family's status words are made of: `busy`, `usable`, `interrupted`. `print` puts an entry on the tape."""

    def __init__(self, tape: Tape, memory: Memory, clock: Callable[[], datetime], *, real_speed: bool = False) -> None:
        self.tape = tape
        self._memory = memory
        self._clock = clock
        self._real_speed = real_speed
        self._busy_until: datetime | None = None
        self._ending = False

    @property
    def breaking_off(self) -> bool:
        """The running command found paper and will lose it while it prints."""
        return self._ending

    @property
    def busy(self) -> bool:
        return self._busy_until is not None and self._clock() < self._busy_until

    @property
    def paper_present(self) -> bool:
        return self._memory.paper_present

    @property
    def cover_open(self) -> bool:
        return self._memory.cover_open

    @property
    def usable(self) -> bool:
        """There is paper, and the cover is shut."""
        return self._memory.paper_present and not self._memory.cover_open

    @property
    def interrupted(self) -> bool:
        """A document waits for `resume`."""
        return self._memory.interrupted is not None

    def document(
        self,
        number: int,
        *,
        on_paper: bool = True,
        received: int | None = None,
        header: Sequence[str] = (),
        footer: Sequence[str] = (),
        unprinted: Sequence[int] = (),
    ) -> None:
        """Print a fiscal document, unless it is kept off the paper; a copy can be had all the same.

        `received` is the cash handed over, `unprinted` are the items, counted from 0, that do not show.
        """
        self._memory.last_document = number
        if not on_paper:
            return
        entry: Entry = {"document": number}
        more = {"received": received, "header": list(header), "footer": list(footer), "unprinted": list(unprinted)}
        self.print(entry | {name: value for name, value in more.items() if value}, lines=DOCUMENT_LINES)

    def copy(self, number: int) -> None:
        self.print({"document": number, "copy": 1}, lines=DOCUMENT_LINES)

    def text(self, *lines: Sequence[str]) -> None:
        """Print unfiscal lines (see `tape` for their shape)."""
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
        """Print what broke off from its start, on command or by itself after a power cut."""
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
        self._ending = self.busy or (self.usable and not self.interrupted)
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
