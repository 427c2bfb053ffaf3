"""Commands that look at devices directly, without a daemon."""

from __future__ import annotations

import re

from devices.errors import GatewayError, RequestError
from gateway.cli import output


async def devices(*, as_json: bool) -> None:
    """Ports and devices which may be a register or a scanner."""
    from devices import discovery

    found = discovery.candidates()
    if as_json:
        output.emit_json({"devices": found})
        return
    if not found:
        output.emit("Ничего не подключено: нет последовательных портов и известных USB-устройств.")
        return
    output.table(
        "Устройства",
        ("связь", "что это", "пояснение"),
        ((device.link, device.title, device.note) for device in found),
    )
    output.emit("Проверить кассу: fiscal-gateway diagnose СВЯЗЬ. Проверить сканер: fiscal-gateway scan СВЯЗЬ.")


async def diagnose(link: str, *, as_json: bool) -> None:
    """Ask whoever is on a link who it is; harmless questions only. A scanner is opened and let go again."""
    from devices import discovery

    steps = []
    try:
        async for step in discovery.diagnose_scanner(link) if is_scanner(link) else discovery.diagnose(link):
            steps.append(step)
            if not as_json:
                output.emit(f"{'✓' if step.ok else '✗'} {step.text}")
    except RequestError as error:  # the words are wrong, no device was asked
        output.fail(error.detail, hint=error.hint, status=output.EXIT_USAGE, as_json=as_json, code=error.code)
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    ok = bool(steps) and steps[-1].ok
    if as_json:
        output.emit_json({"ok": ok, "verdict": steps[-1].text if steps else "", "steps": steps})
    if not ok:
        raise SystemExit(output.EXIT_REFUSED)


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
    from devices.registers.factory import FAMILIES

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
    lines = next(iter(FAMILIES.values())).explain(data, None)
    if as_json:
        output.emit_json({"lines": lines})
    else:
        for line in lines:
            output.emit(str(line))
