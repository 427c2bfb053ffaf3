"""Key presses become the code that was scanned, whatever the scanner presses for GS and for capitals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.scanner import keys
from protocols.scanner.explain import explain, explain_keys
from protocols.scanner.framing import Framing
from protocols.scanner.keyboard import GS_CHORDS, HAND_MS, KeyDecoder, KeyRules, character, chord_name
from protocols.scanner.keys import BY_NAME, EV_KEY, EV_SYN, Event, unpack
from protocols.scanner.keystrokes import Capitals, Fingers, type_code
from protocols.scanner.reading import Kind, Note, Reading

CODE = b"010460043993125621JgXJ5.T%&'\"\x1d93dGVz"
SET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def pack(events: tuple[Event, ...]) -> bytes:
    return b"".join(event.pack() for event in events)


def typed(code: bytes = CODE, fingers: Fingers | None = None, rules: KeyRules | None = None) -> list[Reading]:
    return KeyDecoder(rules or KeyRules(), Framing()).feed(pack(type_code(code, fingers or Fingers())))


def press(*names: str, step: int = 2_000) -> bytes:
    """ "A" a tap, "+LEFTALT" down, "-LEFTALT" up."""
    made = []
    for name in names:
        code = BY_NAME[name.lstrip("+-")].code
        values = (1,) if name[0] == "+" else (0,) if name[0] == "-" else (1, 0)
        made += [Event(step * (len(made) + place), EV_KEY, code, value) for place, value in enumerate(values)]
    return pack(tuple(made))


@given(st.text(SET82 + "\x1d", max_size=120).map(lambda text: "0" + text + "1"))
def test_every_character_of_a_code_survives(text: str) -> None:
    (reading,) = typed(b"]d2" + text.encode())
    assert (reading.data, reading.symbology, reading.notes) == (text.encode(), "]d2", ())


@pytest.mark.parametrize("gs", ["ctrl+]", "Ctrl+]", "alt+029", "alt+0029", "Alt+29", "f8", "F8"])
def test_chords_that_need_no_configuration(gs: str) -> None:
    assert [reading.data for reading in typed(fingers=Fingers(gs=gs))] == [CODE]


@pytest.mark.parametrize("gs", ["f9", "ctrl+g", "ctrl+f2", "|", "~", "^", "{GS}", "<GS>", "\\x1D"])
def test_any_other_chord_or_text_is_configured(gs: str) -> None:
    assert [reading.data for reading in typed(fingers=Fingers(gs=gs), rules=KeyRules(gs=frozenset({gs})))] == [CODE]
    assert [reading.data for reading in typed(fingers=Fingers(gs=gs))] != [CODE]


def test_f8_can_be_given_another_meaning() -> None:
    (reading,) = typed(fingers=Fingers(gs="f8"), rules=KeyRules(gs=frozenset()))
    assert reading.data == CODE.replace(b"\x1d", b"")
    assert reading.notes == (Note.UNKNOWN_KEYS,)


@pytest.mark.parametrize("rules", [KeyRules(), KeyRules(caps_lock=True)])
def test_caps_lock_around_capitals(rules: KeyRules) -> None:
    """Switched to undo the host's, it is ignored; where it is what makes capitals, the configuration may say so."""
    around, alone = Fingers(capitals=Capitals.SHIFT_IN_CAPS_LOCK), Fingers(capitals=Capitals.BY_CAPS_LOCK)
    (reading,) = typed(fingers=alone, rules=rules)
    assert (reading.data, reading.notes) == (CODE, () if rules.caps_lock else (Note.CAPS_LOCK,))
    (reading,) = typed(fingers=around, rules=rules)
    assert (reading.data == CODE) is not rules.caps_lock


def test_caps_lock_around_a_whole_code_only_undoes_the_hosts() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    shifted = pack(type_code(b"]d2" + CODE, Fingers(end="")))
    (reading,) = decoder.feed(press("CAPSLOCK") + shifted + press("CAPSLOCK", "ENTER"))
    assert (reading.data, reading.notes) == (CODE, ())
    small = pack(type_code(b"]d2" + CODE.lower(), Fingers(end="")))
    (reading,) = decoder.feed(press("CAPSLOCK") + small + press("CAPSLOCK", "ENTER"))
    assert reading.data == CODE.lower()
    assert reading.notes == (Note.CAPS_LOCK,), "it could be capitals as well, and that is told"


def test_capitals_by_caps_lock_are_known_by_the_code_itself_and_the_next_code_starts_anew() -> None:
    decoder = KeyDecoder(KeyRules(gs=frozenset({"{GS}"})), Framing())
    fingers = Fingers(capitals=Capitals.BY_CAPS_LOCK, gs="{GS}")
    for code in (CODE, CODE.lower(), CODE):
        (reading,) = decoder.feed(pack(type_code(b"]d2" + code, fingers)))
        assert (reading.data, reading.symbology) == (code, "]d2")


def test_locks_and_autorepeat_of_the_host_do_not_matter() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    decoder.feed(press("CAPSLOCK", "NUMLOCK", "SCROLLLOCK"))
    held = Event(1, EV_KEY, BY_NAME["A"].code, keys.REPEATED).pack()
    (reading,) = decoder.feed(press("A") + held * 5 + press("KP7", "+RIGHTSHIFT", "B", "-RIGHTSHIFT", "KPENTER"))
    assert reading.data == b"a7B"


@pytest.mark.parametrize("end", ["ENTER", "KPENTER", "TAB"])
def test_keys_that_end_a_code(end: str) -> None:
    assert [reading.data for reading in typed(fingers=Fingers(end=end))] == [CODE]


