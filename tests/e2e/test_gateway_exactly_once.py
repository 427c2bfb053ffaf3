"""Whatever is killed or cut, a posted receipt becomes one fiscal document: real processes, real sockets."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator, until
from gateway_process import Gateway, sale

RECEIPT = 3


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator("shtrih", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as running:
        yield running


def daemon(directory: Path, emulator: Emulator) -> Gateway:
    return Gateway(directory, {"kkt-1": f"tcp:127.0.0.1:{emulator.ports[0]}"})


def receipts(emulator: Emulator) -> list[str]:
    """Names of the first line of every receipt in the drive."""
    return [_first_name(document["tags"]) for document in emulator.get("/documents") if document["code"] == RECEIPT]


def _first_name(tags: list[dict[str, Any]]) -> str:
    item = next(tag for tag in tags if tag["tag"] == 1059)
    return str(next(tag["value"] for tag in item["children"] if tag["tag"] == 1030))


def finished(gateway: Gateway, key: str) -> dict[str, Any]:
    """The job once its state is final."""

    def look() -> dict[str, Any] | None:
        job = gateway.get(f"/api/v1/receipts/{key}")
        return job if job["state"] in {"done", "failed", "cancelled"} else None

    return until(look, 30)


def test_the_same_key_twice_is_one_document_and_other_content_is_a_conflict(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        first = gateway.call("POST", "/api/v1/receipts?wait=60", sale("k1"))
        again = gateway.call("POST", "/api/v1/receipts?wait=60", sale("k1"))
        other = gateway.call("POST", "/api/v1/receipts?wait=60", sale("k1", internet=True))
        assert (first[0], again[0], other[0]) == (201, 200, 409)
        assert first[1] == again[1]
        assert first[1]["state"] == "done"
        assert receipts(emulator) == ["Товар k1"]


@pytest.mark.parametrize("command", ["open_receipt", "operation_v2", "close_receipt_v2"])
def test_the_daemon_killed_in_the_middle_of_a_receipt(tmp_path: Path, emulator: Emulator, command: str) -> None:
    """The register executes the command while the daemon dies waiting for its answer."""
    with daemon(tmp_path, emulator) as gateway:
        gateway.post("/api/v1/registers/kkt-1/open-shift?wait=60")
        emulator.request("POST", "/faults", {"kind": "slow", "command": command, "seconds": 5})
        assert gateway.call("POST", "/api/v1/receipts", sale("k1"))[0] == 202
        until(lambda: not emulator.get("/faults"), 20)  # the command has arrived and its answer is on hold
        gateway.kill()
    with daemon(tmp_path, emulator) as gateway:
        job = finished(gateway, "k1")
        assert job["state"] == "done"
        assert receipts(emulator) == ["Товар k1"]
        document = emulator.get("/documents")[job["fiscal"]["document"] - 1]
        assert document["number"] == job["fiscal"]["document"]


def test_the_daemon_killed_again_and_again_under_load(tmp_path: Path, emulator: Emulator) -> None:
    keys = [f"n{number}" for number in range(60)]
    posted = 0
    for round_ in range(6):
        with daemon(tmp_path, emulator) as gateway:
            for key in keys[posted : posted + 10]:
                assert gateway.call("POST", "/api/v1/receipts", sale(key))[0] == 202
            posted += 10
            enough = round_ * 8 + 4
            until(lambda: len(receipts(emulator)) >= enough, 30)  # noqa: B023 - called at once
            gateway.kill()
    with daemon(tmp_path, emulator) as gateway:
        jobs = [finished(gateway, key) for key in keys]
    assert {job["state"] for job in jobs} == {"done"}
    assert Counter(receipts(emulator)) == Counter(f"Товар {key}" for key in keys)
    assert len({job["fiscal"]["document"] for job in jobs}) == len(keys)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop_answer"},
        {"kind": "garble"},
        {"kind": "cut"},
        {"kind": "power_before_commit", "seconds": 0.2},
        {"kind": "power_after_commit", "seconds": 0.2},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_lost_answer_is_settled(tmp_path: Path, emulator: Emulator, fault: dict[str, Any]) -> None:
    with daemon(tmp_path, emulator) as gateway:
        gateway.post("/api/v1/registers/kkt-1/open-shift?wait=60")
        emulator.request("POST", "/faults", {**fault, "command": "close_receipt_v2"})
        job = gateway.post("/api/v1/receipts?wait=60", sale("k1"))
        assert job["state"] == "done", job
        assert receipts(emulator) == ["Товар k1"]
        assert emulator.get("/faults") == []


def test_sigterm_finishes_the_document_in_hand_and_refuses_new_work(tmp_path: Path, emulator: Emulator) -> None:
    with daemon(tmp_path, emulator) as gateway:
        gateway.post("/api/v1/registers/kkt-1/open-shift?wait=60")
        emulator.request("POST", "/faults", {"kind": "slow", "command": "close_receipt_v2", "seconds": 0.6})
        answers: list[Any] = []
        caller = threading.Thread(
            target=lambda: answers.append(gateway.call("POST", "/api/v1/receipts?wait=60", sale("k1")))
        )
        caller.start()
        until(lambda: not emulator.get("/faults"), 20)
        assert gateway.stop() == 0
        caller.join(20)
    assert receipts(emulator) == ["Товар k1"]
    with daemon(tmp_path, emulator) as gateway:
        assert gateway.get("/api/v1/receipts/k1")["state"] == "done"
    assert receipts(emulator) == ["Товар k1"]


def test_a_dead_register_holds_nothing_else_up(tmp_path: Path, emulator: Emulator) -> None:
    """A register that never answers has its jobs queued; another one's are done meanwhile."""
    links = {"dead": "tcp:127.0.0.1:9", "kkt-1": f"tcp:127.0.0.1:{emulator.ports[0]}"}
    with Gateway(tmp_path, links) as gateway:
        assert gateway.call("POST", "/api/v1/receipts", sale("d1", register="dead"))[0] == 202
        assert gateway.post("/api/v1/receipts?wait=60", sale("k1", register="kkt-1"))["state"] == "done"
        waiting = gateway.get("/api/v1/receipts/d1")
        assert waiting["state"] in {"queued", "running", "held"}
        cancelled = gateway.post("/api/v1/receipts/d1/cancel")
        assert cancelled["state"] == "cancelled"


