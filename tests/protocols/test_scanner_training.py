"""One scan of a known code teaches how a scanner is set up; with what was learnt the next codes are right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.scanner.framing import Framing, unframe
from protocols.scanner.keyboard import KeyDecoder, KeyRules
from protocols.scanner.keystrokes import Capitals, Fingers, type_code
from protocols.scanner.training import SAMPLE, learn_bytes, learn_keys

OTHER = b"010460043993125621JgXJ5.T\x1d91809F\x1d92Aa+/"


def pressed(code: bytes, fingers: Fingers) -> bytes:
    return b"".join(event.pack() for event in type_code(code, fingers))


@pytest.mark.parametrize("gs", ["ctrl+]", "alt+0029", "f8", "f11", "ctrl+g", "|", "~", "^", "{GS}", "<GS>"])
@pytest.mark.parametrize("capitals", Capitals)
@pytest.mark.parametrize("before", [b"", b"]d2", b"X]d2"])
def test_what_was_learnt_reads_another_code(gs: str, capitals: Capitals, before: bytes) -> None:
    fingers = Fingers(gs=gs, capitals=capitals)
    found = learn_keys(pressed(before + SAMPLE, fingers))
    assert found.ok
    assert found.symbology == ("]d2" if before else None)
    rules = KeyRules(gs=frozenset({found.gs} if found.gs else ()), caps_lock=found.caps_lock)
    framing = Framing(prefix=found.prefix.encode())
    (reading,) = KeyDecoder(rules, framing).feed(pressed(before + OTHER, fingers))
    assert (reading.data, reading.notes) == (OTHER, ())
    assert found.caps_lock is (capitals is Capitals.BY_CAPS_LOCK)


@given(
    prefix=st.text("abcXYZ:#", max_size=5),
    aim=st.sampled_from(["", "]d2"]),
    gs=st.sampled_from(["\x1d", "{GS}", "|", "~", "^]", "\\F"]),
    suffix=st.sampled_from(["\r", "\r\n", "\t", "", "END"]),
)
def test_a_serial_scanners_setup(prefix: str, aim: str, gs: str, suffix: str) -> None:
    def sent(code: bytes) -> bytes:
        return (prefix + aim).encode() + code.replace(b"\x1d", gs.encode()) + suffix.encode()

    found = learn_bytes(sent(SAMPLE))
    assert found.ok
    assert (found.prefix, found.symbology) == (prefix, aim or None)
    assert found.gs == (None if gs == "\x1d" else gs)
    assert found.suffix == suffix.replace("\r\n", "\r")
    framing = Framing(
        prefix=found.prefix.encode(),
        suffix=found.suffix.encode(),
        substitutes=(found.gs.encode(),) if found.gs else (),
    )
    reading = unframe(sent(OTHER), framing)
    assert reading is not None
    assert reading.data == OTHER


def test_a_lost_separator_is_no_setting_but_a_fault_of_the_scanner() -> None:
    found = learn_keys(pressed(SAMPLE, Fingers(gs="")))
    assert (found.ok, found.gs) == (False, "")
    assert any("GS" in one for one in found.advice)
    assert learn_bytes(SAMPLE.replace(b"\x1d", b"") + b"\r").gs == ""


def test_what_is_missing_is_advised() -> None:
    assert learn_bytes(b"]d2" + SAMPLE + b"\r").advice == ()
    bare = learn_bytes(SAMPLE)
    assert bare.ok
    assert any("CR" in one for one in bare.advice)
    assert any("AIM" in one for one in bare.advice)


@pytest.mark.parametrize("heard", [b"", b"4600439931256\r", SAMPLE.upper(), SAMPLE[:40], SAMPLE[5:]])
def test_another_code_teaches_nothing(heard: bytes) -> None:
    found = learn_bytes(heard)
    assert not found.ok
    assert found.gs is None
    assert found.advice


def test_separators_that_differ_teach_nothing() -> None:
    first, second, third = SAMPLE.split(b"\x1d")
    assert not learn_bytes(first + b"|" + second + b"~" + third).ok
