from __future__ import annotations

import sqlite3
from pathlib import Path

from api_world import World, a_body, gateway_world

from devices.registers.base import ArchivedDocument
from gateway.journal.database import JOURNAL_FILE
from gateway.receipts.convert import to_receipt
from gateway.receipts.normalise import accept
from gateway.rim import now
from protocols.ffd.enums import DocumentCode


def foreign(world: World, total: str) -> ArchivedDocument:
    """A cashier's receipt of one line."""
    item = {**a_body()["items"][0], "price": total}
    body = a_body(items=[item], payments=[{"type": "cash", "sum": total}])
    world.till.add(DocumentCode.RECEIPT, to_receipt(accept(body, now).canonical))
    return world.till.documents[-1]


async def documents(world: World, **query: str) -> dict[str, object]:
    path = "/api/v1/registers/kkt-1/documents"
    status, answer, _ = await world.get(path, token=world.devices, params=query)
    assert status == 200, answer
    return answer


async def test_a_sound_journal_has_lost_nothing(world: World) -> None:
    status, answer, _ = await world.get("/api/v1/journal", token=world.devices)
    assert status == 200
    assert (answer["loss"], answer["recovered"]) == (None, [])
    assert (await world.get("/api/v1/journal", token=world.receipts))[0] == 403
    assert (await world.get("/health/ready", token=None))[1]["journal"] == "ok"


async def test_documents_are_compared_a_page_at_a_time(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        for number in range(3):
            status, _, _ = await world.post("/api/v1/receipts?wait=60", a_body(id=f"r{number}"))
            assert status == 201
        foreign(world, "5.00")
        await world.shop._workers["kkt-1"].connection.look(lambda: False)
        first = await documents(world, limit="2")
        assert [(one["document"], one["verdict"], one["jobs"]) for one in first["documents"]] == [
            (1, "same", ["r0"]),
            (2, "same", ["r1"]),
        ]
        assert (first["last"], first["next"]) == (4, 2)
        rest = await documents(world, after="2")
        assert [(one["document"], one["verdict"]) for one in rest["documents"]] == [(3, "same"), (4, "foreign")]
        assert rest["next"] is None
        for bad in ({"after": "x"}, {"limit": "0"}, {"limit": "101"}):
            status, _, _ = await world.get("/api/v1/registers/kkt-1/documents", params=bad)
            assert status == 422
        assert (await world.get("/api/v1/registers/none/documents"))[0] == 404


async def test_a_register_that_was_never_reached_cannot_be_compared(tmp_path: Path) -> None:
    async with gateway_world(tmp_path, started=False) as world:
        status, answer, _ = await world.get("/api/v1/registers/kkt-1/documents")
        assert (status, answer["code"]) == (503, "register_unreachable")


async def test_a_key_whose_body_was_dropped_still_answers(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        assert (await world.post("/api/v1/receipts?wait=60", a_body()))[0] == 201
        with sqlite3.connect(tmp_path / JOURNAL_FILE) as connection:
            connection.execute("UPDATE jobs SET body = '', result = NULL")
        status, answer, _ = await world.post("/api/v1/receipts", a_body())
        assert (status, answer["state"], answer["fiscal"]["document"]) == (200, "done", 1)
        status, _, _ = await world.post("/api/v1/receipts", a_body(taxation="usn_income"))
        assert status == 409
        status, paper, _ = await world.get("/api/v1/receipts/1001/paper.txt")
        assert status == 200
        assert "Чайник" in paper.decode()
        connection.close()
