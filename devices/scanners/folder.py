"""Pictures as a scanner: a folder that others put photographs into, or one file that a camera's program writes anew.

Cameras themselves are not driven: what grabs frames in Python is a whole video library, while every system has a
program that writes them to a file (docs/pictures.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from pathlib import Path
from typing import Final

from devices.errors import LinkError
from devices.scanners.base import Kind, Reading, Scanner
from devices.scanners.looks import MAX_BYTES, SUFFIXES, PictureError
from devices.scanners.picture_reader import PictureReader
from protocols.scanner.reading import Note

#: Seconds between looks at the folder. A file is taken when two looks found it alike, so half-written ones are not.
POLL: Final = 0.2
#: A folder is left alone when it has not changed for so many looks; one is too few, clocks of file systems are coarse.
QUIET: Final = 6

#: What tells one writing of a file from another: when (ns), how long, and which file of this name.
_State = tuple[int, int, int]


class FolderScanner(Scanner):
    """`path` is a directory, whose new pictures are read (those already there are not), or a picture file.

    A file is read as it is and again whenever it is written anew. A picture without a code, or with one that is not
    read beside others, is told as such, but for a file's: a camera mostly sees none.
    """

    kind = Kind.IMAGE

    def __init__(self, path: Path, *, name: str = "", poll: float = POLL, reader: PictureReader | None = None) -> None:
        self.name = name or f"image:{path}"
        self._path = path
        self._poll = poll
        self._reader = reader or PictureReader()
        self._known: dict[str, _State] = {}
        self._unsettled: dict[str, _State] = {}
        self._waiting: deque[Path] = deque()
        self._stamp: _State | None = None
        self._quiet = 0
        self._ready: deque[Reading] = deque()

    async def open(self) -> None:
        self._waiting.clear()
        self._ready.clear()
        self._unsettled = {}
        found = self._look()
        self._known = {} if self._path.is_file() else found

    async def read(self) -> Reading:
        while not self._ready:
            if not self._waiting:
                self._take(self._look())
            if self._waiting:
                self._ready.extend(await self._codes(self._waiting[0]))
                self._waiting.popleft()
            else:
                await asyncio.sleep(self._poll)
        return self._ready.popleft()

    async def close(self) -> None:
        await self._reader.close()

    def _take(self, found: dict[str, _State]) -> None:
        settled = []
        for name, state in found.items():
            if self._known.get(name) != state and self._unsettled.get(name) == state:
                self._known[name] = state
                settled.append((state, Path(name)))
        self._waiting.extend(path for _, path in sorted(settled))
        self._unsettled = {name: state for name, state in found.items() if self._known.get(name) != state}
        # What was taken away may come back under its name.
        self._known = {name: state for name, state in self._known.items() if name in found}

    def _look(self) -> dict[str, _State]:
        try:
            own = _state(self._path.stat())
            if not self._path.is_dir():
                return {str(self._path): own}
            self._quiet = self._quiet + 1 if own == self._stamp and not self._unsettled else 0
            self._stamp = own
            return self._known if self._quiet >= QUIET else self._pictures()
        except OSError as error:
            raise LinkError(
                f"cannot look at {self._path}: {error.strerror or error}",
                hint="Папки или файла со снимками нет, либо нет прав на чтение. Проверьте путь в настройках сканера.",
                code="link_no_port",
            ) from error

    def _pictures(self) -> dict[str, _State]:
        found = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                if entry.name.lower().endswith(SUFFIXES) and not entry.name.startswith("."):
                    with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
                        found[entry.path] = _state(entry.stat())
        return found

    async def _codes(self, path: Path) -> list[Reading]:
        nothing = [] if path == self._path else [Reading(data=b"", notes=(Note.NO_CODE,))]
        try:
            with path.open("rb") as file:
                picture = file.read(MAX_BYTES + 1)
        except OSError:  # taken away meanwhile
            return []
        try:
            found = await self._reader.look(picture)
        except PictureError:
            return nothing
        read = [Reading(data=seen.data, symbology=seen.symbology) for seen in found.seen]
        return read if read and found.whole else [*read, *nothing]


def _state(stat: os.stat_result) -> _State:
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
