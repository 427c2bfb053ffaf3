from __future__ import annotations

import pytest
from api_world import World, a_body

REGISTERS = "/api/v1/registers"


async def test_registers_say_what_is_known_of_them(world: World) -> None:
    await world.post(f"{REGISTERS}/kkt-1/diagnose?wait=60")
    status, listed, _ = await world.get(REGISTERS)
    assert status == 200
    assert [register["name"] for register in listed["registers"]] == ["kkt-1", "kkt-2"]
    status, one, _ = await world.get(f"{REGISTERS}/kkt-1")
    assert status == 200
    assert one["connected"] is True
    assert one["capabilities"]["ffd"] == "1.2"
    assert one["capabilities"]["read_back"] is True
    assert "vat22" in one["capabilities"]["vat"]
    assert one["identity"]["inn"] == "7707083893"
    assert {"state", "drive", "ofd", "problem", "queued", "emulated", "link"} <= set(one)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_unknown_register_is_404(world: World, method: str) -> None:
    path = f"{REGISTERS}/kkt-9" + ("/x-report" if method == "POST" else "")
    status, problem, _ = await world.call(method, path)
    assert (status, problem["code"]) == (404, "register_not_found")


@pytest.mark.parametrize(
    ("action", "body", "call"),
    [
        ("close-shift", {"cashier": {"name": "Иванова"}}, "close_shift"),
        ("x-report", None, "x_report"),
        ("cash-in", {"sum": "100.00"}, "cash_in"),
        ("cash-out", {"sum": 100}, "cash_out"),
        ("open-drawer", None, "open_drawer"),
        ("print-text", {"lines": ["Акция", ""]}, "print_text"),
        ("set-clock", None, "set_clock"),
        ("recover", None, "recover"),
    ],
)
async def test_actions_reach_the_register_once(world: World, action: str, body: object, call: str) -> None:
    headers = {"Idempotency-Key": f"{action}-1"}
    path = f"{REGISTERS}/kkt-1/{action}?wait=60"
    status, answer, _ = await world.post(path, body, headers=headers)
    assert (status, answer["state"], answer["action"]) == (201, "done", action)
    status, again, _ = await world.post(path, body, headers=headers)
    assert (status, again) == (200, answer)
    assert world.till.calls.count(call) == 1


async def test_x_report_answers_its_counters_as_money_and_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def counters(self: object) -> dict[str, int]:
        return {"sell_total": 199000, "sell_count": 1}

    monkeypatch.setattr("fake_register.FakeRegister.x_report", counters)
    _, answer, _ = await world.post(f"{REGISTERS}/kkt-1/x-report?wait=60")
    assert answer["result"] == {"counters": {"sell_total": "1990.00", "sell_count": 1}}


async def test_release_lets_the_port_go_and_takes_it_back(world: World) -> None:
    status, _, _ = await world.post(f"{REGISTERS}/kkt-1/release?wait=60", {"minutes": 5})
    assert status == 201
    assert (await world.get(f"{REGISTERS}/kkt-1"))[1]["released_until"] is not None
    await world.post(f"{REGISTERS}/kkt-1/release?wait=60", {"minutes": 0})
    status, _, _ = await world.post(f"{REGISTERS}/kkt-1/x-report?wait=60")
    assert status == 201


async def test_one_key_is_one_thing(waiting: World) -> None:
    headers = {"Idempotency-Key": "k"}
    assert (await waiting.post(f"{REGISTERS}/kkt-1/x-report", headers=headers))[0] == 202
    for path in (f"{REGISTERS}/kkt-1/open-shift", f"{REGISTERS}/kkt-2/x-report"):
        status, problem, _ = await waiting.post(path, headers=headers)
        assert (status, problem["code"]) == (409, "key_conflict")
    status, problem, _ = await waiting.post("/api/v1/receipts", a_body(id="k"))
    assert (status, problem["code"]) == (409, "key_conflict")


async def test_an_action_without_body_needs_no_content_type(world: World) -> None:
    status, _, _ = await world.call("POST", f"{REGISTERS}/kkt-1/x-report?wait=60")
    assert status == 201


@pytest.mark.parametrize(
    ("action", "body", "fault"),
    [
        ("cash-in", {"sum": "100.00"}, ("/id", "key_required")),
        ("cash-in", {"id": "1"}, ("/sum", "required")),
        ("cash-in", {"id": "1", "sum": "-1"}, ("/sum", "money_negative")),
        ("cash-out", {"id": "1", "sum": 0.001}, ("/sum", "money_decimals")),
        ("print-text", {"lines": []}, ("/lines", "list_empty")),
        ("print-text", {"lines": ["😀"]}, ("/lines/0", "character_refused")),
        ("print-text", {}, ("/lines", "required")),
        ("open-shift", {"cashier": {"name": "И", "inn": "123"}}, ("/cashier/inn", "inn_invalid")),
        ("set-clock", {"datetime": "2026-01-01T00:00:00"}, ("/datetime", "date_format")),
        ("release", {"minutes": 481}, ("/minutes", "out_of_range")),
        ("release", {"minutes": True}, ("/minutes", "wrong_type")),
        ("recover", {"force": True}, ("/force", "unknown_key")),
        ("x-report", [], ("", "wrong_type")),
    ],
)
async def test_bad_action_bodies(waiting: World, action: str, body: object, fault: tuple[str, str]) -> None:
    status, problem, _ = await waiting.post(f"{REGISTERS}/kkt-1/{action}", body)
    assert status == 422
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [fault]
