"""What an emulated scanner sends, read by the decoders that read real ones; and what each of its faults does."""

from __future__ import annotations

import pytest

from emulator.scanners.faults import FAULTS, ScanFault, ScanFaults, Waiting, from_json, parse_fault
from emulator.scanners.playing import play
from emulator.scanners.setup import KINDS, Setup, parse_setup
from protocols.marking import CodeError, parse
from protocols.scanner.framing import Cutter, Framing
from protocols.scanner.hid_pos import SIZE, Joiner
from protocols.scanner.keyboard import GS_CHORDS, KeyDecoder, KeyRules
from protocols.scanner.keys import EVENT_SIZE
from protocols.scanner.reading import Kind, Note, Reading

CODE = b"010460043993125621JgXJ5.TxYz012\x1d91809F\x1d92" + b"Aa+/" * 11


def heard(setup: Setup, *faults: ScanFault, code: bytes = CODE, caps_lock: bool = False) -> list[Reading]:
    """Readings of one pull of the trigger, silence after it included."""
    struck = {kind: Waiting(kind=kind, seconds=0.01) for kind in faults}
    framing = Framing()
    gs = GS_CHORDS | ({setup.gs} if setup.gs else set())
    decoder = {
        Kind.SERIAL: lambda: Cutter(framing),
        Kind.HID_POS: lambda: Joiner(framing),
        Kind.KEYBOARD: lambda: KeyDecoder(KeyRules(gs=frozenset(gs), caps_lock=caps_lock), framing),
    }[setup.kind]()
    decoder.feed(b"".join(piece.data for piece in play(b"010460", None, setup, {})))  # the suffix is known from now on
    found: list[Reading] = []
    for piece in play(CODE if code is None else code, "]d2", setup, struck, at=1000.0):
        found += decoder.feed(piece.data)
    return found + decoder.silence()


def data(readings: list[Reading]) -> list[bytes]:
    return [reading.data for reading in readings]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["cr", "lf", "crlf", "tab"])
def test_what_is_sent_is_what_is_read(kind: Kind, suffix: str) -> None:
    setup = Setup(kind=kind, suffix="cr" if kind is Kind.SERIAL and suffix == "tab" else suffix)
    (reading,) = heard(setup)
    assert (reading.data, reading.symbology, reading.notes) == (CODE, "]d2", ())


@pytest.mark.parametrize("kind", [Kind.SERIAL, Kind.KEYBOARD])
def test_aim_ids_can_be_off(kind: Kind) -> None:
    assert heard(Setup(kind=kind, aim=False))[0].symbology is None


@pytest.mark.parametrize("gs", ["f8", "alt+0029", "|", "{GS}"])
def test_what_stands_for_gs(gs: str) -> None:
    assert data(heard(Setup(kind=Kind.KEYBOARD, gs=gs))) == [CODE]
    if gs[0] in "|{":
        assert data(heard(Setup(gs=gs))) == [CODE.replace(b"\x1d", gs.encode())]


def test_units_of_each_wire() -> None:
    serial = play(CODE, "]d2", Setup(packet=32), {})
    assert [len(piece.data) for piece in serial] == [32, 32, 25]
    assert len(play(CODE, "]d2", Setup(kind=Kind.HID_POS), {})[0].data) == 2 * SIZE
    assert len(play(CODE, "]d2", Setup(kind=Kind.KEYBOARD), {})[0].data) % EVENT_SIZE == 0


@pytest.mark.parametrize("kind", KINDS)
class TestFaults:
    def test_gs_lost(self, kind: Kind) -> None:
        assert data(heard(Setup(kind=kind), ScanFault.GS_LOST)) == [CODE.replace(b"\x1d", b"")]

    def test_split_changes_nothing_for_the_reader(self, kind: Kind) -> None:
        pieces = play(CODE, "]d2", Setup(kind=kind), {ScanFault.SPLIT: Waiting(kind=ScanFault.SPLIT, seconds=0.02)})
        assert len(pieces) > 10
        assert [piece.pause for piece in pieces] == [0.0, *[0.02] * (len(pieces) - 1)]
        (reading,) = heard(Setup(kind=kind), ScanFault.SPLIT)
        assert (reading.data, reading.notes) == (CODE, ())

    def test_double(self, kind: Kind) -> None:
        assert data(heard(Setup(kind=kind), ScanFault.DOUBLE)) == [CODE, CODE]

    def test_truncated_is_never_taken_for_a_code(self, kind: Kind) -> None:
        (reading,) = heard(Setup(kind=kind), ScanFault.TRUNCATED)
        assert reading.notes == (Note.TRUNCATED,)
        assert reading.spoilt
        assert 0 < len(reading.data) < len(CODE)
        assert CODE.startswith(reading.data)

    def test_glued_is_never_taken_for_a_code(self, kind: Kind) -> None:
        parted = kind is not Kind.HID_POS
        readings = heard(Setup(kind=kind), ScanFault.GLUED)
        assert data(readings) == ([CODE, CODE] if parted else [CODE + CODE])
        assert {reading.notes for reading in readings} == {(Note.UNGLUED,) if parted else (Note.GLUED,)}
        (bare,) = heard(Setup(kind=kind, aim=False), ScanFault.GLUED)
        assert bare.spoilt

    def test_ru_layout(self, kind: Kind) -> None:
        faults = ScanFaults(kind)
        if kind is Kind.KEYBOARD:  # keys are read by code: no layout can harm them
            with pytest.raises(ValueError, match="ru_layout"):
                faults.add(Waiting(kind=ScanFault.RU_LAYOUT))
            return
        (reading,) = heard(Setup(kind=kind), ScanFault.RU_LAYOUT)
        assert reading.data != CODE
        assert "ОпЧО5юЕ" in reading.data.decode()
        assert parse(reading.data).raw == CODE, "it is repaired where the code is parsed"


