"""Nothing secret in any line of the log, whoever writes it and however it gets there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sys
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
import structlog
from api_world import a_body, gateway_world

from gateway import logs

EMAIL, PHONE, NAME = "buyer.zzq@example.ru", "+79051234567", "Зюзюкин Пётр"
TAIL = "dGVzdHNpZ25hdHVyZTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
CODE = f"010460043993125621JgXJ5.T\x1d91EE06\x1d92{TAIL}"
TOKEN = "fgw_" + "5e" * 32
SECRETS = (EMAIL, PHONE[2:], TAIL, TOKEN[4:], "500100732259")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log at its most talkative; everything global is put back."""
    before = structlog.get_config(), sys.excepthook, threading.excepthook, sys.unraisablehook
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    file = io.StringIO()
    logs.set_up("debug", to=file)
    yield file
    structlog.configure(**before[0])
    sys.excepthook, threading.excepthook, sys.unraisablehook = before[1:]
    root.handlers[:] = handlers
    root.setLevel(level)


def assert_clean(text: str) -> None:
    assert [secret for secret in SECRETS if secret in text] == []


def failing() -> None:
    raise RuntimeError(f"refused for {EMAIL} {PHONE} {CODE!r}: Bearer {TOKEN}, ИНН 500100732259")


def test_events_exceptions_and_tracebacks(written: io.StringIO) -> None:
    log = structlog.get_logger("t")
    log.info(f"sent to {EMAIL}", phone=PHONE, customer={"name": NAME}, body=[{"email": EMAIL, "code": CODE}])
    log.debug("asked", authorization=f"Bearer {TOKEN}", data=CODE.encode(), at=datetime(2026, 3, 2))
    try:
        try:
            failing()
        except RuntimeError as error:
            raise ValueError(f"again: {error}") from error
    except ValueError:
        log.exception("it failed", error=EMAIL)
    text = written.getvalue()
    assert_clean(text)
    assert NAME not in text
    assert "it failed" in text
    assert "in failing" in text  # the traceback is there, without what it must not say
    assert len(text.splitlines()) == 3  # one event, one line


def test_what_libraries_say(written: io.StringIO) -> None:
    logging.getLogger("asyncio").error("Task failed for %s", EMAIL)
    try:
        failing()
    except RuntimeError:
        logging.getLogger("somebody").exception("and %s", TOKEN)
    assert_clean(written.getvalue())
    assert "Task failed for ***@***" in written.getvalue()


def test_what_ends_a_thread_or_the_process(written: io.StringIO) -> None:
    thread = threading.Thread(target=failing)
    thread.start()
    thread.join()
    try:
        failing()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert_clean(written.getvalue())
    assert "a thread fell" in written.getvalue()
    assert "the process fell" in written.getvalue()


async def test_a_task_nobody_waits_for(written: io.StringIO) -> None:
    async def task() -> None:
        failing()

    failed = asyncio.create_task(task())
    with contextlib.suppress(RuntimeError):
        await failed
    asyncio.get_running_loop().call_exception_handler({"message": "Task failed", "exception": failed.exception()})
    assert_clean(written.getvalue())
    assert "in failing" in written.getvalue()


async def test_a_day_of_the_gateway_leaves_nothing_to_find(
    written: io.StringIO, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receipts good and bad, wrong tokens, a failing handler and a failing journal, all with a buyer's data in them."""
    async with gateway_world(tmp_path) as world:
        customer = {"email": EMAIL, "name": NAME, "inn": "500100732259"}
        item = {**a_body()["items"][0], "marking": {"code": CODE}, "payment_object": "commodity_with_marking"}
        bodies = [
            a_body(id="1", customer=customer),
            a_body(id="2", customer=customer, items=[item]),
            a_body(id="3", customer={**customer, "email": PHONE}),
            a_body(id="4", customer=customer, total="1.00"),
            {"customer": customer, EMAIL: CODE},
        ]
        for body in bodies:
            await world.post("/api/v1/receipts?wait=5", body)
            await world.post(f"/api/v1/receipts?email={EMAIL}", body, token=TOKEN)
            await world.get(f"/api/v1/receipts/{EMAIL}")

        def fails(*_: object, **__: object) -> None:
            failing()

        monkeypatch.setattr(world.shop.journal, "find", fails)
        await world.get("/api/v1/receipts")
        await world.get(f"/api/v1/receipts?order={EMAIL}")
        monkeypatch.setattr(world.shop, "submit", fails)
        await world.post("/api/v1/receipts", a_body(id="9", customer=customer))
        admin = world.admin
    text = written.getvalue()
    assert_clean(text)
    assert NAME not in text
    assert admin[4:] not in text
    assert text.count("request failed") == 3
