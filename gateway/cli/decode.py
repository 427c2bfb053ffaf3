"""`fiscal-gateway decode`: the codes on a picture, or the parts of a code that was typed or pasted."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from devices.errors import GatewayError
from devices.scanners.image import look
from devices.scanners.looks import MAX_BYTES, SUFFIXES, Look
from devices.scanners.picture import is_picture, load
from gateway.api.codes import code_object
from gateway.cli import output
from gateway.marking.decode import understood
from protocols.ffd.arithmetic import rubles
from protocols.marking import Code, CodeError, Kind, groups, parse

STDIN = "-"
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
    """Show the codes; exit status 1 when there is none."""
    picture = _picture(target, as_json=as_json)
    if picture is None:
        return _show((_of_text(target, as_json=as_json),), as_json=as_json)
    if target == STDIN and not is_picture(picture):
        text = picture.decode("utf-8", "replace").rstrip("\r\n")
        return _show((_of_text(text, as_json=as_json),), as_json=as_json)
    try:
        found = asyncio.run(_look(picture))
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    codes = understood(found.seen)
    if not codes and not as_json:
        output.fail(*_nothing(found))
    return _show(codes, as_json=as_json)


async def _look(picture: bytes) -> Look:
    return look(load(picture), clock=asyncio.get_running_loop().time)


def _picture(target: str, *, as_json: bool) -> bytes | None:
    """What is to be looked at; None when the word is the code itself."""
    if target == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        path = Path(target)
        if path.is_file() or target.lower().endswith(SUFFIXES):
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        output.fail(
            f"there is no file {target}",
            hint="Проверьте имя файла. Если это код, заключите его в кавычки.",
            status=output.EXIT_USAGE,
            as_json=as_json,
            code="file",
        )
    except OSError as error:
        if target.lower().endswith(SUFFIXES):
            reason = f"cannot read {target}: {error.strerror}"
            output.fail(reason, status=output.EXIT_USAGE, as_json=as_json, code="file")
    except ValueError:  # no path holds such characters, a code may
        pass
    return None


def _of_text(text: str, *, as_json: bool) -> Code:
    try:
        return parse(text)
    except CodeError as error:
        output.fail(error.detail, hint=error.hint, as_json=as_json, code=error.code)


def _nothing(found: Look) -> tuple[str]:
    if found.contradicted:
        return ("Код на снимке есть, но прочитан по-разному: сфотографируйте его ещё раз, крупно и резко.",)
    return ("Код на снимке не найден: сфотографируйте один код крупно, резко и без бликов.",)


def _show(codes: tuple[Code, ...], *, as_json: bool) -> int:
    if as_json:
        output.emit_json({"codes": [code_object(code) for code in codes]})
    else:
        for number, code in enumerate(codes):
            if number:
                output.emit()
            for line in _lines(code):
                output.emit(line)
    return 0 if codes else output.EXIT_REFUSED


def _lines(code: Code) -> Iterator[str]:
    yield f"{_KINDS[code.kind]}{f', {code.symbology}' if code.symbology else ''}"
    yield f"  код      {code.text.replace(chr(29), GS_SHOWN)}"
    for title, value in (
        ("КИ", code.cis),
        ("GTIN", code.gtin),
        ("серийный", code.serial),
        ("МРЦ, ₽", None if code.mrp is None else rubles(code.mrp)),
        ("вес, кг", code.weight),
        ("группы", ", ".join(guess.group for guess in groups(code))),
    ):
        if value:
            yield f"  {title:<8} {value}"
    for warning in code.warnings:
        yield f"  ! {warning.code}: {warning.hint}"
