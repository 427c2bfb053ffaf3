"""`fiscal-gateway decode`: the codes on a picture, or the parts of a code that was typed or pasted."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

from devices.errors import GatewayError
from devices.scanners.image import look
from devices.scanners.looks import MAX_BYTES, SUFFIXES, Look
from devices.scanners.picture import is_picture, load
from gateway.api.codes import codes_object
from gateway.cli import output
from gateway.marking.decode import Decoded, understood
from protocols.ffd.arithmetic import rubles
from protocols.marking import Code, CodeError, Kind, groups, parse

STDIN = "-"
#: What people type for a file rather than for a code: a slash in front, a backslash, or an ending.
_FILE_NAME: Final = re.compile(r"[./~].*/|.*\\|.*\.[A-Za-z]{2,4}$")
#: Groups of goods are named where the code's form leaves a few.
_FEW: Final = 3
#: How a separator is shown to a person.
GS_SHOWN = "\u241d"
_KINDS = {
    Kind.GS1: "код маркировки GS1",
    Kind.TOBACCO29: "код пачки табака",
    Kind.TOBACCO25: "код пачки табака без криптохвоста",
    Kind.FUR_KIZ: "КиЗ меховых изделий",
    Kind.EGAIS2: "марка ЕГАИС 2.0",
    Kind.EGAIS3: "марка ЕГАИС 3.0",
    Kind.EAN8: "штрихкод EAN-8",
    Kind.EAN13: "штрихкод EAN-13",
    Kind.ITF14: "штрихкод ITF-14",
    Kind.TRANSPORT: "код транспортной упаковки",
    Kind.UNKNOWN: "не код маркировки",
}


def decode(target: str, *, as_json: bool) -> int:
    """Show the codes; exit status 1 when there is none, or nothing but what is no code."""
    picture = _picture(target, as_json=as_json)
    if picture is None:
        return _show(Decoded((_of_text(target, as_json=as_json),)), as_json=as_json)
    if target == STDIN and picture and not is_picture(picture):
        text = picture.decode("utf-8", "replace").rstrip("\r\n")
        return _show(Decoded((_of_text(text, as_json=as_json),)), as_json=as_json)
    try:
        found = understood(asyncio.run(_look(picture)))
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    if not as_json and not found.codes:
        advice = [one.hint for one in found.warnings] or ["Сфотографируйте один код крупно, резко и без бликов."]
        output.fail("Код на снимке не прочитан.", hint="\n".join(advice))
    return _show(found, as_json=as_json)


async def _look(picture: bytes) -> Look:
    return look(load(picture), clock=asyncio.get_running_loop().time)


def _picture(target: str, *, as_json: bool) -> bytes | None:
    """What is to be looked at; None when the word is the code itself."""
    if target == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        path = Path(target)
        if path.is_dir():
            output.fail(
                f"{target} is a folder",
                hint='Это папка: укажите файл снимка. Папку целиком читает сканер с link = "image:ПАПКА".',
                status=output.EXIT_USAGE,
                as_json=as_json,
                code="file",
            )
        if path.is_file() or target.lower().endswith(SUFFIXES):
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        _no_file(target, as_json=as_json)
    except OSError as error:
        if target.lower().endswith(SUFFIXES):
            reason = f"cannot read {target}: {error.strerror}"
            hint = "Файл не читается: проверьте имя и права."
            output.fail(reason, hint=hint, status=output.EXIT_USAGE, as_json=as_json, code="file")
    except ValueError:  # no path holds such characters, a code may
        pass
    return None


def _of_text(text: str, *, as_json: bool) -> Code:
    named = _FILE_NAME.match(text) is not None
    try:
        code = parse(text)
    except CodeError as error:
        if named:
            _no_file(text, as_json=as_json)
        reason = error.detail if as_json else f"Код не принят ({error.code})."
        output.fail(reason, hint=error.hint, as_json=as_json, code=error.code)
    if named and code.kind is Kind.UNKNOWN:
        _no_file(text, as_json=as_json)
    return code


def _no_file(name: str, *, as_json: bool) -> NoReturn:
    output.fail(
        f"there is no file {name}",
        hint="Проверьте имя файла. Если это код, заключите его в кавычки.",
        status=output.EXIT_USAGE,
        as_json=as_json,
        code="file",
    )


def _show(found: Decoded, *, as_json: bool) -> int:
    if as_json:
        output.emit_json(codes_object(*found))
    else:
        for number, code in enumerate(found.codes):
            if number:
                output.emit()
            for line in _lines(code):
                output.emit(line)
        for warning in found.warnings:
            output.emit(f"! {warning.code}: {warning.hint}")
    return 0 if any(code.kind is not Kind.UNKNOWN for code in found.codes) else output.EXIT_REFUSED


def _lines(code: Code) -> Iterator[str]:
    yield f"{_KINDS[code.kind]}{f', {code.symbology}' if code.symbology else ''}"
    yield f"  код      {code.text.replace(chr(29), GS_SHOWN)}"
    for title, value in (
        ("КИ", code.cis),
        ("GTIN", code.gtin),
        ("серийный", code.serial),
        ("МРЦ, ₽", None if code.mrp is None else rubles(code.mrp)),
        ("вес, кг", code.weight),
        ("группы", _groups(code)),
    ):
        if value:
            yield f"  {title:<8} {value}"
    for warning in code.warnings:
        yield f"  ! {warning.code}: {warning.hint}"


def _groups(code: Code) -> str:
    told = [guess.group for guess in groups(code)]
    return ", ".join(told) if len(told) <= _FEW else f"форма общая для {len(told)} групп"
