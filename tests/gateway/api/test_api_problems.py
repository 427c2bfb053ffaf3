from __future__ import annotations

import json

import pytest

from devices.errors import (
    DeviceError,
    GatewayError,
    LinkError,
    NeedsOperator,
    ProtocolError,
    Rejected,
    RequestError,
    Retryable,
)
from gateway.api import problems
from gateway.api.problems import Problem
from gateway.journal import IllegalTransition, JournalFailed, KeyConflict, UnknownJob
from gateway.receipts.faults import BodyFaults
from gateway.shop import Draining, QueueFull, UnknownRegister


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (KeyConflict("1"), 409, "key_conflict"),
        (UnknownJob("1"), 404, "job_unknown"),
        (IllegalTransition("no"), 409, "state_conflict"),
        (JournalFailed("disk"), 503, "journal_failed"),
        (QueueFull("full"), 503, "queue_full"),
        (Draining("bye"), 503, "stopping"),
        (UnknownRegister("x"), 404, "register_unknown"),
        (LinkError("x", code="link_refused"), 503, "link_refused"),
        (ProtocolError("x"), 503, "protocol_error"),
        (DeviceError("x", number=1), 503, "device_error"),
        (Retryable("x", number=1), 503, "device_busy"),
        (NeedsOperator("x", number=1, code="paper_out"), 503, "paper_out"),
        (Rejected("x", number=1), 422, "device_rejected"),
        (RequestError("x", code="document_missing"), 422, "document_missing"),
        (BodyFaults([]), 422, "body_invalid"),
        (Problem("host_refused", "x"), 421, "host_refused"),
        (GatewayError("x", code="never_heard_of"), 500, "never_heard_of"),
    ],
)
def test_every_error_has_its_status_and_keeps_its_code(error: GatewayError, status: int, code: str) -> None:
    answer = problems.answer(error)
    assert isinstance(answer.body, bytes)
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["code"]) == (status, status, code)
    assert body["hint"]
    assert body["type"].rpartition("#")[2] in problems.TABLE
    assert ("Retry-After" in answer.headers) == (status == 503)
