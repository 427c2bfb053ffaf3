from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace

import pytest
from api_world import World, a_body, an_item_body, gateway_world

from devices.errors import Rejected
from devices.registers.base import Warn
from gateway.jobs.model import JobState
from protocols.ffd.enums import Vat

RECEIPTS = "/api/v1/receipts"
#: design.md: the answer's object, nothing more and nothing less.
ANSWER = {"id", "state", "register", "emulated", "fiscal", "marking", "warnings", "error"}
FISCAL = {"fn", "document", "sign", "shift", "number", "datetime", "registration_number", "qr"}


async def test_done_within_the_wait_is_201_with_fiscal_data(world: World) -> None:
    status, answer, headers = await world.post(f"{RECEIPTS}?wait=60", a_body())
    assert status == 201
    assert set(answer) == ANSWER
    assert set(answer["fiscal"]) == FISCAL
    assert (answer["id"], answer["state"], answer["register"]) == ("1001", "done", "kkt-1")
    assert answer["fiscal"]["document"] == 1
    assert answer["error"] is None
    assert headers["Location"] == f"{RECEIPTS}/1001"


async def test_prefer_wait_holds_the_answer_too(world: World) -> None:
    status, _, _ = await world.post(RECEIPTS, a_body(), headers={"Prefer": "respond-async, wait=60"})
    assert status == 201


async def test_not_final_is_202_with_location_and_retry_after(waiting: World) -> None:
    status, answer, headers = await waiting.post(RECEIPTS, a_body())
    assert status == 202
    assert headers["Location"] == f"{RECEIPTS}/1001"
    assert int(headers["Retry-After"]) > 0
    assert set(answer) == ANSWER
    assert answer["state"] == "queued"
    status, again, _ = await waiting.get(f"{RECEIPTS}/1001")
    assert (status, again) == (200, answer)
    status, again, headers = await waiting.post(f"{RECEIPTS}?wait=0.05", a_body())
    assert (status, again, "Retry-After" in headers) == (202, answer, True)


async def test_same_key_same_content_is_replayed_with_200(world: World) -> None:
    _, first, _ = await world.post(f"{RECEIPTS}?wait=60", a_body())
    again = a_body(payments=[{"sum": 1990, "type": "electronic"}], total="1990.00", internet=False)
    status, second, _ = await world.post(f"{RECEIPTS}?wait=60", again)
    assert (status, second) == (200, first)
    assert len(world.till.receipts()) == 1


async def test_same_key_other_content_is_409(waiting: World) -> None:
    await waiting.post(RECEIPTS, a_body())
    other = a_body(items=[an_item_body(name="Другой")])
    status, problem, _ = await waiting.post(RECEIPTS, other)
    assert (status, problem["code"]) == (409, "key_conflict")
    status, problem, _ = await waiting.post(RECEIPTS, a_body(register="kkt-2"))
    assert (status, problem["code"]) == (409, "key_conflict")
    status, _, _ = await waiting.post(RECEIPTS, a_body(register="kkt-1"))
    assert status == 202


async def test_proven_failure_is_200_failed_with_error(world: World) -> None:
    world.till.faults["check"].extend([Rejected("wrong taxation", number=51, hint="СНО")] * 2)
    status, answer, _ = await world.post(f"{RECEIPTS}?wait=60", a_body())
    assert (status, answer["state"], answer["fiscal"]) == (200, "failed", None)
    assert set(answer["error"]) == {"code", "detail", "hint"}
    status, again, _ = await world.post(f"{RECEIPTS}/1001/retry?wait=60")
    assert (status, again["state"]) == (201, "done")


@pytest.mark.parametrize(
    ("header", "body", "expected"),
    [
        ("k-1", None, "k-1"),
        ('"k-1"', None, "k-1"),
        (None, "k-1", "k-1"),
        ("k-1", "k-1", "k-1"),
        ("k-1", "k-2", "key_mismatch"),
        (None, None, "key_required"),
        ("ключ", None, "key_format"),
        ("a" * 129, None, "key_format"),
        (None, "a b", "key_format"),
        (None, 17, "wrong_type"),
    ],
)
async def test_key_from_header_or_body(waiting: World, header: str | None, body: object, expected: str) -> None:
    headers = {} if header is None else {"Idempotency-Key": header}
    status, answer, _ = await waiting.post(RECEIPTS, a_body(id=body), headers=headers)
    if status == 202:
        assert answer["id"] == expected
    else:
        assert status == 422
        assert [(fault["pointer"], fault["code"]) for fault in answer["errors"]] == [("/id", expected)]