def test_control_m_ends_a_code_and_alt_codes_write_any_byte() -> None:
    whole = press("+LEFTALT", "KP0", "KP6", "KP5", "-LEFTALT", "1", "+LEFTCTRL", "M", "-LEFTCTRL")
    assert [reading.data for reading in KeyDecoder(KeyRules(), Framing()).feed(whole)] == [b"A1"]


def test_without_an_end_silence_ends_the_code() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    assert decoder.feed(pack(type_code(CODE, Fingers(end="")))) == []
    assert decoder.patience == Framing().gap
    assert [(reading.data, reading.notes) for reading in decoder.silence()] == [(CODE, (Note.NO_SUFFIX,))]


def test_once_enter_was_heard_a_code_without_it_is_cut_off() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    decoder.feed(pack(type_code(CODE, Fingers())))
    decoder.feed(pack(type_code(CODE[:20], Fingers(end=""))))
    assert [reading.notes for reading in decoder.silence()] == [(Note.TRUNCATED,)]


def test_events_the_kernel_dropped_spoil_the_code_and_no_other() -> None:
    events = pack(type_code(CODE, Fingers()))
    lost = Event(0, EV_SYN, keys.SYN_DROPPED, 0).pack()
    half = len(events) // keys.EVENT_SIZE // 2 * keys.EVENT_SIZE
    decoder = KeyDecoder(KeyRules(), Framing())
    (spoilt,) = decoder.feed(events[:half] + lost + events[half + 6 * keys.EVENT_SIZE :])
    assert Note.EVENTS_LOST in spoilt.notes
    assert spoilt.spoilt
    (good,) = decoder.feed(events)
    assert (good.data, good.notes) == (CODE, ())


def test_a_modifier_whose_release_was_dropped_is_not_held_for_ever() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    decoder.feed(press("+LEFTSHIFT", "A") + Event(0, EV_SYN, keys.SYN_DROPPED, 0).pack() + press("ENTER"))
    assert [reading.data for reading in decoder.feed(press("A", "ENTER"))] == [b"a"]


def test_keys_of_no_us_keyboard_are_told() -> None:
    strange = Event(0, EV_KEY, 86, keys.PRESSED).pack()  # KEY_102ND of European keyboards
    (reading,) = KeyDecoder(KeyRules(), Framing()).feed(press("A") + strange + press("B", "ENTER"))
    assert (reading.data, reading.notes) == (b"ab", (Note.UNKNOWN_KEYS,))


def test_a_person_is_told_from_a_scanner_by_rhythm() -> None:
    slow = Fingers(step=HAND_MS * 1000)
    (reading,) = typed(b"4600439931256", slow)
    assert (reading.data, reading.notes) == (b"4600439931256", (Note.TYPED_BY_HAND,))
    assert typed(b"4600439931256", Fingers(step=5_000))[0].notes == ()


def test_enter_alone_is_no_code_and_leaves_nothing_behind() -> None:
    decoder = KeyDecoder(KeyRules(), Framing())
    assert decoder.feed(press("ENTER", "ENTER")) == []
    (reading,) = decoder.feed(press("1", "ENTER"))
    assert reading.packets == (press("1", "ENTER")[: -keys.EVENT_SIZE],), "up to the press that ends it"


def test_two_codes_one_after_another_are_two() -> None:
    assert [reading.data for reading in KeyDecoder(KeyRules(), Framing()).feed(press("1", "ENTER", "2", "ENTER"))] == [
        b"1",
        b"2",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ctrl+]", "ctrl+]"),
        ("CTRL + ]", "ctrl+]"),
        ("alt+0029", "alt+29"),
        ("F8", "f8"),
        ("Ctrl+Shift+G", "ctrl+shift+g"),
        ("|", None),
        ("{GS}", None),
        ("a+b", None),
        ("+", None),
        ("8", None),
    ],
)
def test_chords_as_people_write_them(text: str, name: str | None) -> None:
    assert chord_name(text) == name


def test_what_a_us_keyboard_cannot_type_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        type_code("é".encode("latin-1"), Fingers())


def test_records_of_the_kernel() -> None:
    """A 64-bit kernel's `struct input_event`: two words of time, type, code, value."""
    record = bytes.fromhex("0100000000000000 0200000000000000 0100 1e00 01000000")
    assert unpack(record) == Event(1_000_002, EV_KEY, BY_NAME["A"].code, keys.PRESSED)
    assert unpack(record).pack() == record
    hostile = b"\xff" * 7 + b"\x7f" + b"\xff" * 7 + b"\x7f" + record[16:]
    assert unpack(unpack(hostile).pack()) == unpack(hostile), "any time can be written again"
    with pytest.raises(ValueError, match="24 bytes"):
        unpack(record[:-1])


def test_words_for_a_technician() -> None:
    events = pack(type_code(b"aB\x1d", Fingers()))
    assert explain_keys(events) == ("A↓↑ LEFTSHIFT↓ B↓↑ LEFTSHIFT↑ LEFTCTRL↓ RIGHTBRACE↓↑ LEFTCTRL↑ ENTER↓↑")
    assert explain(Kind.KEYBOARD, events) == explain_keys(events)
    assert explain(Kind.SERIAL, b"\x1d]d2\r\xff") == "<GS>]d2<CR><FF>"


def test_the_usual_chord_is_one_row() -> None:
    assert frozenset({"f8"}) == GS_CHORDS


def test_raised_digits_are_no_alt_code() -> None:
    assert character("alt+¹0029", frozenset()) is None
    assert character("alt+0029", frozenset()) == "\x1d"
