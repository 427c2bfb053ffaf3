"""A refusal is believed when it comes twice: what the register refused first may be what the line made of a command."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from fake_register import LOST_BEFORE, fake_settle
from fake_shop import House, new_job, receipt_body
from fault_bench import JOB, Bench, idle
from fault_jobs import SCENES
from spoilt_line import Spoil, SpoiltPipe
from virtual_loop import run_virtual, virtual

from devices.errors import NeedsOperator, Rejected, RequestError
from devices.registers.base import Shift
from emulator.families import FAMILIES
from gateway.jobs import steps
from gateway.jobs.model import Job, JobKind, JobState
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode

ECHO, NO = Rejected("wrong password", number=0x4F), Rejected("wrong tax", number=51)
#: Of a document: its moment, what is computed from it, and the cashier, who is not compared (docs/exactly-once.md).
_OWN = {1012, 1077, 1021, 1203}


async def states(house: House, job_id: str) -> list[str]:
    return [event.state for event in await house.journal.events(0) if event.subject == job_id]


@pytest.fixture
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)


@pytest.mark.usefixtures("_settling")
@pytest.mark.parametrize(
    ("kind", "body", "call"),
    [
        (JobKind.RECEIPT, receipt_body(), "fiscalise"),
        (JobKind.CLOSE_SHIFT, "{}", "close_shift"),
        (JobKind.CASH_IN, '{"sum":"5.00"}', "cash_in"),
        (JobKind.X_REPORT, "{}", "x_report"),
        (JobKind.SET_CLOCK, "{}", "set_clock"),
    ],
)
def test_one_refusal_is_not_believed_two_are(tmp_path: Path, kind: JobKind, body: str, call: str) -> None:
    async def ends(name: str, refusals: list[Rejected]) -> tuple[Job, list[str], int]:
        house = House(tmp_path / name)
        await house.start()
        house.till.faults[call].extend(refusals)
        await house.shop.submit(new_job("a", body, kind=kind))
        job = await house.shop.wait("a", 30)
        path, tried = await states(house, "a"), house.till.calls.count(call)
        await house.stop()
        return job, path, tried

    job, path, tried = run_virtual(ends("once", [ECHO]))
    assert (job.state, job.warnings, job.error, tried) == (JobState.DONE, (), None, 2)
    assert path == ["queued", "running", "queued", "running", "done"]
    job, path, tried = run_virtual(ends("twice", [ECHO, NO]))
    assert (job.state, tried) == (JobState.FAILED, 2)
    assert job.error is not None
    assert job.error.detail == "wrong tax"
    assert path == ["queued", "running", "queued", "running", "failed"]


@pytest.mark.usefixtures("_settling")
@virtual
async def test_a_refused_shift_or_question_before_it_is_heard_twice_too(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.shift = Shift.CLOSED
    house.till.faults["open_shift"].append(ECHO)
    house.till.faults["connect"].append(None)
    assert (await house.sell("a")).state is JobState.DONE
    assert not house.till.faults["connect"], "not behind a new connection"
    house.till.faults["bookmark"].append(ECHO)
    assert (await house.sell("b")).state is JobState.DONE
    house.till.faults["bookmark"].extend([ECHO, NO])
    assert (await house.sell("c")).state is JobState.FAILED
    assert await states(house, "c") == ["queued", "failed"]
    assert len(house.till.receipts()) == 2
    await house.stop()


@pytest.mark.usefixtures("_settling")
@virtual
async def test_what_is_only_printed_and_what_the_gateway_refuses_is_not_tried_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["print_text"].append(ECHO)
    await house.shop.submit(new_job("text", '{"lines":["а"]}', kind=JobKind.PRINT_TEXT))
    assert (await house.shop.wait("text", 30)).state is JobState.FAILED
    house.till.faults["check"].append(RequestError("vat22 is not registered", code="vat_unknown"))
    assert (await house.sell("receipt")).state is JobState.FAILED
    assert house.till.receipts() == []
    await house.stop()


@pytest.mark.usefixtures("_settling")
@virtual
async def test_the_first_refusal_is_forgotten_only_with_its_job(tmp_path: Path) -> None:
    """Whatever lies between two refusals, two are enough; a caller's retry starts anew."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].extend([ECHO, LOST_BEFORE, NO])
    assert (await house.sell("a")).state is JobState.FAILED
    house.till.faults["fiscalise"].append(ECHO)
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 30)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@pytest.mark.usefixtures("_settling")
@virtual
async def test_a_refusal_while_a_half_made_document_is_held_proves_nothing(tmp_path: Path) -> None:
    """The cashier finished it at the till meanwhile; then the register will not even be spoken to."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(NeedsOperator("no paper", number=1))
    await house.shop.submit(new_job("a", receipt_body()))
    held = await house.until("a", "held")
    assert held.bookmark is not None
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    house.till.faults["state"].extend([None, Rejected("password", number=0x4F)])
    house.till.faults["connect"].extend([Rejected("password", number=0x4F)] * 3)
    job = await house.shop.wait("a", 60)
    assert (job.state, len(house.till.receipts())) == (JobState.DONE, 1)
    assert "failed" not in await states(house, "a")
    await house.stop()


# --- what the one-byte check lets through


async def spoilt(directory: Path, name: str, command: str, at: int, mask: int) -> tuple[Job, list[Any], int]:
    """The job, the documents it made, and how long the spoilt frame was."""
    spoil = Spoil(-1, at, mask)
    bench = Bench(directory, SCENES[name], "1")
    bench.line = lambda pipe: SpoiltPipe(pipe, spoil)
    await bench.switch_on()
    await bench.start()
    await idle(bench)
    before = bench.register.device.drive.last_document
    spoil.command = FAMILIES["shtrih"].command_code(command)
    await bench.submit()
    assert await bench.ended() == []
    made = [one for one in bench.register.device.drive.documents() if one.number > before]
    job = await bench.journal.get(JOB)
    assert job is not None
    await bench.stop()
    await bench.switch_off()
    return job, made, spoil.size


@pytest.mark.parametrize(
    ("name", "command", "step"),
    [
        ("sell", "drive_status", 1),
        ("sell", "open_receipt", 1),
        ("sell", "operation_v2", 1),
        ("sell", "send_item_tlv", 1),
        ("sell", "send_tlv", 2),
        ("sell", "close_receipt_v2", 5),
        ("sell, shift closed", "begin_open_shift", 1),
        ("sell, shift closed", "open_shift", 1),
    ],
)
def test_two_bytes_changed_alike_lose_and_double_nothing(tmp_path: Path, name: str, command: str, step: int) -> None:
    """The receipt as posted, once; or the register took other content for what was asked, and the job says so."""
    _, (*_, model), _ = run_virtual(spoilt(tmp_path / "model", name, command, 0, 0))
    plain = 0
    for at in itertools.count(0, step):
        job, made, size = run_virtual(spoilt(tmp_path / str(at), name, command, at, 0x01))
        if at + 2 > size:
            break
        receipts = [one for one in made if one.code is DocumentCode.RECEIPT]
        assert (job.state, len(receipts)) == (JobState.DONE, 1), at
        assert job.fiscal is not None
        assert job.fiscal.document == receipts[0].number
        if not job.warnings:
            assert _content(receipts[0]) == _content(model), at
            plain += 1
        assert {warning.code for warning in job.warnings} <= {"read_back_differs"}, at
    assert plain


def _content(document: Any) -> list[Any]:
    return [(one.tag, one.value) for one in document.elements if one.tag not in _OWN]
