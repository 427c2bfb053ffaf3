"""A line to a register that can be spoilt: a TCP proxy in a process of its own, told its mood on standard input.

    python bench/bad_line.py REGISTER_PORT

Says `{"port": N}` and then obeys one word a line: healthy, refused, black_hole, stalled, garbage, flapping.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import sys

#: Bytes of requests that a stalled line and a flapping one let through on each connection.
STALLS_AFTER, FLAPS_AFTER = 300, 2000


class Line:
    """Listens on one port and does to its connections what its mood says."""

    def __init__(self, register: int) -> None:
        self._register = register
        self._chance = random.Random(1)
        self._mood = "refused"
        self._server: asyncio.Server | None = None
        self._hole: list[socket.socket] = []
        self._open: set[asyncio.StreamWriter] = set()
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port: int = sock.getsockname()[1]

    async def be(self, mood: str) -> None:
        """From now on; connections of before are cut."""
        self._mood = mood
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            writer.transport.abort()
        for sock in self._hole:
            sock.close()
        self._hole.clear()
        if mood == "black_hole":
            self._swallow()
        elif mood != "refused":
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def _swallow(self) -> None:
        """A port whose queue is full: the kernel drops every further call, as a cut cable does."""
        hole = socket.socket()
        hole.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        hole.bind(("127.0.0.1", self.port))
        hole.listen(0)
        self._hole.append(hole)
        for _ in range(3):
            caller = socket.socket()
            caller.settimeout(0)
            caller.connect_ex(("127.0.0.1", self.port))
            self._hole.append(caller)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        mood, passed = self._mood, 0
        beyond, back = None, None
        try:
            if mood != "garbage":
                answers, beyond = await asyncio.open_connection("127.0.0.1", self._register)
                back = asyncio.ensure_future(self._carry(answers, writer))
            while data := await reader.read(4096):
                passed += len(data)
                if beyond is None:
                    writer.write(self._chance.randbytes(64))
                elif mood == "stalled" and passed > STALLS_AFTER:
                    continue
                elif mood == "flapping" and passed > FLAPS_AFTER:
                    break
                else:
                    beyond.write(data)
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            for one in (writer, beyond):
                if one is not None:
                    one.transport.abort()
            if back is not None:
                back.cancel()

    async def _carry(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await answers.read(4096):
                writer.write(data)
        except OSError:
            pass
        writer.transport.abort()


async def main(register: int) -> None:
    line = Line(register)
    sys.stdout.write(json.dumps({"port": line.port}) + "\n")
    sys.stdout.flush()
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while word := (await orders.readline()).decode().strip():
        await line.be(word)
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
