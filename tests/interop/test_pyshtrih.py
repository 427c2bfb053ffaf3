"""pyshtrih from the registry, unmodified, against the real `fiscal-emulator` over TCP and over a pseudo-terminal."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from emulator_process import Emulator, until
from raw_shtrih import Lost, RawShtrih

pyshtrih = pytest.importorskip("pyshtrih")

MILK, CASH = 10000, 15000  # kopecks


@pytest.fixture
def ofd() -> Iterator[Emulator]:
    with Emulator("ofd", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as emulator:
        yield emulator


def till(target: str) -> pyshtrih.ShtrihM01F:
    kkt = pyshtrih.ShtrihM01F(port=target, baudrate=115200, timeout=3)
    if "://" in target:  # pyserial's URL handler, needed for TCP
        kkt.protocol.serial = serial.serial_for_url(target, do_not_open=True, timeout=3)
    kkt.connect()
    return kkt


def sell_and_close(target: str) -> None:
    kkt = till(target)
    try:
        assert kkt.name
        assert kkt.state().params
        assert kkt.full_state().params
        assert kkt.fs_state().params
        kkt.open_shift()
        kkt.open_check(0)
        kkt.sale(("Молоко 1л", 1000, MILK), tax1=1)
        assert kkt.close_check(cash=CASH).params["Сдача"] == CASH - MILK
        kkt.z_report()
    finally:
        kkt.disconnect()


def value(tree: list, *path: int):
    """The value of a tag, down a path of tags."""
    for tag in path:
        node = next(node for node in tree if node["tag"] == tag)
        tree = node.get("children", [])
    return node.get("value")


@pytest.mark.parametrize("way", ["tcp", "pty"])
@pytest.mark.parametrize("ffd", ["1.05", "1.2"])
def test_shift_sale_and_z_report(way: str, ffd: str, ofd: Emulator, tmp_path: Path) -> None:
    listen = "tcp:127.0.0.1:0" if way == "tcp" else f"pty:{tmp_path / 'kkt'}"
    arguments = ["--listen", listen, "--control", "127.0.0.1:0", "--ofd", f"127.0.0.1:{ofd.ports[0]}", "--ffd", ffd]
    with Emulator("shtrih", *arguments) as register:
        target = f"socket://127.0.0.1:{register.ports[0]}" if way == "tcp" else str(tmp_path / "kkt")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sell_and_close(target)

        documents = register.get("/documents")
        assert [document["code"] for document in documents] == [1, 2, 3, 5]
        assert [document["number"] for document in documents] == [1, 2, 3, 4]
        received = until(lambda: len(found := ofd.get("/documents")) == 4 and found)
        for mine, theirs in zip(documents, received, strict=True):
            assert theirs["tlv"] == mine["tlv"]
            assert mine["tlv"] in theirs["container"]
            assert theirs["tags"] == mine["tags"]

        tags = received[2]["tags"]
        assert value(tags, 1054) == 1
        assert value(tags, 1020) == MILK
        assert value(tags, 1031) == MILK  # cash without the change
        assert value(tags, 1059, 1030) == "Молоко 1л"
        assert value(tags, 1059, 1079) == MILK
        assert value(tags, 1059, 1043) == MILK
        assert float(value(tags, 1059, 1023)) == 1
        paper = register.get("/paper.txt")
        assert "Молоко 1л" in paper
        assert "ФП" in paper


def test_clients_come_and_go_on_one_terminal(tmp_path: Path) -> None:
    path = tmp_path / "kkt"
    with Emulator("shtrih", "--listen", f"pty:{path}") as register:
        for _ in range(3):
            kkt = till(str(path))
            assert kkt.state().params
            kkt.disconnect()
        assert register.alive
    assert os.path.lexists(path)  # killed, not stopped: the next start replaces the link


@pytest.mark.parametrize("enquires", [True, False])
def test_hosts_that_wait_for_the_stray_byte_sell_and_close(enquires: bool) -> None:
    """Over RNDIS/TCP some devices send one FFh after the host's ACK; shtrih-drv waits for it, with one ENQ for all."""
    with (
        Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--quirk", "stray-ff") as register,
        RawShtrih(register.ports[0], takes_ff=True, enquires=enquires) as host,
    ):
        host.open_shift()
        host.open_sale()
        assert host.close_sale() == 3
        host.call(0x41)
        assert host.last_document() == 4


def test_hosts_that_send_zeros_before_each_frame_sell_and_close() -> None:
    """A Go driver (re-star-ru/shtrih-m-driver) puts four zero bytes before STX."""
    with (
        Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--quirk", "leading-zeros") as register,
        RawShtrih(register.ports[0], prefix=bytes(4)) as host,
    ):
        host.open_shift()
        host.open_sale()
        assert host.close_sale() == 3


def test_without_the_quirk_there_is_no_stray_byte() -> None:
    with (
        Emulator("shtrih", "--listen", "tcp:127.0.0.1:0") as register,
        RawShtrih(register.ports[0], takes_ff=True, timeout=0.3) as host,
        pytest.raises(Lost),
    ):
        host.open_shift()
