"""No input makes a decoder work, or keep, out of proportion to its size: lengths that lie, repetitions, deep nesting.

Work is counted in calls, not seconds, so the result does not depend on the machine.
"""

import sys
import tracemalloc
from collections.abc import Callable

import pytest
from fuzzing.inputs import repeated
from fuzzing.registry import TARGETS

SMALL, LARGE = 128, 512
#: Calls for LARGE over calls for SMALL: four when the work is linear, sixteen when it is quadratic.
GROWTH = 6
#: Bytes kept for a byte of input: a tag without a value is 4 bytes on the wire and a few objects in memory.
KEPT = 400
IDLE = 2_000_000


def calls(work: Callable[[], object]) -> int:
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if not target.slow])
def test_work_and_memory_are_linear(name: str) -> None:
    target = TARGETS[name]
    for small, large in zip(repeated(target, SMALL), repeated(target, LARGE), strict=True):
        target.run(small)  # caches are filled
        few, many = calls(lambda data=small: target.run(data)), calls(lambda data=large: target.run(data))
        assert many <= GROWTH * few + 2_000, (
            f"{few} calls for {len(small)} bytes, {many} for {len(large)}: {small[:12]!r}"
        )


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if not target.slow])
def test_memory_follows_the_input(name: str) -> None:
    target = TARGETS[name]
    kept = peak(lambda: [target.run(data) for data in repeated(target, LARGE)])
    assert kept <= KEPT * LARGE + IDLE, f"{kept} bytes kept for inputs of {LARGE}"


def test_quadratic_work_is_noticed() -> None:
    def quadratic(size: int) -> None:
        for at in range(size):
            sum(map(abs, range(at)))
            for _ in range(at):
                abs(at)

    assert calls(lambda: quadratic(400)) > GROWTH * calls(lambda: quadratic(100)) + 2_000