def test_what_the_ofd_got_is_what_was_posted(tmp_path: Path) -> None:
    with (
        Emulator("shop", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0") as emulator,
        daemon(tmp_path, emulator) as gateway,
    ):
        body = sale("k1")
        body["items"].append(
            {
                "name": "Сыр «Российский»",
                "price": "789.90",
                "quantity": "0.354",
                "measure": "kilogram",
                "vat": "vat10",
                "payment_method": "full_payment",
                "payment_object": "commodity",
            }
        )
        body["payments"] = [{"type": "cash", "sum": "79.62"}, {"type": "electronic", "sum": "300.00"}]
        job = gateway.post("/api/v1/receipts?wait=60", body)
        assert job["state"] == "done", job

        def arrived() -> dict[str, Any] | None:
            found = emulator.get("/documents?source=ofd")
            return next((one for one in found if one["code"] == RECEIPT), None)

        document = until(arrived, 20)
        tags = {tag["tag"]: tag.get("value") for tag in document["tags"]}
        items = [
            {child["tag"]: child.get("value") for child in tag["children"]}
            for tag in document["tags"]
            if tag["tag"] == 1059
        ]
        assert (tags[1040], tags[1020], tags[1031], tags[1081]) == (job["fiscal"]["document"], 37962, 7962, 30000)
        assert tags[1008] == "buyer@example.ru"
        assert [(one[1030], one[1079], one[1043], one[1199], one[2108]) for one in items] == [
            ("Товар k1", 10000, 10000, 11, 0),
            ('Сыр "Российский"', 78990, 27962, 2, 11),
        ]
        assert json.dumps(job["warnings"]).count("«") <= 2
