"""A whole shop of real processes under nonsense at every port; afterwards each serves a good client at once."""

from __future__ import annotations

import os
import random
import tempfile
import termios
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator_process import Emulator, until
from gateway_process import Gateway, sale
from raw_shtrih import ACK, ADMIN, ENQ, NAK, RawShtrih, frame

from fuzzing.sockets import Attack, Footprint, pty_garbage

#: What may stay of any number of connections once as many again were seen.
GROWTH_KIB = 24_576
WORDS_OF_FAILURE = ("Traceback", "request failed", "control request failed", "handler of a connection failed")


@dataclass
class Shop:
    """A register on TCP and pty with its control, an OFD that it sends to, and a gateway before the register."""

    folder: Path
    register: Emulator
    ofd: Emulator
    gateway: Gateway
    pty: str

    @property
    def ports(self) -> dict[str, tuple[int, str]]:
        """Name -> (port, kind of nonsense)."""
        return {
            "gateway": (self.gateway.port, "http"),
            "control": (int(self.register.control.rpartition(":")[2]), "http"),
            "register": (self.register.ports[0], "register"),
            "ofd": (self.ofd.ports[0], "ofd"),
        }

    @property
    def pids(self) -> dict[str, int]:
        return {
            "gateway": self.gateway.process.pid,
            "register": self.register.process.pid,
            "ofd": self.ofd.process.pid,
        }

    def serves(self, key: str) -> None:
        """A receipt goes through all of it; the register answers by hand too, on both lines."""
        answer = self.gateway.post("/api/v1/receipts?wait=30", sale(key))
        assert answer["state"] == "done", answer
        number = answer["fiscal"]["document"]
        until(lambda: any(one["number"] == number for one in self.ofd.get("/documents")))
        assert _status_over(self.pty)[:1] == b"\x11"


@contextmanager
def shop(folder: Path) -> Iterator[Shop]:
    """Started in this order, ended by force."""
    pty = str(folder / "line")
    with ExitStack() as running:
        ofd = running.enter_context(Emulator("ofd", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0"))
        lines = ("--listen", "tcp:127.0.0.1:0", "--listen", f"pty:{pty}", "--control", "127.0.0.1:0")
        register = running.enter_context(Emulator("shtrih", *lines, "--ofd", f"127.0.0.1:{ofd.ports[0]}"))
        links = {"kkt-1": f"tcp:127.0.0.1:{register.ports[0]}"}
        yield Shop(folder, register, ofd, running.enter_context(Gateway(folder, links)), pty)


def _status_over(path: str) -> bytes:
    """The long status over the serial line."""
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(line, termios.TCSANOW)
        os.set_blocking(line, False)
        for _ in range(20):  # answers to the nonsense of before are read away
            os.write(line, ENQ)
            state = _take(line, 1)
            if state == NAK:
                break
            _drain(line)
            os.write(line, ACK)
        os.write(line, frame(b"\x11" + ADMIN))
        answer = _take(line, 3)
        assert answer[:2] == ACK + b"\x02", answer
        message = _take(line, answer[2] + 1)[:-1]
        os.write(line, ACK)
        return message
    finally:
        os.close(line)


def _take(line: int, count: int) -> bytes:
    got = bytearray()

    def more() -> bool:
        try:
            got.extend(os.read(line, count - len(got)))
        except BlockingIOError:
            return False
        return len(got) >= count

    until(more, 5)
    return bytes(got)


def _drain(line: int) -> None:
    try:
        while os.read(line, 4096):
            pass
    except BlockingIOError:
        return


def attack(there: Shop, connections: int, seed: int) -> dict[str, int]:
    """So many connections at each port, and the pty; AssertionError when anything stays of it."""
    there.serves("before")
    warm = random.Random(seed)
    for port, kind in there.ports.values():
        # buffers and the collector's thresholds fill up once; what grows for ever goes on growing
        Attack(port, kind, random.Random(warm.random())).run(connections // 2)
    before = {name: Footprint.of(pid) for name, pid in there.pids.items()}
    done: dict[str, int] = {}
    for name, (port, kind) in there.ports.items():
        one = Attack(port, kind, random.Random(f"{seed}-{name}"))
        one.run(connections)
        done[name] = sum(one.styles.values()) - one.styles["refused"]
        if name == "register":
            with RawShtrih(port) as host:
                host.call(0xFF01)
    pty_garbage(there.pty, random.Random(f"{seed}-pty"), max(10, connections // 10))
    done["pty"] = max(10, connections // 10)
    there.serves("after")
    for name, pid in there.pids.items():
        until(lambda pid=pid, name=name: Footprint.of(pid).descriptors <= before[name].descriptors + 2, 20)
        after = Footprint.of(pid)
        grown = after.kib - before[name].kib
        assert grown <= GROWTH_KIB, f"{name} grew by {grown} KiB"
    return done


def no_failures(text: str) -> list[str]:
    """Lines of a log that tell of a failure nobody expected."""
    return [line for line in text.splitlines() if any(word in line for word in WORDS_OF_FAILURE)]


def main(connections: int) -> int:
    """The long form."""
    from fuzzing import sums

    with tempfile.TemporaryDirectory() as folder, shop(Path(folder)) as there:
        done = attack(there, connections, seed=1)
        footprints = {name: Footprint.of(pid) for name, pid in there.pids.items()}
        there.gateway.kill()
        logs = [there.gateway.errors()]
        logs += [process.stop()[2] for process in (there.register, there.ofd)]
    failures = [line for log in logs for line in no_failures(log)]
    print(done, footprints, *failures, sep="\n")
    if failures:
        return 1
    sums.put("sockets", **done)
    return 0
