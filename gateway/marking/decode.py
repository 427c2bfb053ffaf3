"""Codes out of pictures for whoever asks the gateway: a few at a time, away from everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from devices.errors import GatewayError
from devices.scanners.looks import Seen
from devices.scanners.picture_reader import PictureReader
from protocols.marking import Code, CodeError, Warning_, parse, read

#: Pictures that may be on their way or wait at once, of 16 MiB at most.
LIMIT: Final = 4


class Decoder:
    """Reads pictures one after another in a process of their own; close it."""

    def __init__(self, reader: PictureReader | None = None, *, limit: int = LIMIT) -> None:
        self._reader = reader or PictureReader()
        self._limit = limit
        self._wanted = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """To be held from a picture's first byte to its answer; too_many_pictures when there is none left."""
        if self._wanted >= self._limit:
            raise GatewayError(f"{self._limit} pictures are being read already", code="too_many_pictures")
        self._wanted += 1
        try:
            yield
        finally:
            self._wanted -= 1

    async def codes(self, picture: bytes) -> tuple[Code, ...]:
        """The codes on a picture, DataMatrix first; PictureError when it is none."""
        return understood((await self._reader.look(picture)).seen)

    async def close(self) -> None:
        """End the process."""
        await self._reader.close()


def understood(found: Iterable[Seen]) -> tuple[Code, ...]:
    """What engines saw as codes; one that no parser takes keeps its bytes, with the reason as a warning."""
    return tuple(_understood(seen) for seen in found)


def _understood(seen: Seen) -> Code:
    try:
        return parse(seen.data, symbology=seen.symbology)
    except CodeError as error:
        code = read(seen.symbology.encode("ascii") + seen.data)
        warning = Warning_(code=error.code, detail=error.detail, hint=error.hint)
        return replace(code, warnings=(warning, *code.warnings))
