"""An order with real processes: its daemon killed, its register switched off, its people at the command line."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from emulator_process import Emulator, until
from gateway_process import Gateway, command

NUMBER = "Заказ № 15/А"
PATH = "/api/v1/orders/" + quote(NUMBER, safe="")
BOOTS = {"id": "boots", "name": "Ботинки", "price": "5000.00", "quantity": 1, "vat": "vat22"}
ORDER = {"taxation": "osn", "items": [BOOTS]}
FIRST = {"id": "p1", "type": "payment", "sum": "1000.00", "method": "sbp"}
DOOR = {"id": "d1", "type": "delivery", "payments": [{"method": "cash", "sum": "4000.00"}]}
CHAIN = [("advance", "1000.00"), ("advance", "4000.00"), ("closing", "5000.00")]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as running:
        yield running


def daemon(directory: Path, emulator: Emulator) -> Gateway:
    return Gateway(directory, {"kkt-1": f"tcp:127.0.0.1:{emulator.ports[0]}"})


def totals(emulator: Emulator) -> list[int]:
    """Tag 1020 of every receipt in the drive."""
    found = (document["tags"] for document in emulator.get("/documents") if document["code"] == 3)
    return [next(tag["value"] for tag in tags if tag["tag"] == 1020) for tags in found]


def done(gateway: Gateway) -> list[tuple[str, str]]:
    made = gateway.get(PATH)["documents"]
    return [(one["kind"], one["total"]) for one in made if one["state"] == "done"]


def test_the_daemon_killed_in_the_middle_of_a_chain(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        assert gateway.call("PUT", PATH, ORDER)[0] == 201
        assert gateway.post(f"{PATH}/events?wait=60", FIRST)["held"] == "1000.00"
        emulator.request("POST", "/faults", {"kind": "slow", "command": "close_receipt_v2", "seconds": 1.5})
        assert gateway.call("POST", f"{PATH}/events", DOOR)[0] == 200
        until(lambda: not emulator.get("/faults"), 20)  # the command has arrived and its answer is on hold
        gateway.kill()
    with daemon(tmp_path, emulator) as gateway:
        known = gateway.post(f"{PATH}/events?wait=60", DOOR)  # its caller never heard of what was accepted
        assert (known["state"], done(gateway)) == ("settled", CHAIN)
        assert gateway.call("POST", f"{PATH}/events", {**DOOR, "payments": []})[0] == 409
        assert totals(emulator) == [100000, 400000, 500000]


def test_events_that_come_while_the_register_is_off(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        gateway.call("PUT", PATH, ORDER)
        emulator.request("POST", "/faults", {"kind": "paper_out"})
        order = gateway.post(f"{PATH}/events?wait=0.3", FIRST)
        assert order["held"] == "0.00"
        answers: list[tuple[int, Any]] = []
        callers = [
            threading.Thread(target=lambda: answers.append(gateway.call("POST", f"{PATH}/events", DOOR)))
            for _ in range(2)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(20)
        assert [status for status, _ in answers] == [200, 200]
        assert [made["state"] for made in answers[0][1]["documents"][1:]] == ["planned", "planned"]
        emulator.request("DELETE", "/faults")
        until(lambda: done(gateway) == CHAIN, 30)
        assert totals(emulator) == [100000, 400000, 500000]


def test_an_order_at_the_command_line(tmp_path: Path) -> None:
    with Gateway(tmp_path) as gateway:
        gateway.call("PUT", PATH, ORDER)
        event = tmp_path / "event.json"
        event.write_text(json.dumps(FIRST), encoding="utf-8")

        def order(*words: str, number: str = NUMBER) -> tuple[int, str, str]:
            ended = command("order", number, "--data-dir", str(gateway.data), *words)
            return ended.returncode, ended.stdout, ended.stderr

        status, paper, _ = order("--plan", str(event))
        assert (status, "АВАНС" in paper, "1000.00" in paper) == (0, True, True)
        assert gateway.get(PATH)["documents"] == []
        status, shown, _ = order("--event", str(event))
        assert (status, "есть деньги покупателя" in shown, "К оплате 4000.00: аванс" in shown) == (0, True, True)
        status, shown, _ = order("--json")
        assert (status, json.loads(shown)) == (0, gateway.get(PATH))
        status, shown, error = order(number="none")
        assert (status, shown, "Заказа с таким номером нет" in error) == (1, "", True)
        event.write_text(json.dumps({**DOOR, "payments": []}), encoding="utf-8")
        status, _, error = order("--event", str(event))
        assert (status, "Не оплачено 4000.00" in error) == (1, True)


def test_what_was_given_up_is_heard_by_the_very_next_call(tmp_path: Path) -> None:
    """A unit that a receipt of no order has sold: the closing fails, is given up, and another unit goes at once."""
    boots = {**BOOTS, "marked": True}
    gone, *units = [f"0104600439931256215abc{number:09}\x1d93dGVz" for number in range(6)]
    sold = {
        "name": "Ботинки", "price": "5000.00", "quantity": 1, "vat": "vat22", "payment_method": "full_payment",
        "payment_object": "commodity_with_marking", "marking": {"code": gone},
    }  # fmt: skip
    receipt = {
        "operation": "sell",
        "taxation": "osn",
        "items": [sold],
        "payments": [{"type": "cash", "sum": "5000.00"}],
    }

    def door(key: str, unit: str) -> dict[str, Any]:
        paid = [{"method": "cash", "sum": "5000.00"}]
        return {"id": key, "type": "delivery", "items": [{"id": "boots", "codes": [unit]}], "payments": paid}

    with Gateway(tmp_path) as gateway:
        assert gateway.post("/api/v1/receipts?wait=60", {"id": "sold", **receipt})["state"] == "done"
        for number, unit in enumerate(units):
            path = f"/api/v1/orders/{number}"
            gateway.call("PUT", path, {**ORDER, "items": [boots]})
            order = gateway.post(f"{path}/events?wait=60", door("first", gone))
            (made,) = order["documents"]
            assert made["state"] == "failed", (order, gateway.get(f"/api/v1/receipts/{made['receipt_id']}"))
            assert made["error"]["code"] == "marking_sold_here"
            gateway.post(f"/api/v1/receipts/{made['receipt_id']}/cancel")
            order = gateway.post(f"{path}/events?wait=60", door("then", unit))
            assert order["state"] == "settled"