def test_caps_lock() -> None:
    setup = Setup(kind=Kind.KEYBOARD)
    assert data(heard(setup, ScanFault.CAPS_LOCK)) == [CODE]
    assert data(heard(setup, ScanFault.CAPS_TYPED)) == [CODE]
    assert data(heard(Setup(kind=Kind.KEYBOARD, aim=False), ScanFault.CAPS_TYPED, code=b"01ABC")) == [b"01abc"]
    assert data(heard(setup, ScanFault.CAPS_TYPED, caps_lock=True)) == [CODE]
    with pytest.raises(ValueError, match="keyboard"):
        ScanFaults(Kind.SERIAL).add(Waiting(kind=ScanFault.CAPS_LOCK))


def test_a_lost_separator_is_seen_where_the_code_is_parsed() -> None:
    (reading,) = heard(Setup(), ScanFault.GS_LOST)
    with pytest.raises(CodeError) as refused:
        parse(reading.data, symbology=reading.symbology)
    assert refused.value.hint


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        play(b"\xff", None, Setup(kind=Kind.KEYBOARD), {})
    for wrong in ("d2", "]d", "]d22", "]ж2"):
        with pytest.raises(ValueError, match="AIM"):
            play(CODE, wrong, Setup(), {})


def test_faults_are_counted_down_and_strike_together() -> None:
    faults = ScanFaults(Kind.SERIAL)
    faults.add(Waiting(kind=ScanFault.GS_LOST, count=2))
    number = faults.add(Waiting(kind=ScanFault.DOUBLE))
    assert [one["kind"] for one in faults.listed()] == ["gs_lost", "double"]
    assert set(faults.take()) == {ScanFault.GS_LOST, ScanFault.DOUBLE}
    assert set(faults.take()) == {ScanFault.GS_LOST}
    assert faults.take() == {}
    assert not faults.remove(number)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"kind": "fire"}, "gs_lost"),
        ({}, "kind"),
        ({"kind": "split", "count": 0}, "count"),
        ({"kind": "split", "count": True}, "count"),
        ({"kind": "split", "seconds": -1}, "seconds"),
        ({"kind": "split", "bytes": 3}, "bytes"),
    ],
)
def test_faults_that_are_none(given: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        from_json(given)


def test_faults_of_a_command_line() -> None:
    assert parse_fault("split:count=3,seconds=0.5") == Waiting(kind=ScanFault.SPLIT, count=3, seconds=0.5)
    assert parse_fault("unplug").seconds == FAULTS[ScanFault.UNPLUG].seconds
    for wrong in ("fire", "split:count", "split:count=x", "split:count=1.5"):
        with pytest.raises(ValueError, match=r"fault|kind|count"):
            parse_fault(wrong)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"as": "image"}, "image"),
        ({"as": "telepathy"}, "as"),
        ({"suffix": "end"}, "suffix"),
        ({"aim": "maybe"}, "aim"),
        ({"packet": "0"}, "packet"),
        ({"gs": "f8"}, "chord"),
        ({"gs": "→"}, "ASCII"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_setups_that_are_none(given: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_setup(given)


def test_a_setup_as_a_link_writes_it() -> None:
    given = {"as": "keyboard", "aim": "no", "prefix": "X", "suffix": "tab", "gs": "f8", "packet": "16"}
    made = Setup(kind=Kind.KEYBOARD, aim=False, prefix="X", suffix="tab", gs="f8", packet=16)
    assert parse_setup(given) == made
