"""The process that looks at pictures: `python -m devices.scanners.picture_child`, spoken to by `PictureReader`.

Pictures come from outside, and what decodes them is a lot of C: its crash, its memory and its endless loop must not be
the gateway's. A question is a line {"size", "most", "seconds"} and the picture behind it; an answer is a line.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

from devices.errors import RequestError
from devices.scanners.image import Look, Seen, look
from devices.scanners.picture import load, too_large

#: Address space: several times what the largest admitted picture needs.
MEMORY: Final = 1536 * 1024 * 1024
#: Receipts come first wherever both want the processor.
NICE: Final = 10


def main() -> None:
    """Answer until standard input ends, which it does when the gateway is gone."""
    _be_modest()
    loop = asyncio.new_event_loop()
    serve(sys.stdin.buffer, sys.stdout.buffer, clock=loop.time)
    loop.close()


def serve(questions: BinaryIO, answers: BinaryIO, *, clock: Callable[[], float]) -> None:
    """The exchange over any pair of streams."""
    while line := questions.readline():
        question = json.loads(line)
        picture = questions.read(question["size"])
        if len(picture) < question["size"]:
            return
        answers.write(json.dumps(_answer(picture, question, clock)).encode() + b"\n")
        answers.flush()


def to_json(found: Look) -> dict[str, Any]:
    """A look as the answer tells it."""
    return {
        "seen": [
            {
                "data": base64.b64encode(seen.data).decode(),
                "symbology": seen.symbology,
                "engine": seen.engine,
                "step": seen.step,
                "corners": seen.corners,
            }
            for seen in found.seen
        ],
        "contradicted": found.contradicted,
        "in_time": found.in_time,
    }


def from_json(answer: Mapping[str, Any]) -> Look:
    """The look an answer tells."""
    return Look(
        seen=tuple(
            Seen(
                data=base64.b64decode(seen["data"]),
                symbology=seen["symbology"],
                engine=seen["engine"],
                step=seen["step"],
                corners=tuple((x, y) for x, y in seen["corners"]),  # type: ignore[arg-type]
            )
            for seen in answer["seen"]
        ),
        contradicted=answer["contradicted"],
        in_time=answer["in_time"],
    )


def _answer(picture: bytes, question: Mapping[str, Any], clock: Callable[[], float]) -> dict[str, Any]:
    try:
        return to_json(look(load(picture), clock=clock, most=question["most"], seconds=question["seconds"]))
    except RequestError as error:
        return _refusal(error)
    except MemoryError:
        return _refusal(too_large("the picture needs more memory than one may take"))


def _refusal(error: RequestError) -> dict[str, Any]:
    return {"error": {"code": error.code, "detail": error.detail, "hint": error.hint}}


def _be_modest() -> None:
    # A sandbox may forbid to ask for less, and Windows knows neither.
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
    with contextlib.suppress(OSError, ImportError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
