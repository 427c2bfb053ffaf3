"""Marking codes without an ОИСМ: order of commands, honest results, what gets into the item (shtrih_m §4.4)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from zlib import crc32

from shtrih_kit import ADMIN, Bench, value

from emulator.fiscal_drive import default_registration
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import marking as m
from protocols.shtrih.commands import receipts as r

SHORT_TAIL = b"0104600000000015215ABcdEFgh1234\x1d93dGVz"
LONG_TAIL = b"010460000000001521AAAAAAAAAAAAA\x1d91FFD0\x1d92" + b"x" * 44


def check(code: bytes = SHORT_TAIL, status: int = 1) -> m.CheckCode:
    return m.CheckCode(ADMIN, status, 0, (code, b""))


def test_check_accept_sell_bind():
    bench = Bench()
    checked = bench.call(check())
    assert (checked.local, checked.reason, checked.kind, checked.online_code) == (0, 1, 5, 0xFF)
    assert bench.call(m.MarkingStatus(ADMIN)).check == 3  # a request was built, nobody answered
    assert bench.call(m.DecideCode(ADMIN, 1)).flags == 0
    assert bench.call(m.MarkingStatus(ADMIN)).results == 1
    bench.sell(15000, object=33)
    bench.call(d.SendItemTlv(ADMIN, encode([Element(2108, 0)])))
    bound = bench.call(m.BindCode(ADMIN, SHORT_TAIL, None))
    assert (bound.type, bound.kind, bound.check) == (b"DM", 1, b"")
    bench.close(0, electronic=15000)
    elements = bench.document()
    assert validate(DocumentCode.RECEIPT, FfdVersion.V1_2, elements) == []
    assert value(elements, 1059, 1163, 1305) == "0104600000000015215ABcdEFgh1234"
    assert (value(elements, 1059, 2102), value(elements, 1059, 2106), value(elements, 2107)) == (0, 0, 0)
    assert bench.call(m.MarkingStatus(ADMIN)).results == 0


def test_a_code_bound_without_a_check_is_checked_on_the_way():
    bench = Bench()
    bench.sell(15000, object=33)
    bound = bench.call(m.BindCode(ADMIN, LONG_TAIL, None))
    assert m.CheckCodeReply.decode(bound.check) == m.CheckCodeReply(0, 2, 4, b"\xff\x00")
    assert bench.call(m.MarkingStatus(ADMIN)).results == 1


def test_every_check_must_be_decided():
    bench = Bench()
    assert bench.refused(m.DecideCode(ADMIN, 1)) == 0xA1
    bench.call(check())
    assert bench.refused(check(LONG_TAIL)) == 0xA1
    bench.call(m.DecideCode(ADMIN, 0))
    assert bench.call(m.MarkingStatus(ADMIN)).results == 0
    bench.call(check(LONG_TAIL))
    bench.call(m.DecideCode(ADMIN, 2))
    assert bench.refused(m.DecideCode(ADMIN, 1)) == 0xA1


def test_the_table_of_checks_holds_128_codes():
    bench = Bench()
    for number in range(128):
        bench.call(check(b"010460000000001521%013d\x1d93dGVz" % number))
        bench.call(m.DecideCode(ADMIN, 1))
    assert bench.refused(check()) == 0xA3
    bench.call(m.DecideCode(ADMIN, 2))
    assert bench.refused(check()) == 0


def test_malformed_checks():
    bench = Bench()
    assert bench.refused(check(b"")) == 0x33
    assert bench.refused(check(status=9)) == 0x33
    assert bench.refused(m.BindCode(ADMIN, SHORT_TAIL, None)) == 0x55
    bench.call(r.OpenReceipt(ADMIN, 0))
    assert bench.refused(m.BindCode(ADMIN, SHORT_TAIL, None)) == 0x33


def test_kinds_of_codes():
    bench = Bench()

    def verdict(code: bytes) -> tuple[int, int]:
        reply = bench.call(check(code))
        bench.call(m.DecideCode(ADMIN, 0))
        return reply.reason, reply.kind

    assert verdict(LONG_TAIL) == (2, 4)
    summed = bytes(range(28))
    checksum = b64encode(summed + crc32(summed).to_bytes(4, "little"))
    assert verdict(LONG_TAIL[:-44] + checksum) == (1, 3)
    assert verdict(b"010460000000001521AAAAAAAAAAAAA\x1d91FFD0\x1d92" + b"x" * 88) == (2, 2)
    assert verdict(b"010460000000001521AAAAAAAAAAAAA") == (3, 0)
    assert verdict(b"00000046198488X?io+qCABm8wAYa") == (1, 1)
    assert verdict(b"4600000000015") == (1, 0)


def test_marking_must_be_registered():
    registration = replace(default_registration(FfdVersion.V1_2), marking=False)
    bench = Bench(registration=registration)
    for request in (check(), m.DecideCode(ADMIN, 1), m.MarkingStatus(ADMIN), m.NotificationState(ADMIN)):
        assert bench.refused(request) == 0xA0
    assert Bench(FfdVersion.V1_1).refused(check()) == 0xA0


def test_before_12_a_code_becomes_tag_1162():
    bench = Bench(FfdVersion.V1_05)
    bench.sell(15000)
    bound = bench.call(m.BindCode(ADMIN, SHORT_TAIL, None))
    assert (bound.type, bound.check) == (b"DM", b"")
    bench.close(15000)
    code = value(bench.document(), 1059, 1162)
    # "DM", GTIN 04600000000015 as six big-endian bytes, serial
    assert code == b"DM" + (4600000000015).to_bytes(6, "big") + b"5ABcdEFgh1234"


def test_an_offline_register_says_so():
    registration = replace(default_registration(FfdVersion.V1_2), offline=True)
    bench = Bench(registration=registration)
    checked = bench.call(check())
    assert checked.online == b""
    assert bench.call(m.DecideCode(ADMIN, 1)).flags == 0x10
    assert bench.refused(m.NotificationState(ADMIN)) == 0x02
    assert bench.call(m.BeginUnload(ADMIN)).total == 0
    assert Bench().refused(m.BeginUnload(ADMIN)) == 0x02
    assert bench.refused(m.UnloadBlock(ADMIN)) == 0x08
