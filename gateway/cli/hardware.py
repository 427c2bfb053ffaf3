"""Commands that look at devices directly, without a daemon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from devices.errors import GatewayError, RequestError
from gateway.cli import output

if TYPE_CHECKING:
    from devices.candidate import Candidate
    from devices.steps import Step

_ARROWS: Final = {">": "→", "<": "←"}
#: Characters of hexadecimal digits on a line.
_LONGEST: Final = 96


async def devices(*, ask: bool, as_json: bool) -> None:
    """Ports and devices, and with `ask` which register answers there; scanners and keyboards are not asked."""
    from devices import discovery

    found = discovery.candidates()
    if not found and not as_json:
        output.emit("Ничего не подключено: нет последовательных портов и известных USB-устройств.")
        return
    answers = await _answers(found, quiet=as_json) if ask else {}
    if as_json:
        output.emit_json({"devices": [{**output.parts(one), "answers": answers.get(one.link)} for one in found]})
        return
    output.table(
        "Устройства",
        ("связь", "что это", "кто отвечает", "пояснение"),
        ((one.link, one.title, answers[one.link].text if one.link in answers else "", one.note) for one in found),
    )
    output.emit("Подробно о кассе: fiscal-gateway diagnose СВЯЗЬ. Проверить сканер: fiscal-gateway scan СВЯЗЬ.")


async def _answers(found: Sequence[Candidate], *, quiet: bool) -> dict[str, Step]:
    from devices import discovery

    answers: dict[str, Step] = {}
    waiting = sum(one.may_be_asked for one in found)
    with output.progress("Кто отвечает на портах", quiet=quiet) as told:
        told(0, waiting)
        async for one, step in discovery.survey(found):
            answers[one.link] = step
            told(len(answers), waiting)
    return answers


async def diagnose(link: str, *, as_json: bool) -> None:
    """Ask whoever is on a link who it is; harmless questions only. A scanner is opened and let go again."""
    from devices import discovery

    steps = []
    try:
        async for step in discovery.diagnose_scanner(link) if is_scanner(link) else discovery.diagnose(link):
            steps.append(step)
            if not as_json:
                for line in _told(step):
                    output.emit(line)
    except RequestError as error:  # the words are wrong, no device was asked
        output.fail(error.detail, hint=error.hint, status=output.EXIT_USAGE, as_json=as_json, code=error.code)
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    ok = bool(steps) and steps[-1].ok
    if as_json:
        output.emit_json({"ok": ok, "verdict": steps[-1].text if steps else "", "steps": steps})
    if not ok:
        raise SystemExit(output.EXIT_REFUSED)


def _told(step: Step) -> Iterator[str]:
    """The finding, and below it what was sent and what came back, each in hexadecimal and in a line of words."""
    yield f"{'✓' if step.ok else '✗'} {step.text}"
    for one in step.said:
        data = one.hex if len(one.hex) <= _LONGEST else f"{one.hex[:_LONGEST]}… ({len(one.hex) // 3 + 1} байт)"
        yield f"    {_ARROWS[one.direction]} {data}{f'   {one.words[0]}' if one.words else ''}"


def is_scanner(link: str) -> bool:
    """Whether a link can only be a scanner's; a serial port may be anything's and is asked as a register is."""
    from devices.discovery import REGISTERS
    from devices.links.parse import LinkSyntaxError, parse_link
    from devices.scanners import factory

    scheme, _, rest = link.partition(":")
    if scheme == "usb":
        return rest.lower() not in {f"{vendor:04x}:{product:04x}" for vendor, product in REGISTERS}
    try:
        parse_link(link)
    except LinkSyntaxError:
        try:
            factory.check(link)
        except RequestError:
            return False
        return True
    return False


def explain(text: str, *, as_json: bool) -> None:
    """A captured frame in words."""
    from devices.registers.factory import FAMILIES, explained

    digits = re.sub(r"0x|[\s,:;]", "", text)
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        output.fail(
            "these are not bytes in hex, like 02 05 10 1E 00 00 00 0B",
            hint="Введите байты кадра шестнадцатеричными цифрами.",
            status=output.EXIT_USAGE,
            as_json=as_json,
            code="hex",
        )
    found = explained(data)
    lines = list(_in_words({FAMILIES[name].title: words for name, words in found.items()}))
    if as_json:
        told = [{"family": name, "title": FAMILIES[name].title, "lines": words} for name, words in found.items()]
        output.emit_json({"lines": lines, "families": told})
        return
    for line in lines:
        output.emit(line)


def _in_words(found: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Of one family its words; of several each under its title."""
    if not found:
        yield "Эти байты не похожи ни на один известный протокол касс."
    for title, words in found.items():
        if len(found) > 1:
            yield f"{title}:"
        yield from (f"  {line}" if len(found) > 1 else line for line in words)