async def test_unknown_register_comes_with_all_other_faults(waiting: World) -> None:
    body = a_body(id=None, register="kkt-9", foo=1, items=[an_item_body(price="-1")])
    status, problem, headers = await waiting.post(RECEIPTS, body)
    assert status == 422
    assert headers["Content-Type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "code", "detail", "hint", "errors"}
    found = {(fault["pointer"], fault["code"]) for fault in problem["errors"]}
    assert found == {
        ("/register", "register_unknown"),
        ("/id", "key_required"),
        ("/foo", "unknown_key"),
        ("/items/0/price", "money_negative"),
    }
    assert all(set(fault) == {"pointer", "code", "message", "hint"} for fault in problem["errors"])
    status, listed, _ = await waiting.get(RECEIPTS)
    assert listed == {"receipts": [], "next": None}


async def test_full_queue_is_503_with_retry_after_and_replays_still_answer(tmp_path) -> None:
    async with gateway_world(tmp_path, started=False, queue_limit=1) as world:
        assert (await world.post(RECEIPTS, a_body()))[0] == 202
        status, problem, headers = await world.post(RECEIPTS, a_body(id="1002"))
        assert (status, problem["code"], headers["Retry-After"]) == (503, "queue_full", "5")
        assert (await world.post(RECEIPTS, a_body()))[0] == 202


async def test_draining_is_503(world: World) -> None:
    await world.shop.drain()
    status, problem, _ = await world.post(RECEIPTS, a_body())
    assert (status, problem["code"]) == (503, "stopping")
    assert (await world.get("/health/ready"))[0] == 503
    assert (await world.get("/health/live"))[0] == 200


async def test_replaced_characters_are_warned_of_now_and_later(waiting: World) -> None:
    body = a_body(items=[an_item_body(name="Чайник «Ёлка» — 2…")])
    _, answer, _ = await waiting.post(RECEIPTS, body)
    assert [warn["code"] for warn in answer["warnings"]] == ["text_replaced"]
    assert answer["warnings"][0]["detail"].startswith("/items/0/name: ")
    _, later, _ = await waiting.get(f"{RECEIPTS}/1001")
    assert later == answer


async def test_list_filters_and_pages(waiting: World) -> None:
    for number in range(5):
        await waiting.post(RECEIPTS, a_body(id=f"r{number}", order="A" if number % 2 else "B"))
    await waiting.post(f"{RECEIPTS}/r4/cancel")
    await waiting.post("/api/v1/registers/kkt-1/x-report")
    pages, cursor = [], ""
    while cursor is not None:
        _, page, _ = await waiting.get(f"{RECEIPTS}?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        pages.append([receipt["id"] for receipt in page["receipts"]])
        cursor = page["next"]
    assert [one for page in pages for one in page] == ["r4", "r3", "r2", "r1", "r0"]
    _, found, _ = await waiting.get(f"{RECEIPTS}?order=B&state=queued")
    assert [receipt["id"] for receipt in found["receipts"]] == ["r2", "r0"]
    _, found, _ = await waiting.get(f"{RECEIPTS}?from=2001-01-01&to=2002-01-01")
    assert found["receipts"] == []


@pytest.mark.parametrize(
    "query", ["state=lost", "limit=0", "limit=x", "cursor=-1", "from=yesterday", "wait=1", "order=1&order=2"]
)
async def test_list_refuses_a_bad_query(waiting: World, query: str) -> None:
    status, problem, _ = await waiting.get(f"{RECEIPTS}?{query}")
    assert (status, problem["code"]) == (422, "query_invalid")
    assert problem["errors"]


@pytest.mark.parametrize("wait", ["-1", "x", "1e9", "301", ""])
async def test_bad_wait_is_refused_before_anything_is_kept(waiting: World, wait: str) -> None:
    status, _, _ = await waiting.post(f"{RECEIPTS}?wait={wait}", a_body())
    assert status == 422
    assert (await waiting.get(f"{RECEIPTS}/1001"))[0] == 404


async def test_cancel_only_while_nothing_was_sent(world: World) -> None:
    world.till.down = True
    await world.post(RECEIPTS, a_body())
    status, answer, _ = await world.post(f"{RECEIPTS}/1001/cancel")
    assert (status, answer["state"]) == (200, "cancelled")
    world.till.down = False
    await world.post(f"{RECEIPTS}?wait=60", a_body(id="1002"))
    status, problem, _ = await world.post(f"{RECEIPTS}/1002/cancel")
    assert (status, problem["code"]) == (409, "state_conflict")


async def test_reprint_is_a_job_of_its_own(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    status, answer, _ = await world.post(f"{RECEIPTS}/1001/reprint?wait=60")
    assert status == 201
    assert answer["id"] != "1001"
    assert answer["action"] == "reprint"
    assert world.till.printed == ["copy 1"]


@pytest.mark.parametrize(
    ("verdict", "pointer"),
    [
        ({}, "/exists"),
        ({"exists": "yes"}, "/exists"),
        ({"exists": True}, "/document"),
        ({"exists": False, "document": 1}, "/document"),
        ({"exists": True, "document": 0}, "/document"),
        ({"exists": True, "document": 1, "x": 1}, "/x"),
    ],
)
async def test_resolve_needs_a_whole_verdict(world: World, verdict: object, pointer: str) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    status, problem, _ = await world.post(f"{RECEIPTS}/1001/resolve", verdict)
    assert status == 422
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


async def test_resolve_only_what_is_settling(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    status, problem, _ = await world.post(f"{RECEIPTS}/1001/resolve", {"exists": True, "document": 1})
    assert (status, problem["code"]) == (409, "state_conflict")


async def test_whose_verdict_it_was_is_kept(waiting: World) -> None:
    await waiting.post(RECEIPTS, a_body())
    journal = waiting.shop.journal
    await journal.transition("1001", JobState.RUNNING)
    await journal.transition("1001", JobState.SETTLING)
    status, problem, _ = await waiting.post(f"{RECEIPTS}/1001/resolve", {"exists": False})
    assert (status, problem["code"]) == (409, "state_conflict"), "nobody was asked yet"
    await journal.transition("1001", JobState.SETTLING, warnings=(Warn(code="hidden_document", detail="?", hint="?"),))
    status, job, _ = await waiting.post(f"{RECEIPTS}/1001/resolve", {"exists": False})
    assert (status, job["error"]["code"]) == (200, "resolved_absent")
    kept = await journal.get("1001")
    assert kept is not None
    assert kept.result is not None
    assert kept.result["resolved"]["by"] == "admin"


@pytest.mark.parametrize("what", ["cancel", "retry", "reprint", "resolve"])
async def test_unknown_receipt_is_404(waiting: World, what: str) -> None:
    status, problem, _ = await waiting.post(f"{RECEIPTS}/none/{what}", {"exists": False} if what == "resolve" else {})
    assert (status, problem["code"]) == (404, "job_unknown")


async def test_tags_picture_and_paper_come_from_the_drive(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    status, tags, _ = await world.get(f"{RECEIPTS}/1001/tags")
    assert status == 200
    assert set(tags) == {"document", "code", "tags"}
    assert (tags["document"], tags["code"]) == (1, 3)
    item = next(tag for tag in tags["tags"] if tag["tag"] == 1059)
    assert {"tag", "name", "type", "children"} == set(item)
    name = next(tag for tag in item["children"] if tag["tag"] == 1030)
    assert name["value"] == "Чайник"
    status, picture, headers = await world.get(f"{RECEIPTS}/1001/picture.png")
    assert (status, headers["Content-Type"], picture[:8]) == (200, "image/png", b"\x89PNG\r\n\x1a\n")
    status, text, _ = await world.get(f"{RECEIPTS}/1001/paper.txt")
    assert status == 200
    assert "Чайник" in text.decode()


async def test_where_the_drive_cannot_be_read_the_paper_comes_from_the_journal(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body(payments=[{"type": "cash", "sum": 1990, "received": 2000}]))
    world.till.documents[0] = replace(world.till.documents[0], elements=())
    assert (await world.get(f"{RECEIPTS}/1001/tags"))[0] == 404
    world.till.down = True  # now the register is not even there
    status, text, _ = await world.get(f"{RECEIPTS}/1001/paper.txt")
    assert status == 200
    for line in ("Чайник", "1990.00", "10.00", "ФД: 1", "ФП: "):
        assert line in text.decode()
    status, problem, _ = await world.get(f"{RECEIPTS}/1001/tags")
    assert (status, problem["status"]) == (503, 503)


@pytest.mark.parametrize("what", ["tags", "picture.png", "paper.txt", "trace"])
async def test_no_document_yet_is_404(waiting: World, what: str) -> None:
    await waiting.post(RECEIPTS, a_body())
    status, problem, _ = await waiting.get(f"{RECEIPTS}/1001/{what}")
    assert status == 404
    assert problem["code"] in {"document_missing", "trace_missing"}


async def test_trace_shows_bytes_and_remarks(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    world.traces.record("kkt-1", "1001", ">", b"\x05")
    world.traces.record("kkt-1", "1001", "!", "связь потеряна".encode())
    status, answer, _ = await world.get(f"{RECEIPTS}/1001/trace")
    assert status == 200
    assert [(row["direction"], row["hex"]) for row in answer["exchanges"]] == [(">", "05"), ("!", "")]
    assert answer["exchanges"][1]["explained"] == "связь потеряна"


async def test_dry_run_answers_document_and_picture_and_keeps_nothing(world: World) -> None:
    await world.post("/api/v1/registers/kkt-1/x-report?wait=60")  # now the register is known
    status, answer, _ = await world.post(f"{RECEIPTS}?dry_run=1", a_body(id=None, taxation=None))
    assert status == 200
    assert answer["dry_run"] is True
    assert answer["document"]["code"] == 3
    assert {1054: 1, 1055: 1, 1020: 199000}.items() <= {
        t["tag"]: t.get("value") for t in answer["document"]["tags"]
    }.items()
    assert base64.b64decode(answer["picture"])[:4] == b"\x89PNG"
    assert world.till.documents == []
    assert (await world.get(RECEIPTS))[1]["receipts"] == []
    status, problem, _ = await world.post(f"{RECEIPTS}?dry_run=1", a_body(total="1.00"))
    assert (status, [fault["code"] for fault in problem["errors"]]) == (422, ["total_mismatch"])


async def test_dry_run_knows_what_the_register_is_registered_for(world: World) -> None:
    await world.post("/api/v1/registers/kkt-1/x-report?wait=60")
    world.till.vat_rates = frozenset({Vat.NONE})
    body = a_body(taxation="patent", items=[an_item_body(vat="vat20")])
    status, problem, _ = await world.post(f"{RECEIPTS}?dry_run=1", body)
    found = [(fault["pointer"], fault["code"]) for fault in problem["errors"]]
    assert (status, found) == (422, [("/taxation", "taxation_not_registered"), ("/items/0/vat", "vat_not_in_register")])


async def test_corrections(world: World) -> None:
    body = a_body(
        operation="sell_correction",
        correction={"kind": "self", "date": "2026-03-01"},
        additional_check_props="1234567890",
    )
    status, answer, _ = await world.post("/api/v1/corrections?wait=60", body)
    assert (status, answer["state"]) == (201, "done")
    status, _, _ = await world.post("/api/v1/corrections?wait=60", {**body, "operation": "sell"})
    assert status == 200
    status, problem, _ = await world.post(RECEIPTS, {**body, "id": "other"})
    assert status == 422
    assert {fault["pointer"] for fault in problem["errors"]} == {"/correction", "/operation"}
    status, problem, _ = await world.post("/api/v1/corrections", a_body(id="x"))
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/correction", "required")]


async def test_a_hundred_callers_with_one_key_make_one_document(world: World) -> None:
    answers = await asyncio.gather(*(world.post(f"{RECEIPTS}?wait=60", a_body()) for _ in range(100)))
    assert sorted({status for status, _, _ in answers}) == [200, 201]
    assert len({json.dumps(answer, sort_keys=True) for _, answer, _ in answers}) == 1
    assert len(world.till.receipts()) == 1


TWENTY = [an_item_body(vat="vat20")]


async def test_what_its_register_cannot_make_is_refused_when_it_is_posted(world: World) -> None:
    await world.post("/api/v1/registers/kkt-1/x-report?wait=60")
    world.till.vat_rates = frozenset(Vat) - {Vat.VAT20}
    status, problem, _ = await world.post(RECEIPTS, a_body(taxation="patent", items=TWENTY))
    assert (status, problem["code"]) == (422, "body_invalid")
    found = [(fault["pointer"], fault["code"]) for fault in problem["errors"]]
    assert found == [("/taxation", "taxation_not_registered"), ("/items/0/vat", "vat_not_in_register")]
    dry = await world.post(f"{RECEIPTS}?dry_run=1", a_body(taxation="patent", items=TWENTY))
    assert dry[1]["errors"] == problem["errors"]
    assert (await world.get(f"{RECEIPTS}/1001"))[0] == 404
    status, answer, _ = await world.post(f"{RECEIPTS}?wait=60", a_body())
    assert (status, answer["state"]) == (201, "done")


async def test_what_was_accepted_before_is_answered_whatever_the_register_can_now(world: World) -> None:
    _, first, _ = await world.post(f"{RECEIPTS}?wait=60", a_body(items=TWENTY))
    world.till.vat_rates = frozenset({Vat.NONE})
    assert (await world.post(RECEIPTS, a_body(items=TWENTY)))[:2] == (200, first)
    assert (await world.post(RECEIPTS, a_body()))[0] == 409


async def test_a_register_that_is_away_may_come_back_with_other_rates(waiting: World) -> None:
    waiting.till.vat_rates = frozenset({Vat.NONE})
    status, answer, _ = await waiting.post(RECEIPTS, a_body(items=TWENTY))
    assert (status, answer["state"]) == (202, "queued")
    await waiting.shop.start()
    _, answer, _ = await waiting.get(f"{RECEIPTS}/1001?wait=60")
    assert answer["state"] == "failed"
    assert (answer["error"]["code"], answer["error"]["detail"].partition(":")[0]) == (
        "vat_not_in_register",
        "/items/0/vat",
    )
    assert waiting.till.documents == []
