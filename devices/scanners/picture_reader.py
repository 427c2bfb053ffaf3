"""Pictures looked at in a process of their own, one after another, each within its time or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from devices.errors import RequestError
from devices.scanners.looks import MAX_BYTES, MOST, SECONDS, Look, PictureError, from_json, too_large

MODULE: Final = "devices.scanners.picture_child"
#: Seconds beyond the asked ones before the process is ended: the last look, the picture's decoding, a cold start.
GRACE: Final = 5.0
#: A process that nobody asks for so long is ended: it holds 40 MB.
IDLE: Final = 60.0
#: Of one answer: sixteen codes of the longest kind take 60 kB.
_LINE: Final = 4 * 1024 * 1024


class PictureReader:
    """Asks the process, which is started by the first picture; belongs to one running loop."""

    def __init__(self, *, idle: float = IDLE, grace: float = GRACE) -> None:
        self._idle = idle
        self._grace = grace
        self._one_by_one = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._end: asyncio.TimerHandle | None = None
        self._killed: list[asyncio.subprocess.Process] = []

    async def look(self, picture: bytes, *, most: int = MOST, seconds: float = SECONDS) -> Look:
        """As `devices.scanners.image.look`; PictureError for what is no picture or takes too long."""
        if len(picture) > MAX_BYTES:
            raise too_large(f"the picture has {len(picture)} bytes, {MAX_BYTES} at most are read")
        async with self._one_by_one:
            if self._end is not None:
                self._end.cancel()
            answer = await self._ask(picture, most, seconds)
            self._end = asyncio.get_running_loop().call_later(self._idle, self._kill)
        if (error := answer.get("error")) is not None:
            kind = PictureError if error["code"] != "picture_engines_missing" else RequestError
            raise kind(error["detail"], hint=error["hint"], code=error["code"])
        return from_json(answer)

    async def close(self) -> None:
        """End the process; the reader may be used again."""
        if self._end is not None:
            self._end.cancel()
        self._kill()
        await self._bury()

    async def _ask(self, picture: bytes, most: int, seconds: float) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(seconds + self._grace):
                return await self._exchange(picture, most, seconds)
        except TimeoutError as error:
            raise PictureError(
                f"the picture took longer than {seconds + self._grace:g} seconds",
                hint="Снимок слишком сложен: сфотографируйте один код крупно и резко.",
                code="picture_timeout",
            ) from error
        except (OSError, EOFError) as error:
            raise PictureError(
                f"the process that looks at pictures ended over this one: {type(error).__name__}",
                hint="Сбой при чтении снимка. Повторите; если не поможет, сохраните его как JPEG или возьмите сканер.",
                code="picture_reader_died",
            ) from error

    async def _exchange(self, picture: bytes, most: int, seconds: float) -> Mapping[str, Any]:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            question = {"size": len(picture), "most": most, "seconds": seconds}
            process.stdin.write(json.dumps(question).encode() + b"\n")
            process.stdin.write(picture)
            await process.stdin.drain()
            line = await process.stdout.readline()
            if not line.endswith(b"\n"):
                raise EOFError
        except BaseException:
            # An answer that nobody waits for any more would be taken for the next one's.
            self._kill()
            raise
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is not None:
            self._kill()  # it ended by itself
        await self._bury()
        if self._process is None:
            # -P: what lies in the working directory is not ours to import.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", MODULE),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LINE,
            )
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            self._killed.append(process)

    async def _bury(self) -> None:
        """Wait until the killed are gone and their pipes closed, or the loop's end finds them open."""
        while self._killed:
            with contextlib.suppress(OSError):
                await self._killed[-1].communicate()
            self._killed.pop()
