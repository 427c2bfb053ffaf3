"""Each fault as a host sees it on the wire of a real `fiscal-emulator shtrih`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from emulator_process import Emulator, until
from raw_shtrih import ACK, ADMIN, NAK, STX, Lost, RawShtrih, Refused, frame

STATUS = 0x10
STATUS_FRAME = frame(b"\x10" + ADMIN)


@pytest.fixture(scope="module")
def process() -> Iterator[Emulator]:
    arguments = ["--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0", "--seed", "1"]
    with Emulator("shtrih", *arguments) as emulator:
        yield emulator
        assert emulator.stop()[0] == 0


@pytest.fixture
def emulator(process: Emulator) -> Emulator:
    process.request("POST", "/reset")
    return process


@pytest.fixture
def host(emulator: Emulator) -> Iterator[RawShtrih]:
    with RawShtrih(emulator.ports[0], timeout=3) as host:
        yield host


def inject(emulator: Emulator, kind: str, **fields: object) -> None:
    emulator.request("POST", "/faults", {"kind": kind, **fields})


def send_status(host: RawShtrih) -> None:
    host.send(b"\x10" + ADMIN)


def test_drop_answer_keeps_it_for_the_next_enquiry(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "drop_answer", command="10")
    send_status(host)
    host.socket.settimeout(0.3)
    with pytest.raises(Lost) as lost:
        host.receive()
    assert lost.value.received == b""
    host.socket.settimeout(3)
    assert host.enquire() == ACK
    assert host.receive()[:2] == b"\x10\x00"
    assert host.enquire() == NAK


def test_garble_changes_one_byte_of_the_answer(emulator: Emulator, host: RawShtrih) -> None:
    send_status(host)
    whole = frame(host.receive())
    inject(emulator, "garble", command="10")
    send_status(host)
    host.socket.settimeout(0.5)
    with pytest.raises(Lost) as lost:
        host.take(len(whole) + 1)
    assert sum(a != b for a, b in zip(whole, lost.value.received, strict=True)) == 1


@pytest.mark.parametrize("count", [0, 1, 5])
def test_cut_ends_the_connection_within_the_answer(emulator: Emulator, host: RawShtrih, count: int) -> None:
    inject(emulator, "cut", command="10", after_bytes=count)
    send_status(host)
    with pytest.raises(Lost) as lost:
        host.take(100)
    assert len(lost.value.received) == count
    with RawShtrih(emulator.ports[0]) as again:
        again.call(STATUS)


def test_slow_spreads_the_answer(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "slow", command="10", seconds=0.4)
    send_status(host)
    began = time.monotonic()
    assert host.take(1) == STX
    assert time.monotonic() - began < 0.3
    host.take(int.from_bytes(host.take(1), "little") + 1)
    assert time.monotonic() - began >= 0.3


def test_delay_holds_the_answer_back(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "delay", command="10", seconds=0.4)
    send_status(host)
    began = time.monotonic()
    assert host.receive()[:2] == b"\x10\x00"
    assert 0.35 <= time.monotonic() - began < 2


def test_duplicate_answer_comes_twice(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "duplicate_answer", command="10")
    send_status(host)
    length = host.take(2)[1]
    host.take(length + 1)
    assert host.take(2) == STX + bytes([length])


@pytest.mark.parametrize("kind", ["lose_command", "cut_before"])
def test_a_command_that_never_arrives_is_not_executed(emulator: Emulator, host: RawShtrih, kind: str) -> None:
    inject(emulator, kind, command="E0")
    host.socket.settimeout(0.5)
    with pytest.raises(Lost):
        host.open_shift()
    with RawShtrih(emulator.ports[0]) as again:
        assert again.enquire() == NAK
        assert again.call(0xFF40)[0] == 0  # shift closed
        again.open_shift()


def test_a_count_of_two_strikes_twice(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "cut_before", command="10", count=2)
    for _ in range(2):
        with RawShtrih(emulator.ports[0], timeout=1) as one, pytest.raises(Lost):
            one.call(STATUS)
    with RawShtrih(emulator.ports[0]) as one:
        one.call(STATUS)
    assert emulator.get("/faults") == []


def submode(host: RawShtrih) -> int:
    """10h: the byte after the mode; 1 and 2 no paper, 3 paper is back and the print waits for B0h (§5.1)."""
    return host.call(STATUS)[4]


def test_paper_that_ends_while_a_document_prints(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "paper_out", command="E0", seconds=0.5)
    host.open_shift()  # the drive has it, the paper has not
    assert submode(host) == 2
    with pytest.raises(Refused):
        host.open_sale()
    until(lambda: submode(host) == 3)
    host.call(0xB0)
    assert submode(host) == 0
    host.open_sale()
    assert host.close_sale() == 3


def test_paper_that_nobody_changes_stays_out_until_somebody_does(emulator: Emulator, host: RawShtrih) -> None:
    inject(emulator, "paper_out", command="10")
    assert submode(host) == 1
    with pytest.raises(Refused):
        host.open_shift()
    emulator.request("POST", "/paper", {"present": True})
    assert submode(host) == 0
    host.open_shift()


def test_cover_open_shows_in_the_flags(emulator: Emulator, host: RawShtrih) -> None:
    """10h: flags are two bytes after the operator number, bit 10 is the cover (§5.1)."""
    assert not host.call(STATUS)[2] & 4
    inject(emulator, "cover_open", command="10")
    assert host.call(STATUS)[2] & 4
    with pytest.raises(Refused):
        host.open_shift()
    emulator.request("POST", "/cover", {"open": False})
    assert not host.call(STATUS)[2] & 4
    host.open_shift()


@pytest.mark.parametrize(("kind", "made"), [("power_before_commit", 0), ("power_after_commit", 1)])
def test_power_fails_on_one_side_of_the_commit(emulator: Emulator, host: RawShtrih, kind: str, made: int) -> None:
    host.open_shift()
    before = host.last_document()
    host.open_sale()
    inject(emulator, kind, command="FF45", seconds=0.2)
    with pytest.raises(Lost):
        host.close_sale()
    state = until(lambda: (one := emulator.get("/state")["registers"][0])["powered"] and one)
    assert state["faults"] == []
    with RawShtrih(emulator.ports[0]) as again:
        assert again.enquire() == NAK  # the pending answer was in RAM
        assert again.last_document() == before + made
        assert len(emulator.get("/documents")) == before + made


def test_faults_of_the_command_line_are_waiting_from_the_start() -> None:
    with (
        Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--fault", "cut:command=10,after_bytes=2") as emulator,
        RawShtrih(emulator.ports[0]) as host,
        pytest.raises(Lost) as lost,
    ):
        host.call(STATUS)
    assert len(lost.value.received) <= 2
