"""Commands that look at devices directly, without a daemon."""

from __future__ import annotations

import re

from devices.errors import GatewayError, RequestError
from gateway.cli import output


async def devices(*, as_json: bool) -> None:
    """Ports and USB devices which a register may hang on."""
    from devices import discovery

    found = discovery.candidates()
    if as_json:
        output.emit_json({"devices": found})
        return
    if not found:
        output.emit("Ничего не подключено: нет последовательных портов и известных USB-устройств.")
        return
    output.table(
        "Устройства", ("связь", "что это", "пояснение"), ((device.link, device.title, device.note) for device in found)
    )


async def diagnose(link: str, *, as_json: bool) -> None:
    """Ask whoever is on a link who it is; harmless questions only."""
    from devices import discovery

    steps = []
    try:
        async for step in discovery.diagnose(link):
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


def explain(text: str, *, as_json: bool) -> None:
    """A captured frame in words."""
    from protocols.shtrih import explain as words

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
    lines = words.explain(data)
    if as_json:
        output.emit_json({"lines": lines})
    else:
        for line in lines:
            output.emit(str(line))
