"""Permit mode with real processes: gateway, register, marking server and the services of the marking system."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from emulator_process import Emulator
from gateway_process import Gateway, sale

from gateway.journal.export import jobs, to_jsonl

CIS = "010460043993125621abc{:04}"
KEY = "4d7b09a5-bb9c-43c1-bb0d-1300f95c4afc"


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator("shop", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as running:
        yield running


def marked(key: str, *numbers: int, **changes: Any) -> dict[str, Any]:
    line = {**sale(key)["items"][0], "payment_object": "commodity_with_marking"}
    items = [{**line, "marking": {"code": CIS.format(number) + "\x1d93dGVz"}} for number in numbers]
    return sale(key, items=items, payments=[{"type": "cash", "sum": f"{100 * len(items)}.00"}], **changes)


def told(emulator: Emulator, number: int, **facts: Any) -> None:
    emulator.request("PUT", f"/codes/{quote(CIS.format(number), safe='')}", facts)


def requisites(tags: list[dict[str, Any]]) -> list[str]:
    """Tag 1265 of each line."""
    found = []
    for item in (tag for tag in tags if tag["tag"] == 1059):
        inner = next(tag["children"] for tag in item["children"] if tag["tag"] == 1260)
        found.append(next(str(tag["value"]) for tag in inner if tag["tag"] == 1265))
    return found


def test_from_the_till_to_the_drive(tmp_path: Path, emulator: Emulator) -> None:
    root = emulator.control
    extra = f"""
[permit.cdn]
address = "{root}/cdn"
api_key = "{KEY}"
[permit.local]
address = "{root}/local"
"""
    with Gateway(tmp_path, {"kkt-1": f"tcp:127.0.0.1:{emulator.ports[0]}"}, extra=extra) as gateway:
        status, job = gateway.call("POST", "/api/v1/receipts?wait=60", marked("sold", 1, 2))
        assert (status, job["state"]) == (201, "done")
        assert [one["result"] for one in job["marking"]] == ["M+", "M+"]
        assert [(one["source"], one["reason"]) for one in job["permit"]] == [("cdn", "permit_granted")] * 2
        tags = gateway.get("/api/v1/receipts/sold/tags")["tags"]
        first, second = requisites(tags)
        assert first.startswith("UUID=")
        assert first != second

        # sold by the notification that the drive has sent since, and by nothing else
        _, again = gateway.call("POST", "/api/v1/receipts?wait=60", marked("again", 3, 1))
        assert (again["state"], again["error"]["code"]) == ("failed", "permit_denied")
        assert "/items/1: permit_sold" in again["error"]["detail"]

        told(emulator, 4, blocked=True)
        _, checked = gateway.call("POST", "/api/v1/marking/check", {"code": CIS.format(4) + "\x1d93dGVz"})
        assert checked["permit"]["reason"] == "permit_blocked"
        assert checked["drive"]["result"] == "M-"
        assert checked["oism"]["status"] == 3

        _, back = gateway.call("POST", "/api/v1/receipts?wait=60", marked("back", 1, operation="sell_refund"))
        assert back["state"] == "done"

        # hosts that answer nothing in time: the local module does
        emulator.request("PUT", "/permit/settings", {"delays": {"cdn-1": 30, "cdn-2": 30, "cdn-3": 30}})
        _, offline = gateway.call("POST", "/api/v1/receipts?wait=60", marked("offline", 5))
        assert (offline["state"], offline["permit"][0]["source"]) == ("done", "local")
        assert "&Inst=" in requisites(gateway.get("/api/v1/receipts/offline/tags")["tags"])[0]
        state = gateway.get("/api/v1/marking/permit")
        assert [one["parked"] > 0 for one in state["services"]["cdn"]["hosts"]].count(True) >= 1

        logs = gateway.errors()
    assert KEY not in logs
    assert "dGVz" not in logs
    assert "permit verdict" in logs
    exported = io.StringIO()
    to_jsonl(jobs(gateway.data, None, None), exported)
    lines = {one["id"]: one for one in map(json.loads, exported.getvalue().splitlines())}
    assert [one["value"] for one in lines["sold"]["permit"]] == [first, second]
    assert [one["reason"] for one in lines["again"]["permit"]] == ["permit_granted", "permit_sold"]
    assert KEY not in exported.getvalue()
