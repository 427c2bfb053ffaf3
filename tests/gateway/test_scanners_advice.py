"""What a technician is told of a scan, and what one scan of a known code teaches."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_scanner import PACK, SHOES

from devices.errors import RequestError
from devices.scanners.base import Kind, Note, Options, Reading
from emulator.scanners import Setup
from emulator.scanners.playing import play
from gateway.api.routes_scanners import scan_object
from gateway.scanners.advice import FINE, KEYBOARD_MODE, NO_AIM, SETTINGS, advise, explain
from gateway.scanners.model import understood
from gateway.scanners.training import learn, lesson
from protocols.scanner.framing import Cutter
from protocols.scanner.hid_pos import Joiner
from protocols.scanner.keyboard import KeyDecoder
from protocols.scanner.training import SAMPLE

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def scan(data: bytes, symbology: str | None = "]d2", kind: Kind = Kind.SERIAL, *notes: str, packets=()):
    reading = Reading(data=data, symbology=symbology, notes=notes, packets=packets or (data + b"\r",))
    return understood(reading, kind, "scan-1", AT)


def codes(*arguments) -> list[str]:
    advice = advise(scan(*arguments))
    assert all(re.search("[а-яё]", one.hint) for one in advice)
    return [one.code for one in advice]


@pytest.mark.parametrize("code", [SHOES, PACK], ids=["shoes", "pack"])
def test_a_scanner_that_is_set_up_well_is_told_so(code: bytes) -> None:
    assert codes(code, "]d2" if code is SHOES else "]d1") == ["fine"]


def test_every_damage_has_its_advice() -> None:
    assert codes(SHOES, None) == ["no_aim_id"]
    assert codes(SHOES, "]d2", Kind.KEYBOARD) == ["keyboard_mode"]
    assert codes(SHOES, "]d2", Kind.SERIAL, Note.NO_SUFFIX) == ["no_suffix"]
    assert codes(SHOES[:40], "]d2", Kind.SERIAL, Note.TRUNCATED) == ["truncated"]
    assert codes(SHOES.replace(b"\x1d", b"{GS}")) == ["marking_code_separator_spelled", "scanner_settings"]
    assert codes(b"4600439931256", "]E0") == ["marking_code_bar_code"]


def test_lost_separators_and_a_russian_layout_are_told_apart() -> None:
    lost = codes(SHOES.replace(b"\x1d", b""))
    assert len(lost) == 1
    assert lost[0].startswith("marking_code_separators")
    russian = SHOES.decode().translate(str.maketrans("QbagEA=", "ЙифпУФ=")).encode()
    assert codes(russian) == ["marking_code_layout"]


def test_packets_are_shown_as_the_device_speaks() -> None:
    def sent(kind: Kind) -> tuple[bytes, ...]:
        return tuple(piece.data for piece in play(PACK, "]d1", Setup(kind=kind), {}, at=0.0))

    (serial,) = explain(scan(PACK, packets=sent(Kind.SERIAL)))
    assert serial == "]d1" + PACK.decode() + "<CR>"
    (report,) = explain(scan(PACK, "]d1", Kind.HID_POS, packets=sent(Kind.HID_POS)))
    assert report.startswith("AIM ]d1")
    keys = explain(scan(PACK, "]d1", Kind.KEYBOARD, packets=(b"".join(sent(Kind.KEYBOARD)),)))
    assert "LEFTSHIFT↓ X↓↑ LEFTSHIFT↑" in keys[0]


@pytest.mark.parametrize(
    ("setup", "settings"),
    [
        (Setup(), {}),
        (Setup(suffix="tab"), {"suffix": "tab"}),
        (Setup(aim=False, prefix="S", gs="{GS}"), {"prefix": "S", "gs": "{GS}"}),
        (Setup(kind=Kind.HID_POS), {}),
        (Setup(kind=Kind.KEYBOARD, gs="f9"), {"gs": "f9"}),
        (Setup(kind=Kind.KEYBOARD, gs="alt+29"), {}),
    ],
    ids=["plain", "tab", "spelled", "hid-pos", "f9", "alt"],
)
def test_one_scan_teaches_the_settings(setup: Setup, settings: dict[str, object]) -> None:
    pieces = [piece.data for piece in play(SAMPLE, "]d2", setup, {}, at=0.0)]
    kind = setup.kind
    packets = (b"".join(pieces),) if kind is Kind.KEYBOARD else tuple(pieces)
    told = scan_object(scan(SAMPLE, "]d2" if setup.aim else None, kind, packets=packets), details=True)
    learnt = learn(told, lesson("sample"))
    assert learnt.ok
    assert dict(learnt.settings) == settings
    assert learnt.words[0].startswith("✓")
    for name, value in settings.items():
        assert f'  {name} = "{value}"' in learnt.words


@pytest.mark.parametrize(
    ("setup", "written"),
    [
        (Setup(prefix="~", gs="{GS}"), 'prefix = "~"; gs = "{GS}"'),
        (Setup(prefix="~"), 'prefix = "~"'),
        (Setup(prefix="S1:", aim=False), 'prefix = "S1:"'),
        (Setup(gs="{GS}", suffix="tab"), 'suffix = "tab"; gs = "{GS}"'),
        (Setup(gs="<GS>", kind=Kind.HID_POS), 'gs = "<GS>"'),
        (Setup(gs="f9", kind=Kind.KEYBOARD), 'gs = "f9"'),
    ],
    ids=["both", "prefix", "no-aim", "tab", "hid-pos", "f9"],
)
def test_any_scan_that_was_mended_offers_the_settings(setup: Setup, written: str) -> None:
    pieces = [piece.data for piece in play(SHOES, "]d2", setup, {}, at=0.0)]
    decoder: Any = {
        Kind.SERIAL: lambda: Cutter(Options().framing()),
        Kind.HID_POS: lambda: Joiner(Options().framing()),
        Kind.KEYBOARD: lambda: KeyDecoder(Options().keys(), Options().framing()),
    }[setup.kind]()
    (reading,) = [one for piece in pieces for one in decoder.feed(piece)] or decoder.silence()
    found = understood(reading, setup.kind, "scan-1", AT)
    assert found.code is not None
    assert found.code.raw == SHOES
    advice = {one.code: one for one in advise(found)}
    assert advice["scanner_settings"].hint.endswith(f": {written}")
    assert found.reading.symbology == ("]d2" if setup.aim else None)
    assert ("no_aim_id" in advice) is not setup.aim


def test_what_was_taken_off_or_lost_is_no_setting() -> None:
    assert "scanner_settings" not in codes(SHOES, "]d2")  # a configured prefix is off already
    lost = SHOES.replace(b"\x1d", b"")
    assert "scanner_settings" not in codes(lost)
    two = scan(SHOES.replace(b"\x1d", b"{GS}"), "]d2", Kind.SERIAL, Note.UNGLUED, packets=(b"]d2" + SHOES,))
    assert "scanner_settings" not in [one.code for one in advise(two)]


def test_lost_separators_cannot_be_set_up_here() -> None:
    data = SAMPLE.replace(b"\x1d", b"")
    learnt = learn(scan_object(scan(data, packets=(b"]d2" + data + b"\r",)), details=True), lesson("sample"))
    assert not learnt.ok
    assert learnt.words[0].startswith("✗")
    assert any("FNC1" in line for line in learnt.words)


@pytest.mark.parametrize("spelled", ["\x1d", "<GS>", "{GS}", "\\x1d"])
def test_a_known_code_may_be_typed(spelled: str) -> None:
    assert lesson(SHOES.decode().replace("\x1d", spelled)).code == SHOES


@pytest.mark.parametrize("text", ["4600439931256", "", "0104600439931256215Ъ"])
def test_a_code_that_teaches_nothing_is_refused(text: str) -> None:
    with pytest.raises(RequestError) as refused:
        lesson(text)
    assert refused.value.hint


def test_the_page_for_technicians_knows_every_advice_of_ours() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scanners.md").read_text(encoding="utf-8")
    for code in (NO_AIM.code, KEYBOARD_MODE.code, FINE.code, SETTINGS, *Note):
        assert f"`{code}`" in page
