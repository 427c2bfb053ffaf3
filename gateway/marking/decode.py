"""Codes out of pictures for whoever asks the gateway: a few at a time, away from everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final, NamedTuple

from devices.errors import GatewayError
from devices.scanners.looks import Look, Seen
from devices.scanners.picture_reader import PictureReader
from protocols.marking import Code, CodeError, Warning_, parse, read

#: Pictures that may be on their way or wait at once, of 16 MiB at most.
LIMIT: Final = 4


class Decoded(NamedTuple):
    """The codes of a picture, DataMatrix first, and what it may hold beside them."""

    codes: tuple[Code, ...]
    warnings: tuple[Warning_, ...] = ()


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

    async def codes(self, picture: bytes) -> Decoded:
        """The codes on a picture; PictureError when it is none."""
        return understood(await self._reader.look(picture))

    async def close(self) -> None:
        """End the process."""
        await self._reader.close()


def understood(found: Look) -> Decoded:
    """What engines saw as codes; one that no parser takes keeps its bytes, with the reason as a warning."""
    return Decoded(tuple(_understood(seen) for seen in found.seen), tuple(_not_told(found)))


def _not_told(found: Look) -> Iterator[Warning_]:
    if places := len(found.unread):
        yield Warning_(
            code="picture_codes_unread",
            detail=f"{places} more place(s) look like a code and could not be read",
            hint=f"Не прочитано мест, похожих на код: {places}. Сфотографируйте их отдельно, крупно и без бликов.",
        )
    if places := found.contradicted:
        yield Warning_(
            code="picture_codes_contradicted",
            detail=f"{places} code(s) were read in different ways, so none of the readings is told",
            hint=f"Прочитано по-разному и не принято кодов: {places}. Сфотографируйте их ещё раз, крупно и резко.",
        )
    if found.left_out:
        yield Warning_(
            code="picture_codes_left_out",
            detail=f"{found.left_out} more code(s) were read than the {len(found.seen)} that are told of one picture",
            hint=f"На снимке слишком много кодов, не показано: {found.left_out}. Сфотографируйте товары частями.",
        )
    if found.repeated:
        yield Warning_(
            code="picture_codes_repeated",
            detail=f"{found.repeated} more symbol(s) say the same as codes that are told; each is told once",
            hint=f"Одинаковых кодов на снимке, кроме показанных: {found.repeated}. Каждый показан один раз: двух "
            "упаковок с одним кодом не бывает.",
        )
    if not found.in_time:
        yield Warning_(
            code="picture_time_up",
            detail="the time for one picture was up before all of it was searched",
            hint="Снимок слишком сложен и просмотрен не весь. Сфотографируйте товары частями, крупно и резко.",
        )


def _understood(seen: Seen) -> Code:
    try:
        return parse(seen.data, symbology=seen.symbology)
    except CodeError as error:
        code = read(seen.symbology.encode("ascii") + seen.data)
        warning = Warning_(code=error.code, detail=error.detail, hint=error.hint)
        return replace(code, warnings=(warning, *code.warnings))
