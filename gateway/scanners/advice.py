"""What a scan tells of its scanner's set-up, and the scan packet by packet in words: for whoever sets scanners up."""

from __future__ import annotations

from collections.abc import Iterator

from devices.scanners.base import Kind, Note
from gateway.scanners.model import Fault, Scan
from gateway.scanners.training import learn_from
from protocols.scanner.explain import explain_keys, explain_report, shown

#: The way of attaching it, not the code, is what could be better. HID-POS and pictures always tell their symbology.
NO_AIM = Fault(
    code="no_aim_id",
    detail="the scanner does not send AIM ids",
    hint="Сканер не шлёт идентификатор AIM. Включите префикс «AIM ID»: тогда видно, GS1 это или обычный DataMatrix.",
)
KEYBOARD_MODE = Fault(
    code="keyboard_mode",
    detail="the scanner plays a keyboard",
    hint="Сканер в режиме клавиатуры. Надёжнее режим COM-порта (USB CDC, Virtual COM): настроечный код в руководстве.",
)
FINE = Fault(code="fine", detail="nothing to set up", hint="Код прочитан полностью, сканер настроен верно.")

#: Code of the advice that writes out what the gateway can be told instead of the scanner.
SETTINGS = "scanner_settings"


def advise(scan: Scan) -> tuple[Fault, ...]:
    """What to do, the gravest first; `FINE` alone where there is nothing."""
    found = tuple(_advice(scan))
    return found if found or scan.code is None else (FINE,)


def explain(scan: Scan) -> tuple[str, ...]:
    """The device's packets in words: key presses, reports, or text with `<GS>` for what cannot be seen."""
    words = {Kind.KEYBOARD: explain_keys, Kind.HID_POS: explain_report}.get(scan.kind, shown)
    return tuple(words(packet) for packet in scan.reading.packets)


def _advice(scan: Scan) -> Iterator[Fault]:
    if scan.fault is not None:
        yield scan.fault
    for note in scan.notes:
        if scan.fault is None or note.code != scan.fault.code:
            yield note
    if scan.code is not None:
        for one in scan.code.warnings:
            yield Fault(code=one.code, detail=one.detail, hint=one.hint)
        yield from _settings(scan)
    if scan.reading.symbology is None:
        yield NO_AIM
    if scan.kind is Kind.KEYBOARD:
        yield KEYBOARD_MODE


def _settings(scan: Scan) -> Iterator[Fault]:
    """A code that had to be mended teaches what its scanner adds and what it sends for GS, as one of training does."""
    reading, code = scan.reading, scan.code
    if code is None or reading.data == code.raw or scan.kind is Kind.IMAGE or Note.UNGLUED in reading.notes:
        return
    learnt = learn_from(reading, scan.kind, code.raw, scan.scanner)
    if learnt.ok and learnt.settings:
        written = "; ".join(learnt.written)
        yield Fault(
            code=SETTINGS,
            detail=f"or let the gateway undo it: {written} in the scanner's [[scanners]]",
            hint=f"Если сканер перенастроить нельзя, запишите в его раздел [[scanners]] настроек шлюза: {written}",
        )
