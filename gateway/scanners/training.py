"""Learning a scanner's set-up from one scan of a code whose content is known, and saying it as configuration."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devices.errors import RequestError
from devices.scanners.base import Kind, Reading
from protocols.marking import CodeError, parse
from protocols.scanner.explain import shown
from protocols.scanner.framing import SUFFIXES
from protocols.scanner.training import SAMPLE, Training, learn_bytes, learn_keys

#: Word of the command line for the code that was made for training.
SAMPLE_WORD = "sample"
_GS = b"\x1d"
#: Suffixes that are found without being configured.
_FOUND = ("cr", "lf", "crlf", "etx")


@dataclass(frozen=True, slots=True)
class Lesson:
    """The code to be scanned: GS as 1Dh, no AIM id."""

    code: bytes

    @property
    def shown(self) -> str:
        """With `<GS>` for the separators."""
        return shown(self.code)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What one scan taught about a scanner."""

    training: Training
    scanner: str
    suffix: str  # a name of SUFFIXES, or text

    @property
    def ok(self) -> bool:
        """Whether codes will be right with these settings."""
        return self.training.ok

    @property
    def settings(self) -> Mapping[str, Any]:
        """What has to be written into [[scanners]], if anything."""
        found: dict[str, Any] = {}
        training = self.training
        if not training.ok:
            return found
        if training.prefix:
            found["prefix"] = training.prefix
        if self.suffix and self.suffix not in _FOUND:
            found["suffix"] = self.suffix
        if training.gs:
            found["gs"] = training.gs
        if training.caps_lock:
            found["caps_lock"] = True
        return found

    @property
    def facts(self) -> Mapping[str, Any]:
        """For programs."""
        training = self.training
        return {
            "learnt": training.ok,
            "symbology": training.symbology,
            "suffix": self.suffix,
            "settings": self.settings,
            "advice": list(training.advice),
        }

    @property
    def words(self) -> list[str]:
        """For a person (Russian)."""
        lines = [f"→ {sentence}" for sentence in self.training.advice]
        if not self.ok:
            return ["✗ По этому скану сканер не настроить.", *lines]
        if not self.settings:
            return ["✓ Разделители GS приходят верно, в настройки шлюза ничего писать не нужно.", *lines]
        return [
            "✓ Сканер можно использовать так. Запишите в его раздел [[scanners]] настроек шлюза:",
            *(f"  {line}" for line in self.written),
            *lines,
        ]

    @property
    def written(self) -> list[str]:
        """`settings` as TOML."""
        return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in self.settings.items()]


def lesson(text: str) -> Lesson:
    """The code as typed: `sample`, or a code with its separators as GS, <GS>, {GS} or \\x1d; RequestError otherwise."""
    if text == SAMPLE_WORD:
        return Lesson(SAMPLE)
    try:
        code = parse(text).raw
    except CodeError as error:
        raise RequestError(error.detail, hint=error.hint, code=error.code) from error
    if _GS not in code:
        raise RequestError(
            "a code without separators teaches nothing about separators; write them as <GS>",
            hint="В учебном коде нет разделителей. Запишите их как <GS> или возьмите код со знаком GS внутри.",
            code="training_code",
        )
    return Lesson(code)


def learn(scan: Mapping[str, Any], known: Lesson) -> Learnt:
    """From a scan with its details, as the API tells it."""
    reading = Reading(
        data=base64.b64decode(scan["raw_base64"]),
        symbology=scan["symbology"],
        packets=tuple(bytes.fromhex(packet) for packet in scan["packets"]),
    )
    return learn_from(reading, Kind(scan["kind"]), known.code, str(scan["scanner"]))


def learn_from(reading: Reading, kind: Kind, code: bytes, scanner: str) -> Learnt:
    """From what a device of this kind sent of this code (GS as 1Dh, no AIM id)."""
    packets = b"".join(reading.packets)
    if kind is Kind.KEYBOARD:
        training = learn_keys(packets, code)
    elif kind is Kind.HID_POS:
        # Its packets have a frame of their own, which is no setting.
        training = learn_bytes((reading.symbology or "").encode() + reading.data, code)
    else:
        training = learn_bytes(packets, code)
    named = {spelled.decode("latin-1"): name for name, spelled in SUFFIXES.items() if spelled}
    return Learnt(training, scanner, named.get(training.suffix, training.suffix))
