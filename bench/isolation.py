"""What a dead register costs the callers of a healthy one: time to accept and time to the document, p50 and p99.

    .venv/bin/python bench/isolation.py [--cycles 4] [--seconds 1.2] [--backlog 5]

One gateway, three registers in emulator processes: `good` is measured; `far` hangs on a line that is healthy, refused,
a black hole, stalled in the middle of a document, full of garbage or flapping; `usb` is a serial port whose device
vanishes. Moods take turns in short rounds, all of them in every cycle, with `--backlog` receipts waiting for the dead
one in each. `good` gets one receipt after another: `accept` is POST to 202, `done` is POST to the fiscal document.
Prints one JSON object; each ratio is the median of a mood's p99 over that of the healthy rounds of the same run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from served import HERE, LOAD_CORE, Server

BIN = Path(sys.executable).parent
DEAD = ("refused", "black_hole", "stalled", "garbage", "flapping", "vanished")
ITEM = {
    "name": "Ботинки зимние, кожа, размер 42",
    "price": "4990.00",
    "quantity": 1,
    "payment_method": "full_payment",
    "payment_object": "commodity",
    "vat": "vat22",
}


def pinned(*command: str) -> subprocess.Popen[str]:
    """A helper on the core that is not the gateway's."""
    return subprocess.Popen(
        ["taskset", "-c", str(LOAD_CORE), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def emulator(listen: str, state: Path) -> tuple[subprocess.Popen[str], str]:
    """A register, and the link to it."""
    process = pinned(
        str(BIN / "fiscal-emulator"), "shtrih", "--listen", listen, "--state", str(state), "--json", "--seed", "1"
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())["listen"][0]


class Caller:
    """A program with one connection that it keeps."""

    def __init__(self, server: Server, prefix: str = "") -> None:
        """`prefix` begins the keys of its receipts."""
        self._server = server
        self._prefix = prefix
        self._number = 0

    async def open(self) -> Caller:
        address = urlsplit(self._server.url)
        self._host = address.netloc
        self._reader, self._writer = await asyncio.open_connection(address.hostname, address.port)
        return self

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._server.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        answer = json.loads(await self._reader.readexactly(length))
        assert head[9:12] < b"300", (head, answer)
        return answer

    async def sell(self, register: str, items: int = 5) -> str:
        self._number += 1
        key = f"{self._prefix}{register}-{self._number}"
        total = f"{4990 * items}.00"
        body = {
            "id": key,
            "register": register,
            "operation": "sell",
            "taxation": "osn",
            "items": [ITEM] * items,
            "payments": [{"type": "electronic", "sum": total}],
        }
        await self.ask("POST", "/api/v1/receipts", body)
        return key

    async def settled(self, *registers: str) -> None:
        """Until these registers are connected and have nothing left to do."""
        for register in registers:
            while True:
                seen = await self.ask("GET", f"/api/v1/registers/{register}")
                if seen["connected"] and not seen["queued"]:
                    break
                await asyncio.sleep(0.05)

    async def round(self, seconds: float) -> tuple[list[float], list[float]]:
        """Milliseconds to 202 and to the document, of receipts sold one after another."""
        accepts, documents = [], []
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            key = await self.sell("good")
            accepts.append((time.perf_counter() - began) * 1000)
            answer = await self.ask("GET", f"/api/v1/receipts/{key}?wait=30")
            documents.append((time.perf_counter() - began) * 1000)
            assert answer["state"] == "done", answer
        return accepts, documents


class Shop:
    """The gateway and what it is connected to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._good, good = emulator("tcp:127.0.0.1:0", directory / "good")
        self._far, far = emulator("tcp:127.0.0.1:0", directory / "far")
        self._port = str(directory / "usb-port")
        self._usb, _ = emulator(f"pty:{self._port}", directory / "usb")
        self._line = pinned(sys.executable, str(HERE / "bad_line.py"), far.rpartition(":")[2])
        assert self._line.stdout is not None
        port = json.loads(self._line.stdout.readline())["port"]
        links = {"good": good, "far": f"tcp:127.0.0.1:{port}", "usb": f"serial:{self._port}"}
        configuration = directory / "config.toml"
        configuration.write_text(
            "\n".join(
                f'[[registers]]\nname = "{name}"\nfamily = "shtrih"\nlink = "{link}"\n' for name, link in links.items()
            )
        )
        data = directory / "data"
        start = "from gateway.cli.main import main; main()"
        options = ["--config", str(configuration), "--data-dir", str(data), "--port", "0", "--json"]
        self.server = Server("-c", start, "serve", *options, token_file=data / "admin.token")

    def be(self, mood: str) -> None:
        """How the other registers are from now on."""
        if mood == "vanished":
            self._usb.send_signal(signal.SIGKILL)
            self._usb.wait()
        elif self._usb.poll() is not None:
            Path(self._port).unlink(missing_ok=True)
            self._usb, _ = emulator(f"pty:{self._port}", self._directory / "usb")
        assert self._line.stdin is not None
        assert self._line.stdout is not None
        self._line.stdin.write(("healthy" if mood == "vanished" else mood) + "\n")
        self._line.stdin.flush()
        self._line.stdout.readline()

    def close(self) -> None:
        self.server.__exit__()
        for process in (self._good, self._far, self._usb, self._line):
            process.kill()
            process.wait()


def p99(samples: list[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.99)]


async def measure(shop: Shop, cycles: int, seconds: float, backlog: int) -> dict[str, Any]:
    """Every mood in every cycle; the healthy one before and after the others."""
    caller = await Caller(shop.server).open()
    taken: dict[str, list[tuple[list[float], list[float]]]] = {mood: [] for mood in ("healthy", *DEAD)}
    shop.be("healthy")
    await caller.settled("good", "far", "usb")
    await caller.round(seconds)
    for _ in range(cycles):
        for mood in ("healthy", *DEAD, "healthy"):
            shop.be(mood)
            if mood == "healthy":
                await caller.settled("good", "far", "usb")
            else:
                dead = "usb" if mood == "vanished" else "far"
                for _ in range(backlog):
                    await caller.sell(dead)
            taken[mood].append(await caller.round(seconds))
    figures: dict[str, Any] = {"cycles": cycles, "receipts": {m: sum(len(r[0]) for r in taken[m]) for m in taken}}
    for place, what in enumerate(("accept", "done")):
        of_mood = {
            mood: {
                "p50_ms": round(statistics.median(s for r in rounds for s in r[place]), 2),
                "p99_ms": round(statistics.median(p99(r[place]) for r in rounds), 2),
            }
            for mood, rounds in taken.items()
        }
        for mood in DEAD:
            for figure in ("p50", "p99"):
                of_mood[mood][f"{figure}_ratio"] = round(
                    of_mood[mood][f"{figure}_ms"] / of_mood["healthy"][f"{figure}_ms"], 2
                )
        figures[what] = of_mood
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.2)
    parser.add_argument("--backlog", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        shop = Shop(Path(directory))
        try:
            print(json.dumps(asyncio.run(measure(shop, given.cycles, given.seconds, given.backlog)), indent=1))
        finally:
            shop.close()


if __name__ == "__main__":
    main()
