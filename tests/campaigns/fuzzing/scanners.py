"""Targets of scanners: streams of every kind, report descriptors, the words for a technician, training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fuzzing.target import Target
from fuzzing.wires import _pieces, same_in_pieces
from protocols.scanner import descriptor, explain, hid_pos, keys, training
from protocols.scanner.aim import inner_ids, split_aim
from protocols.scanner.framing import Cutter, Framing, glued, unframe
from protocols.scanner.keyboard import KeyDecoder, KeyRules, character, chord_name
from protocols.scanner.keystrokes import Fingers, type_code
from protocols.scanner.reading import Kind, Reading

CODE = b"0104600439931256215ABCdefgHIJKLM\x1d93dGVz"
#: Set-ups that a stream is read with.
FRAMINGS = (
    Framing(),
    Framing(prefix=b"X", suffix=b"\r\n", substitutes=(b"{GS}", b"|")),
    Framing(prefix=b"]d2", suffix=b""),
    Framing(suffix=b"END"),
)


def _said(readings: Iterable[Reading]) -> list[Any]:
    """Without the packets, which depend on how the stream was cut."""
    return [(one.data, one.symbology, one.notes, one.spoilt, one.advice) for one in readings]


def _stream(make: Callable[[], Any]) -> Callable[[Iterable[bytes]], Any]:
    def read(pieces: Iterable[bytes]) -> Any:
        decoder = make()
        said = [one for piece in pieces for one in _said(decoder.feed(piece))]
        waited = decoder.patience
        return said, waited, _said(decoder.silence()), decoder.patience

    return read


def _serial(data: bytes) -> None:
    for framing in FRAMINGS:
        same_in_pieces(_stream(lambda framing=framing: Cutter(framing)), data)  # type: ignore[misc]
        unframe(data, framing)
    glued(data)
    assert list(inner_ids(data)) == sorted(set(inner_ids(data)))
    symbology, rest = split_aim(data)
    assert (symbology or "").encode() + rest == data
    explain.shown(data).encode("ascii")


def _reports(data: bytes) -> None:
    same_in_pieces(_stream(lambda: hid_pos.Joiner(Framing())), data)
    where = descriptor.layout(descriptor.DESCRIPTOR)
    assert where is not None
    for packet in _pieces(data, hid_pos.SIZE):
        explain.explain(Kind.HID_POS, packet)
        explain.explain_report(packet)
        part = hid_pos.parse_report(packet)
        if part is not None and part.symbology is not None:
            assert hid_pos.parse_report(hid_pos.build_report(part)) == part
            assert where.usual(packet) == packet
            shifted = packet[2] != ord("]")
            assert shifted or where.parse(packet) == part
        where.usual(packet[1:])


def _as_report(data: bytes) -> bytes:
    """Any bytes as reports of a scan."""
    return b"".join(hid_pos.build_reports(data, "]d2", 0x77))


def _describe(data: bytes) -> None:
    descriptor.collections(data)
    where = descriptor.layout(data)
    if where is not None:
        for size in (0, 1, hid_pos.SIZE, where.least + 1, where.least + 2):
            report = bytes((where.report_id,)) * min(size, 4096)
            usual = where.usual(report)
            assert len(usual) % hid_pos.SIZE == 0


def _presses(data: bytes) -> None:
    for rules in (KeyRules(), KeyRules(gs=frozenset({"{GS}", "ctrl+]"}), caps_lock=True)):
        same_in_pieces(_stream(lambda rules=rules: KeyDecoder(rules, Framing())), data)  # type: ignore[misc]
    for event in keys.events(data):
        assert keys.unpack(event.pack()) == event
    explain.explain(Kind.KEYBOARD, data)
    explain.explain_keys(data)
    training.learn_keys(data)
    training.learn_keys(data, CODE)


def _as_presses(data: bytes) -> bytes:
    """The nearest text, typed; every byte another rhythm or chord would lead too far."""
    text = bytes(byte & 0x7F for byte in data[:6] if byte & 0x7F >= 0x20 and byte & 0x7F < 0x7F)
    return b"".join(event.pack() for event in type_code(text, Fingers()))


def _learn(data: bytes) -> None:
    found = training.learn_bytes(data)
    assert found.ok or found.advice
    training.learn_bytes(data, CODE)


def _chords(data: bytes) -> None:
    text = data.decode("latin-1")
    chord = chord_name(text)
    if chord is not None:
        assert chord_name(chord) == chord
        character(chord, frozenset())
    character(text, frozenset({"f8"}))


def _unpack(data: bytes) -> keys.Event:
    return keys.unpack(data)


TARGETS = (
    Target(
        "scanner_serial",
        _serial,
        (Cutter.feed, unframe, glued, inner_ids, split_aim, explain.shown),
        seeds=lambda: (b"]d2" + CODE + b"\r\n", b"X" + CODE + b"END", CODE + CODE),
    ),
    Target(
        "scanner_reports",
        _reports,
        (
            hid_pos.Joiner.feed,
            hid_pos.parse_report,
            hid_pos.build_reports,
            descriptor.Layout.parse,
            descriptor.Layout.usual,
            descriptor.Place.number,
            explain.explain,
            explain.explain_report,
        ),
        repair=_as_report,
        seeds=lambda: (_as_report(CODE * 3),),
    ),
    Target(
        "scanner_descriptor",
        _describe,
        (descriptor.collections, descriptor.layout),
        (descriptor.DescriptorError,),
        seeds=lambda: (descriptor.DESCRIPTOR,),
    ),
    Target(
        "scanner_keys",
        _presses,
        (KeyDecoder.feed, keys.events, explain.explain_keys, training.learn_keys, type_code),
        repair=_as_presses,
        seeds=lambda: (_as_presses(CODE),),
        max_len=480,
    ),
    Target(
        "scanner_event", _unpack, (keys.unpack,), (ValueError,), inverse=keys.Event.pack, seeds=lambda: (bytes(24),)
    ),
    Target("scanner_training", _learn, (training.learn_bytes,), seeds=lambda: (b"]d2" + training.SAMPLE + b"\r", CODE)),
    Target("scanner_chords", _chords, (chord_name, character), seeds=lambda: (b"Alt+0029", b"ctrl+]", b"f8", b"{GS}")),
)
