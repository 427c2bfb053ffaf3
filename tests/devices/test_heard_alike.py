"""What was heard once is not believed where a frame's sum is one byte: neither a value nor its absence."""

from __future__ import annotations

import pytest
from virtual_loop import virtual

from devices.errors import ProtocolError
from devices.registers.alike import READINGS, heard_alike


@pytest.mark.parametrize(
    ("heard", "before", "believed", "readings"),
    [
        ([5, 5], None, 5, 2),
        ([5], 5, 5, 1),
        ([5, 6, 6], None, 6, 3),
        ([None, 5, 5], None, 5, 3),  # "no such document", misheard
        ([None, None], None, None, 2),
    ],
)
@virtual
async def test_an_answer_is_believed_when_it_comes_twice(
    heard: list[int | None], before: int | None, believed: int | None, readings: int
) -> None:
    left = list(heard)

    async def read() -> int | None:
        return left.pop(0)

    assert await heard_alike(read, before) == believed
    assert len(heard) - len(left) == readings


@virtual
async def test_an_answer_that_never_comes_twice_is_noise() -> None:
    said = iter(range(READINGS))

    async def read() -> int:
        return next(said)

    with pytest.raises(ProtocolError):
        await heard_alike(read, None)
