"""The process that looks at pictures: `python -m devices.scanners.picture_child`, spoken to by `PictureReader`.

Pictures come from outside, and what decodes them is a lot of C: its crash, its memory and its endless loop must not be
the gateway's. A question is a line {"size", "most", "seconds"} and the picture behind it; an answer is a line.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, Final

from devices.errors import RequestError
from devices.scanners.image import look
from devices.scanners.looks import to_json, too_large
from devices.scanners.picture import load

#: Address space: several times what the largest admitted picture needs.
MEMORY: Final = 1536 * 1024 * 1024
#: Receipts come first wherever both want the processor.
NICE: Final = 10


def main() -> None:
    """Answer until standard input ends, which it does when the gateway is gone."""
    # Ctrl-C is meant for the gateway, which then closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
