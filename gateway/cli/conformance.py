"""`fiscal-gateway conformance`: does a real register answer as its driver expects? A table, and a report to send on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from devices.errors import GatewayError, RequestError
from gateway.cli import output

if TYPE_CHECKING:
    from devices.conformance import Finding

#: Findings without the documents' own, for the bar.
_USUALLY: Final = 22
_MARKS: Final = {"ok": "✓", "failed": "✗", "odd": "!", "not_supported": "–"}


async def conformance(
    target: str,
    *,
    family: str,
    options: Sequence[str],
    documents: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Ends with status 1 where something is wrong, 2 where link, family or option are none."""
    from devices.conformance import examine, verdict
    from devices.links.parse import parse_link
    from gateway.rim import now

    findings: list[Finding] = []
    try:
        link = parse_link(target)()
        asked = examine(link, family, now=now, options=_options(options), documents=documents)
        with output.progress("Проверка кассы", quiet=as_json) as done:
            async for one in asked:
                findings.append(one)
                done(len(findings), _USUALLY + documents)
    except RequestError as error:  # the words are wrong, no device was asked
        output.fail(error.detail, hint=error.hint, status=output.EXIT_USAGE, as_json=as_json, code=error.code)
    except GatewayError as error:
        output.fail_with(error, as_json=as_json)
    ok = verdict(findings)
    whole = {"ok": ok, "link": target, "family": family, "at": now(), "findings": findings}
    path = report or Path(_file_name(findings, "json" if as_json else "md"))
    path.write_text(output.as_json(whole) if as_json else _markdown(whole, findings), encoding="utf-8")
    if as_json:
        output.emit_json({**whole, "report": str(path)})
    else:
        output.table(
            "Проверка кассы",
            ("проверка", "итог", "секунд", "что увидели"),
            ((one.code, _MARKS[one.verdict], _seconds(one), one.text) for one in findings),
        )
        output.emit(f"{'Касса отвечает как надо.' if ok else 'Есть ошибки.'} Отчёт: {path}")
    if not ok:
        raise SystemExit(output.EXIT_REFUSED)


def _options(texts: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE of the driver; RequestError for what is not that."""
    pairs = [text.partition("=") for text in texts]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise RequestError(
                f"--option {name!r} is not NAME=VALUE",
                hint="Укажите настройку драйвера так: --option password=30.",
                code="option_unknown",
            )
    return {name: value for name, _, value in pairs}


def _file_name(findings: Sequence[Finding], suffix: str) -> str:
    serial = next((str(one.data["serial"]) for one in findings if one.code == "identity"), "")
    safe = "".join(sign for sign in serial if sign.isalnum())
    return f"conformance-{safe or 'unknown'}.{suffix}"


def _seconds(one: Finding) -> str:
    return "" if one.seconds is None else f"{one.seconds:.2f}"


def _markdown(whole: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    """The same table, and everything that was read."""
    lines = [
        "# Проверка кассы",
        "",
        f"Связь `{whole['link']}`, семейство `{whole['family']}`, {whole['at']:%Y-%m-%d %H:%M %z}.",
        f"Итог: **{'отвечает как надо' if whole['ok'] else 'есть ошибки'}**. Задавались только вопросы.",
        "",
        "| проверка | итог | секунд | что увидели |",
        "|---|---|---|---|",
        *(f"| `{one.code}` | {_MARKS[one.verdict]} | {_seconds(one)} | {_cell(one.text)} |" for one in findings),
        "",
        "## Что прочитано",
        "",
    ]
    for one in findings:
        if one.data:
            lines += [f"### {one.code}", "", "| имя | значение |", "|---|---|"]
            lines += [f"| {name} | {_cell(output.plain(value))} |" for name, value in one.data.items()]
            lines.append("")
    return "\n".join(lines)


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
