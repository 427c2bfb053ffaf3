"""`fiscal-gateway order`: what became of an order, what an event would make of it, and telling of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from gateway.cli import output
from gateway.cli.client import Client
from gateway.cli.remote import Command, read_body

#: How the states of an order and of its documents are called in the shop.
_STATES: Mapping[str, str] = {
    "new": "новый",
    "held": "есть деньги покупателя",
    "part_settled": "выдан частично",
    "settled": "выдан",
    "returned": "возвращён",
    "cancelled": "отменён",
}
_DOCUMENTS: Mapping[str, str] = {
    "advance": "аванс",
    "prepayment": "предоплата",
    "partial_prepayment": "частичная предоплата",
    "full": "полный расчёт",
    "closing": "закрывающий чек",
    "credit_payment": "оплата кредита",
    "refund_advance": "возврат аванса",
    "refund_prepayment": "возврат предоплаты",
    "refund_goods": "возврат товара",
}


def order(number: str, event: str | None, plan: str | None, *, wait: float, as_json: bool) -> Command:
    """Show an order, or what a file's event would make; told of an event, exit 1 if one of its documents failed."""
    path = f"/api/v1/orders/{quote(number, safe='')}"

    async def command(gateway: Client) -> int:
        if plan is not None:
            text, _ = read_body(plan, as_json=as_json)
            answer = await gateway.post(f"{path}/plan", text)
            output.emit_json(answer) if as_json else _show_plan(answer)
            return 0
        if event is not None:
            text, _ = read_body(event, as_json=as_json)
            answer = await gateway.post(f"{path}/events", text, wait=f"{wait:g}")
        else:
            answer = await gateway.get(path)
        output.emit_json(answer) if as_json else _show(answer)
        failed = any(made["state"] == "failed" for made in answer["documents"])
        return output.EXIT_REFUSED if failed and event is not None else 0

    return command


def _show(answer: Mapping[str, Any]) -> None:
    state = _STATES.get(answer["state"], answer["state"])
    output.emit(f"Заказ {answer['number']}: {state}, версия состава {answer['version']}")
    output.emit(f"Сумма {answer['total']}, у магазина денег покупателя {answer['held']}, долг {answer['debt']}")
    output.table(
        "Состав",
        ("id", "название", "кол-во", "осталось выдать", "сумма", "кодов маркировки"),
        (
            (
                item["id"],
                item["name"],
                item["quantity"],
                item["open"],
                item["sum"],
                item["codes"] if item["marked"] else "",
            )
            for item in answer["items"]
        ),
    )
    output.table(
        "Чеки",
        ("чек", "событие", "состояние", "сумма", "ФД", "ФП", "ключ"),
        (
            (
                _DOCUMENTS.get(made["kind"], made["kind"]),
                made["event"],
                made["state"],
                made["total"],
                (made["fiscal"] or {}).get("document"),
                (made["fiscal"] or {}).get("sign"),
                made["receipt_id"],
            )
            for made in answer["documents"]
        ),
    )
    for line in (*_next(answer["next"]), *_attention(answer)):
        output.emit(line)


def _next(told: Mapping[str, Any]) -> Iterator[str]:
    if told["payment"]:
        yield f"К оплате {told['due']}: {_named(told['payment'])}"
    if told["refund"] != "0.00":
        yield f"Вернуть покупателю {told['refund']}"
    if told["delivery"]:
        yield f"При выдаче всего, что осталось: {_named(told['delivery'])}"


def _named(kinds: list[str]) -> str:
    return ", ".join(_DOCUMENTS.get(kind, kind) for kind in kinds)


def _attention(answer: Mapping[str, Any]) -> Iterator[str]:
    for alarm in answer["attention"]:
        yield f"! {alarm['code']}: {alarm['hint']}"


def _show_plan(answer: Mapping[str, Any]) -> None:
    if not answer["documents"]:
        output.emit("Чеков не будет.")
    for made in answer["documents"]:
        output.emit(f"{_DOCUMENTS.get(made['kind'], made['kind'])} {made['total']}, ключ {made['receipt_id']}")
        output.emit(made["receipt"]["paper"])
