"""The emulator as a neighbour: its state survives, its processes do not clash, garbage does not stop it."""

from __future__ import annotations

import contextlib
import os
import socket
import termios
import threading
import time
from pathlib import Path
from random import Random

import pytest
from emulator_process import Emulator, until
from raw_shtrih import ACK, ENQ, NAK, STX, Lost, RawShtrih, frame

ARGUMENTS = ("--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0")


def sale(port: int, *, open_shift: bool = True) -> int:
    with RawShtrih(port) as host:
        if open_shift:
            host.open_shift()
        host.open_sale()
        return host.close_sale()


def test_state_survives_a_kill_and_can_be_used_again(tmp_path: Path) -> None:
    with Emulator("shtrih", *ARGUMENTS, "--state", str(tmp_path)) as emulator:
        number = sale(emulator.ports[0])
        documents = emulator.get("/documents")
        emulator.kill()
    with Emulator("shtrih", *ARGUMENTS, "--state", str(tmp_path)) as emulator:
        assert emulator.get("/documents") == documents
        assert sale(emulator.ports[0], open_shift=False) == number + 1


def test_a_kill_in_full_swing_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    with Emulator("shop", *ARGUMENTS, "--state", str(tmp_path)) as emulator:
        with RawShtrih(emulator.ports[0]) as host:
            host.open_shift()
            answered = 2
            killer = threading.Timer(0.3, emulator.process.kill)
            killer.start()
            with contextlib.suppress(Lost, OSError):
                while True:
                    host.open_sale()
                    answered = host.close_sale()
        killer.join()
    assert answered > 2
    with Emulator("shop", *ARGUMENTS, "--state", str(tmp_path)) as emulator:
        numbers = [one["number"] for one in emulator.get("/documents")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) in {answered, answered + 1}
        until(lambda: len(emulator.get("/ofd/documents")) == len(numbers), 30)
        assert sale(emulator.ports[0], open_shift=False) == len(numbers) + 1


def test_a_kill_between_items_leaves_no_document(tmp_path: Path) -> None:
    with Emulator("shtrih", *ARGUMENTS, "--state", str(tmp_path)) as emulator, RawShtrih(emulator.ports[0]) as host:
        host.open_shift()
        host.open_sale()
        emulator.kill()
    with Emulator("shtrih", *ARGUMENTS, "--state", str(tmp_path)) as emulator, RawShtrih(emulator.ports[0]) as host:
        assert [one["code"] for one in emulator.get("/documents")] == [1, 2]
        if host.call(0x10)[3] & 0x0F == 8:  # the register may still hold the open receipt
            host.call(0x88)
        host.open_sale()
        assert host.close_sale() == 3


def test_two_emulators_side_by_side_are_two_registers() -> None:
    with Emulator("shtrih", *ARGUMENTS) as one, Emulator("shtrih", *ARGUMENTS) as other:
        sale(one.ports[0])
        assert len(one.get("/documents")) == 3
        assert len(other.get("/documents")) == 1
        assert one.get("/documents")[0]["fn"] != other.get("/documents")[0]["fn"]


def test_several_registers_in_one_process_share_an_ofd(tmp_path: Path) -> None:
    listens = ["--listen", "tcp:127.0.0.1:0"] * 3
    state = ["--state", str(tmp_path)]
    with Emulator("shop", "--registers", "3", *listens, "--control", "127.0.0.1:0", *state) as shop:
        for port in shop.ports:
            sale(port)
        registers = shop.get("/state")["registers"]
        assert [one["name"] for one in registers] == ["kkt-1", "kkt-2", "kkt-3"]
        drives = [shop.get(f"/documents?register={one['name']}")[0]["fn"] for one in registers]
        assert len(set(drives)) == 3
        received = until(lambda: len(found := shop.get("/ofd/documents")) == 9 and found)
        assert {one["fn"] for one in received} == set(drives)
        assert [one["number"] for one in shop.get(f"/ofd/documents?fn={drives[1]}")] == [1, 2, 3]
        shop.kill()
    with Emulator("shop", "--registers", "3", *listens, "--control", "127.0.0.1:0", *state) as shop:
        assert len(shop.get("/ofd/documents")) == 9
        assert [shop.get(f"/documents?register=kkt-{n}")[0]["fn"] for n in (1, 2, 3)] == drives


