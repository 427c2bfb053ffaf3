"""Dialogues of hosts that this test run cannot install, restated from runs of the real programs (docs/interop.md).

Each row is one message as the host put it on the wire: code, password 30, fields. The raw host of the helpers sends it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulator_process import Emulator
from raw_shtrih import RawShtrih

INN = b"500100732259"
SUPPLIER = b"7707083893"  # ten digits where the tag holds twelve
NOT_SUPPLIED = b"\xff" * 5
CASHIER_INN = (1203).to_bytes(2, "little") + b"\x0c\x00" + INN


@pytest.fixture(params=["1.05", "1.2"])
def register(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0", "--ffd", request.param) as one:
        yield one


def money(kopecks: int) -> bytes:
    return kopecks.to_bytes(5, "little")


def millionths(pieces: int) -> bytes:
    return (pieces * 1_000_000).to_bytes(6, "little")


def tags(nodes: list, path: str = "") -> dict[str, object]:
    """`1059/1030` -> value; the last of a repeated tag wins."""
    found: dict[str, object] = {}
    for node in nodes:
        name = f"{path}{node['tag']}"
        found |= tags(node["children"], f"{name}/") if "children" in node else {name: node["value"]}
    return found


def test_shtrih_m_driver_in_go(register: Emulator) -> None:
    """Name padded to 128 and closing text to 64 bytes, the tax as a row number, one receipt left unprinted."""
    item = b"\x02" + millionths(2) + money(15000) + money(30000) + NOT_SUPPLIED + b"\x03\x01\x04\x01"
    with RawShtrih(register.ports[0]) as host:
        host.call(0xFF41)
        host.call(0xFF0C, CASHIER_INN)
        host.call(0xE0)
        host.call(0x1E, b"\x11\x01\x00\x07\x01")
        host.call(0xFF46, item + "Фильтр масляный".encode("cp1251").ljust(128, b"\0"))
        host.call(0xFF0C, CASHIER_INN)
        host.call(0xFF45, money(0) + money(30000) + bytes(70) + b"\0" + bytes(30) + b"\x01" + bytes(64))
        host.call(0x41)
    _, opening, receipt, _ = register.get("/documents")
    assert tags(opening["tags"])["1203"] == INN.decode()
    found = tags(receipt["tags"])
    assert (found["1054"], found["1020"], found["1081"], found["1104"]) == (2, 30000, 30000, 30000)
    assert (found["1059/1030"], found["1059/1199"], found["1203"]) == ("Фильтр масляный", 5, INN.decode())
    assert "Фильтр масляный" not in register.get("/paper.txt")


def test_kkt_shtrih_in_php(register: Emulator) -> None:
    """No name at all, a short INN, settings read by 2Eh and 1Fh and written as 40 bytes, no taxation, a restart."""
    item = b"\x01" + millionths(1) + money(768) + NOT_SUPPLIED * 2 + b"\x08\x01\x04\x01"
    supplier = (1226).to_bytes(2, "little") + b"\x0a\x00" + SUPPLIER
    with RawShtrih(register.ports[0]) as host:
        assert host.call(0x2E, b"\x02\x02")[40:42] == b"\x01\x40"
        host.call(0x1E, b"\x02\x1e\x00\x02" + "Иванов Иван".encode("cp1251").ljust(40, b"\0"))
        assert host.call(0x1F, b"\x02\x1e\x00\x02").rstrip(b"\0") == "Иванов Иван".encode("cp1251")
        host.call(0xFF0B)
        host.call(0xFF46, item)
        host.call(0xFF4D, supplier)
        # the program packs its sums as text: every "0" is 48 kopecks, sixteen of them make 7.68
        host.call(0xFF45, b"0\0\0\0\0" * 16 + b"\0" + b"0\0\0\0\0" * 6 + b"\0")
        host.call(0xFF38)
        host.call(0x41)
        host.send(b"\xfe\xf3" + bytes(4))
        assert host.receive() == b"\xfe\x00"
    receipt = tags(register.get("/documents")[2]["tags"])
    assert (receipt["1059/1030"], receipt["1059/1226"], receipt["1055"]) == ("", SUPPLIER.decode(), 1)
    assert (receipt["1031"], receipt["1081"], receipt["1217"]) == (48, 12 * 48, 48)
    assert receipt["1021"] == "Иванов Иван"


def test_javapos_shtrih(register: Emulator) -> None:
    """The vendor's driver: operator's password, no taxation, kopecks rounded off in FF45, text lines in the receipt."""
    item = b"\x01" + millionths(2) + money(14926) + money(29851) + bytes(5) + b"\x01\x01\x04\x01"
    with RawShtrih(register.ports[0]) as host:
        assert host.call(0x1F, b"\x11\x01\x00\x03") == b"\x02"  # 17.3: only then it folds discounts into items
        for number in range(256):
            assert len(host.call(0x1A, bytes((number,)))) == 7
        host.call(0xE0)
        host.call(0x50, money(0))
        host.call(0x8D, b"\0")
        host.call(0xFF46, item + "Сыр".encode("cp1251"))
        host.call(0x2F, b"\x02\x01" + b"-" * 40)
        assert host.call(0x89)[1:] == money(29851)
        change = host.call(0xFF45, money(40000) + bytes(75) + bytes((51,)) + bytes(30) + b"\0")[:5]
        assert change == money(40000 - 29800)
        host.call(0x41)
    receipt = tags(register.get("/documents")[2]["tags"])
    assert (receipt["1020"], receipt["1031"], receipt["1055"], receipt["1059/1043"]) == (29800, 29800, 1, 29851)
