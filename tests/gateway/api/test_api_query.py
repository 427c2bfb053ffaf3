from __future__ import annotations

import pytest
from api_world import World, a_body

RECEIPTS = "/api/v1/receipts"


async def test_everything_wrong_with_an_address_is_told_at_once(world: World) -> None:
    status, problem, _ = await world.get(
        f"{RECEIPTS}?state=lost&from=tomorrow&to=2026-13-01&cursor=x&limit=0&colour=red&limit=5"
    )
    assert (status, problem["code"]) == (422, "query_invalid")
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [
        ("/colour", "query_unknown"),
        ("/limit", "query_invalid"),
        ("/state", "query_invalid"),
        ("/from", "query_invalid"),
        ("/to", "query_invalid"),
        ("/cursor", "query_invalid"),
        ("/limit", "query_invalid"),
    ]
    assert "colour" in problem["detail"]
    assert "limit" in problem["detail"]


async def test_both_faults_of_a_posted_address_and_nothing_is_kept(world: World) -> None:
    status, problem, _ = await world.post(f"{RECEIPTS}?wait=soon&dry_run=maybe", a_body())
    assert status == 422
    assert {fault["pointer"] for fault in problem["errors"]} == {"/wait", "/dry_run"}
    assert (await world.get(f"{RECEIPTS}/1001"))[0] == 404


@pytest.mark.parametrize("limit", ["1", "500"])
async def test_the_ends_of_a_range_are_in_it(world: World, limit: str) -> None:
    assert (await world.get(f"{RECEIPTS}?limit={limit}"))[0] == 200
