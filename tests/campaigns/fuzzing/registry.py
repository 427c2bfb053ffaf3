"""Every public decoder of protocols/, with the target that reaches it or the reason why none needs to.

A decoder is a public function, or a public method of a public class, that takes bytes, text, tags or one number from
outside and answers values. `decoders()` finds them by their annotations.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import protocols
from fuzzing import atol, codes, documents, exchanges, pirit, scanners, tasks, wires
from fuzzing.target import Target

_ROOMS = (atol, codes, documents, exchanges, pirit, scanners, tasks, wires)
_EVERY = [target for room in _ROOMS for target in room.TARGETS]
TARGETS: dict[str, Target] = {target.name: target for target in _EVERY}
assert len(TARGETS) == len(_EVERY), "two targets of one name"

#: Takes such a parameter, yet decodes nothing that comes from outside.
NOT_DECODERS: dict[str, str] = {
    "atol.framing_v2.checksum": "a checksum takes any bytes",
    "atol.framing_v3.crc8": "a checksum takes any bytes",
    "atol.framing_v3.PacketLink.request": "numbers a packet of the program",
    "atol.task_buffer.TaskBuffer.finish": "takes the answer to a command that was executed",
    "atol.task_view.HostTasks.new": "numbers a command of the program",
    "atol.commands.base.is_refusal": "looks at an answer that the device has made",
    "atol.commands.base.led_by": "makes a row at import",
    "atol.commands.base.row": "makes a row at import",
    "atol.commands.receipts.write_tag": "cuts a tag that the program has written",
    "crc.crc16": "a checksum takes any bytes",
    "shtrih.framing_v1.lrc": "a checksum takes any bytes",
    "ffd.checks.registration_number": "makes a number for a registration",
    "ffd.arithmetic.rubles": "writes a sum",
    "models.find": "looks a row up by what a decoder has read",
    "atol_web.fields": "reads inside the models of tasks, or writes",
    "atol_web.marking.check_result": "tells the bits of a number",
    "atol_web.receipts.path_of": "names a fault that a model found",
    "atol_web.results.ended": "writes an answer",
    "atol_web.writing": "writes a receipt that was read",
    "ffd.sign.printed": "writes a sign",
    "ffd.documents.size_of": "sums up a receipt that was read",
    "ffd.lines": "judges values that the schema has read",
    "ffd.rules": "judges a receipt that was read",
    "rows.Rows.named": "a look-up by names of the program",
    "shtrih.commands.base.row": "makes a row at import",
    "shtrih.framing_v1.DeviceV1.size": "counts the bytes of a frame",
    "shtrih.framing_v2.DeviceV2.size": "counts the bytes of a packet",
    "shtrih.errors.is_of_drive": "compares a number",
    "framing.DeviceFraming": "what framings have in common; each family's own is a target",
    "marking.code.Code.value": "a look-up by an identifier that the program names",
    "marking.notices": "looks up by codes of the program",
    "shtrih.tables.Table.field": "a look-up; the caller checks for None",
    "pirit.commands.base.row": "makes a row at import",
    "pirit.commands.encode_error": "writes a frame",
    "pirit.commands.encode_request": "writes a frame",
    "pirit.device.DeviceFrames.size": "counts the bytes of a frame",
    "pirit.errors.is_of_drive": "compares a number",
    "pirit.models.model": "a look-up; the caller checks for None",
    "paper.fields.Fields": "read by the target `paper`",
}
_MAKES_NO_VALUE = re.compile(r"(bytes|None|Kind|Construct|Iterator\[Element\])")
_FROM_OUTSIDE = re.compile(r"\b(bytes|str|Element|Fields|Line)\b")


def decoders() -> Iterator[tuple[str, Any]]:
    """Name within protocols/ and the function."""
    for found in pkgutil.walk_packages(protocols.__path__, "protocols."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            where = f"{module.__name__.removeprefix('protocols.')}.{name}"
            if inspect.isfunction(value):
                yield from _if_decoder(where, value)
            elif inspect.isclass(value):
                for inner, method in vars(value).items():
                    plain = method.__func__ if isinstance(method, (classmethod, staticmethod)) else method
                    if not inner.startswith("_") and inspect.isfunction(plain):
                        yield from _if_decoder(f"{where}.{inner}", plain)


def _if_decoder(where: str, function: Any) -> Iterator[tuple[str, Any]]:
    notes = {name: str(note) for name, note in inspect.get_annotations(function).items()}
    answer = notes.pop("return", "None")
    feeds = where.rpartition(".")[2] == "feed"
    numbers = [note for note in notes.values() if note not in {"bool", "cls"}]
    from_outside = any(_FROM_OUTSIDE.search(note) and not note.startswith("Callable") for note in notes.values())
    if not from_outside and numbers not in (["int"], ["int | None"]):
        return
    if feeds or (not _MAKES_NO_VALUE.fullmatch(answer) and not (answer == "int" and not from_outside)):
        yield where, function


def covered() -> set[Any]:
    """The plain functions that targets name."""
    return {getattr(one, "__func__", one) for target in TARGETS.values() for one in target.covers}


def missing() -> list[str]:
    """Decoders that no target reaches and no reason excuses."""
    reached = covered()
    return [
        where
        for where, function in decoders()
        if function not in reached and not any(where == one or where.startswith(f"{one}.") for one in NOT_DECODERS)
    ]
