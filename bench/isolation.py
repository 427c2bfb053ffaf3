"""What a dead register costs the callers of a healthy one: time to accept and time to the document, p50 and p99.

    .venv/bin/python bench/isolation.py [--cycles 12] [--seconds 0.6] [--backlog 5]

One gateway, three registers in emulator processes: `good` is measured; `far` hangs on a line that is healthy, refused,
a black hole, stalled in the middle of a document, full of garbage or flapping; `usb` is a serial port whose device
vanishes. Moods take turns in short rounds, all of them in every cycle, with `--backlog` receipts waiting for the dead
one in each. `good` gets one receipt after another: `accept` is POST to 202, `done` is POST to the fiscal document.
Prints one JSON object: of each mood p50 and p99 over all its receipts (a round alone has too few for a p99), the
gateway's processor time a receipt, and their ratios to the healthy rounds of the same run. `noise` says what these
ratios come to where nothing differs: before each dead round there is a healthy one, and these rounds, as many as each
mood has, are held against all healthy ones; the lowest and the highest of the six are shown. A ratio in between tells
nothing but how busy the machine was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Round:
    """Milliseconds of each receipt to 202 and to its document; of the gateway's processor in all."""

    accepts: list[float]
    documents: list[float]
    processor: float


def summary(rounds: list[Round]) -> dict[str, float]:
    """Over all receipts of these rounds."""
    accepts = [sample for one in rounds for sample in one.accepts]
    documents = [sample for one in rounds for sample in one.documents]
    return {
        "receipts": len(accepts),
        "accept_p50_ms": statistics.median(accepts),
        "accept_p99_ms": p99(accepts),
        "done_p50_ms": statistics.median(documents),
        "done_p99_ms": p99(documents),
        "cpu_ms": sum(one.processor for one in rounds) / len(accepts),
    }


def ratios(found: dict[str, float], healthy: dict[str, float]) -> dict[str, float]:
    """Of every figure to that of the healthy rounds."""
    return {f"{name}_ratio": found[name] / healthy[name] for name in healthy if name != "receipts"}


def processor_ms(process: int) -> float:
    """What a process has used so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def p99(samples: list[float]) -> float:
    return sorted(samples)[int(len(samples) * 0.99)]


async def measure(shop: Shop, cycles: int, seconds: float, backlog: int) -> dict[str, Any]:
    """A healthy round before each dead one, every mood in every cycle."""
    caller = await Caller(shop.server).open()
    process = shop.server.process.pid
    taken: dict[str, list[Round]] = {mood: [] for mood in ("healthy", *DEAD)}
    shop.be("healthy")
    await caller.settled("good", "far", "usb")
    await caller.round(seconds)
    for _ in range(cycles):
        for dead in DEAD:
            for mood in ("healthy", dead):
                shop.be(mood)
                if mood == "healthy":
                    await caller.settled("good", "far", "usb")
                else:
                    for _ in range(backlog):
                        await caller.sell("usb" if mood == "vanished" else "far")
                before = processor_ms(process)
                accepts, documents = await caller.round(seconds)
                taken[mood].append(Round(accepts, documents, processor_ms(process) - before))
    healthy = taken["healthy"]
    figures = {mood: summary(rounds) for mood, rounds in taken.items()}
    for mood in DEAD:
        figures[mood].update(ratios(figures[mood], figures["healthy"]))
    before_each = [summary(healthy[place :: len(DEAD)]) for place in range(len(DEAD))]
    placebos = [ratios(group, figures["healthy"]) for group in before_each]
    shown: dict[str, Any] = {
        mood: {name: round(value, 2) for name, value in found.items()} for mood, found in figures.items()
    }
    shown["noise"] = {
        name: [round(pick(one[name] for one in placebos), 2) for pick in (min, max)] for name in placebos[0]
    }
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=0.6)
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
