"""atol-client from the registry, unmodified, against the real `fiscal-emulator atol-web`: v1, one bare task a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from emulator_process import Emulator

atol = pytest.importorskip("atol")
errors = pytest.importorskip("atol.errors")

OPERATOR = {"name": "Иванова А. А.", "vatin": "500100732259"}
TEA = {
    "type": "position",
    "name": "Чай",
    "price": 100.5,
    "quantity": 2,
    "amount": 201.0,
    "tax": {"type": "vat10"},
    "paymentObject": "commodity",
    "paymentMethod": "fullPayment",
}
CASH = [{"type": "cash", "sum": 201.0}]


def client(emulator: Emulator) -> Any:
    url = f"http://127.0.0.1:{emulator.ports[0]}/requests"
    return atol.WebClient(url, get_status_delay=0.05, get_status_timeout=10.0, log_fn=lambda *_: None)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator("atol-web", "--listen", "tcp:127.0.0.1:0", "--ffd", "1.05") as made:
        yield made


def test_every_call_of_the_client(emulator: Emulator) -> None:
    till = client(emulator)
    assert till.get_shift_status()[0]["result"]["shiftStatus"]["state"] == "closed"
    with pytest.raises(errors.TaskError) as refused:
        till.sell([TEA], CASH, taxationType="osn")
    (failed,) = refused.value.args[0]
    assert (failed["errorCode"], failed["errorDescription"]) == (73, "Смена закрыта - операция невозможна")
    till.open_shift(operator=OPERATOR)
    till.cash_in(500.0)
    made = [
        call([TEA], CASH, taxationType="osn", operator=OPERATOR)[0]["result"]["fiscalParams"]
        for call in (till.sell, till.sell_return, till.buy, till.buy_return)
    ]
    assert [one["fiscalDocumentNumber"] for one in made] == [3, 4, 5, 6]
    assert {one["total"] for one in made} == {201.0}
    basis = {"correctionType": "self", "correctionBaseDate": "2026.02.03", "taxationType": "osn"}
    for correct in (till.sell_correction, till.buy_correction):
        (corrected,) = correct(CASH, [{"type": "vat10", "sum": 18.27}], operator=OPERATOR, **basis)
        assert corrected["result"]["fiscalParams"]["total"] == 201.0
    assert till.get_registration_info()[0]["result"]["device"]["ffdVersion"] == "1.05"
    assert till.get_device_info()[0]["result"]["deviceInfo"]["modelName"]
    assert till.get_device_status()[0]["result"]["deviceStatus"]["shift"] == "opened"
    assert till.get_fn_info()[0]["result"]["fnInfo"]["livePhase"] == "fiscalMode"
    assert till.ofd_exchange_status()[0]["result"]["status"]["notSentCount"] == 8
    for call in (till.report_x, till.report_ofd_exchange_status, till.continue_print):
        assert call()[0]["status"] == "ready"
    till.non_fiscal([{"type": "text", "text": "Спасибо"}])
    till.cash_out(100.0)
    assert till.close_shift(operator=OPERATOR)[0]["result"]["fiscalParams"]["receiptsCount"] == 6
    for dangerous in (till.fn_change, till.change_registration_parameters, till.close_archive):
        with pytest.raises(errors.TaskError):
            dangerous(operator=OPERATOR)
    with pytest.raises(errors.TaskError):
        till.registration("fiscalization")


def test_a_lost_answer_is_found_out_behind_the_back_of_the_client(tmp_path: Path) -> None:
    """The client waits through `blocked` and never hears of it."""
    arguments = ("atol-web", "--listen", "tcp:127.0.0.1:0", "--state", str(tmp_path))
    with Emulator(*arguments) as emulator:
        client(emulator).open_shift(operator=OPERATOR)
    with Emulator(*arguments, "--fault", "drop_answer:command=sell") as emulator:
        (made,) = client(emulator).sell([TEA], CASH, taxationType="osn", operator=OPERATOR)
    assert (made["status"], made["result"]["fiscalParams"]["fiscalDocumentNumber"]) == ("ready", 3)