def test_reset_is_a_new_shop_and_its_documents_reach_the_ofd_again() -> None:
    with Emulator("shop", *ARGUMENTS, "--seed", "3", "--start-time", "2026-03-02T09:00:00+03:00") as shop:
        fresh = shop.get("/documents")
        sale(shop.ports[0])
        until(lambda: len(shop.get("/ofd/documents")) == 3)
        shop.request("POST", "/reset")
        assert shop.get("/documents") == fresh
        sale(shop.ports[0])
        received = until(lambda: len(found := shop.get("/ofd/documents")) == 3 and found)
        assert [one["tlv"] for one in received] == [one["tlv"] for one in shop.get("/documents")]


def test_the_clock_moves_a_shift_past_its_24_hours() -> None:
    """10h: mode 2 is an open shift, 3 one that is older than 24 hours (§5.1)."""
    with Emulator("shtrih", *ARGUMENTS) as emulator, RawShtrih(emulator.ports[0]) as host:
        host.open_shift()
        assert host.call(0x10)[3] & 0x0F == 2
        emulator.request("POST", "/clock", {"advance": 86_460})
        assert host.call(0x10)[3] & 0x0F == 3


def garbage(random: Random) -> list[bytes]:
    blocks = [random.randbytes(random.randrange(1, 4000)) for _ in range(10)]
    truths = [frame(bytes([code]) + b"\x1e\0\0\0" + random.randbytes(random.randrange(40))) for code in range(0xFF)]
    extended = [frame(b"\xff" + bytes([code]) + b"\x1e\0\0\0" + random.randbytes(20)) for code in range(256)]
    return [
        *blocks,
        b"\xff" * 70_000,
        b"\0" * 5000,
        ENQ * 3000,
        STX + b"\0",
        b"\x8f" * 100,
        b"\x8f\xff\xff" + random.randbytes(300),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        ENQ + STX + b"\xff",
        b"".join(ENQ + one + ACK for one in truths),
        b"".join(ENQ + one + ACK for one in extended),
    ]


def throw(port: int, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as line, contextlib.suppress(OSError):
        line.settimeout(0.05)
        line.sendall(data)
        while line.recv(65536):
            pass


def test_garbage_at_every_socket_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    arguments = ["--listen", "tcp:127.0.0.1:0", "--listen", f"pty:{path}", "--ofd-listen", "tcp:127.0.0.1:0"]
    with Emulator("shop", *arguments, "--control", "127.0.0.1:0") as shop:
        control = int(shop.control.rpartition(":")[2])
        for data in garbage(Random(11)):
            for port in (*shop.ports, control):
                throw(port, data)
            terminal = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            with contextlib.suppress(BlockingIOError):
                os.write(terminal, data)
            termios.tcflush(terminal, termios.TCIFLUSH)
            os.close(terminal)
            assert shop.alive
        shop.request("POST", "/reset")
        sale(shop.ports[0])
        until(lambda: len(shop.get("/ofd/documents")) == 3)
        code, _, errors = shop.stop()
        assert code == 0
        assert "failed" not in errors, errors


def test_the_newest_connection_wins() -> None:
    with Emulator("shtrih", *ARGUMENTS) as emulator, RawShtrih(emulator.ports[0]) as old:
        old.open_shift()
        old.socket.sendall(ENQ)
        assert old.take(1) == NAK
        with RawShtrih(emulator.ports[0]) as new:
            new.call(0x10)
            assert old.socket.recv(1) == b""
            new.call(0x10)


def test_real_speed_takes_the_time_of_line_and_printer() -> None:
    """10h: submode 5 while the register prints (§5.1); at instant speed it never does."""
    with Emulator("shtrih", *ARGUMENTS) as emulator, RawShtrih(emulator.ports[0]) as host:
        host.open_shift()
        assert host.call(0x10)[4] == 0
    with Emulator("shtrih", *ARGUMENTS, "--speed", "real") as emulator, RawShtrih(emulator.ports[0]) as host:
        began = time.monotonic()
        host.open_shift()
        assert host.call(0x10)[4] == 5
        until(lambda: host.call(0x10)[4] == 0, 30)
        assert time.monotonic() - began > 0.3


@pytest.mark.parametrize("ffd", ["1.05", "1.1", "1.2"])
def test_every_ffd_makes_documents_of_its_version(ffd: str) -> None:
    """Tag 1209 holds 2, 3, 4 for ФФД 1.05, 1.1, 1.2."""
    with Emulator("shtrih", *ARGUMENTS, "--ffd", ffd) as emulator:
        sale(emulator.ports[0])
        for document in emulator.get("/documents"):
            version = [node["value"] for node in document["tags"] if node["tag"] == 1209]
            assert version == [{"1.05": 2, "1.1": 3, "1.2": 4}[ffd]] or (ffd == "1.05" and version == [])
