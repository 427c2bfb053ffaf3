"""`fiscal-emulator atol-web` as a process: killed in the middle of a receipt, asked by hand, spoken nonsense to."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from emulator_process import Emulator, until

ARGUMENTS = ("atol-web", "--listen", "tcp:127.0.0.1:0", "--control", "127.0.0.1:0")
SALE = {
    "type": "sell",
    "taxationType": "osn",
    "operator": {"name": "Иванова А. А."},
    "items": [
        {
            "type": "position",
            "name": "Чай",
            "price": 100,
            "quantity": 1,
            "amount": 100,
            "tax": {"type": "vat10"},
            "paymentMethod": "fullPayment",
            "paymentObject": "commodity",
        }
    ],
    "payments": [{"type": "cash", "sum": 100}],
}


def call(emulator: Emulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", emulator.ports[0], timeout=10)
    connection.request(method, path, None if body is None else json.dumps(body))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


def status(emulator: Emulator, uuid: str) -> str:
    return str(call(emulator, "GET", f"/api/v2/requests/{uuid}")[1]["results"][0]["status"])


def test_a_receipt_of_a_killed_server_is_made_once(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path))
    with Emulator(*ARGUMENTS, *state, "--fault", "delay:command=sell,seconds=60") as emulator:
        call(emulator, "POST", "/api/v2/requests", {"uuid": "open", "request": [{"type": "openShift"}]})
        call(emulator, "POST", "/api/v2/requests", {"uuid": "sale", "request": [SALE]})
        until(lambda: len(emulator.get("/documents")) == 3)
        assert status(emulator, "sale") == "inProgress"
        emulator.kill()
    with Emulator(*ARGUMENTS, *state) as emulator:
        until(lambda: status(emulator, "sale") == "ready")
        result = call(emulator, "GET", "/requests/sale")[1]["results"][0]["result"]
        assert result["fiscalParams"]["fiscalDocumentNumber"] == 3
        assert call(emulator, "POST", "/api/v2/requests", {"uuid": "sale", "request": SALE})[0] == 409
        assert len(emulator.get("/documents")) == 3


def test_many_connections_live_side_by_side_and_nonsense_hurts_nobody() -> None:
    with Emulator(*ARGUMENTS) as emulator:
        connections = [http.client.HTTPConnection("127.0.0.1", emulator.ports[0], timeout=10) for _ in range(5)]
        for _ in range(2):  # and each for several requests
            for connection in connections:
                connection.request("GET", "/api/v2/serverInfo")
            assert {connection.getresponse().read()[:1] for connection in connections} == {b"{"}
        for garbage in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"\xff\xfe\r\n\r\n", b"POST /requests HTTP/1.1\r\n"):
            with socket.create_connection(("127.0.0.1", emulator.ports[0]), timeout=10) as line:
                line.sendall(garbage)
        assert call(emulator, "GET", "/stat/requests")[1]["ready_count"] == 0
        assert emulator.get("/state")["registers"][0]["family"] == "atol-web"
        for connection in connections:
            connection.close()
