"""Tasks beside receipts (§4.4–4.7): shift, cash, paper, queries, marking. Tasks without fields share `Plain`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from protocols.atol_web.fields import Base64, MeasureWord, Moment, Quantity, Rubles, Whole
from protocols.atol_web.tasks import Item, Operator, Paper, Task


class Plain(Task):
    """A task that says nothing but its type."""


class NamedValue(Task):
    """An attribute of a shift's report (1276 … 1279)."""

    name: str = ""
    value: str = ""


class Report(Task):
    """openShift, closeShift, reportOfdExchangeStatus, reportX, closeArchive, reportDepartments …"""

    operator: Operator | None = None
    electronically: bool = False
    pre_items: tuple[Paper, ...] | None = None
    post_items: tuple[Paper, ...] | None = None
    additional_attribute: NamedValue | None = None
    address: str | None = None
    payment_address: str | None = None


class MoveCash(Task):
    """cashIn, cashOut."""

    cash_sum: Rubles
    operator: Operator | None = None
    electronically: bool = False
    pre_items: tuple[Paper, ...] | None = None
    post_items: tuple[Paper, ...] | None = None


class NonFiscal(Task):
    """Lines of paper."""

    items: tuple[Item, ...]
    print_footer: bool = True


class OfDocument(Task):
    """printFnDocument, getFnDocument."""

    fiscal_document_number: Whole
    with_raw_data: bool = False


class LastFiscalParams(Task):
    """getLastFiscalParams, which one server uses to recover (§3.5)."""

    for_receipt: bool = False


class SetDateTime(Task):
    date_time: Moment


class GetParameters(Task):
    keys: tuple[Whole, ...] = ()


class SetParameters(Task):
    device_parameters: tuple[dict[str, Any], ...] = ()


class CodeParams(Task):
    """A marking code to be checked: `imcParams` without a result (§4.3, §4.7)."""

    imc_type: str | Whole = "auto"
    imc: Base64
    item_estimated_status: str | Whole
    imc_mode_processing: Whole = 0
    item_fractional_amount: str | None = None
    item_quantity: Quantity | None = None
    item_units: MeasureWord | None = None
    not_send_to_server: bool = False
    not_form_request: bool = False


class BeginValidation(Task):
    """beginMarkingCodeValidation; older clients send a list of one."""

    params: CodeParams | Annotated[tuple[CodeParams, ...], Field(min_length=1, max_length=1)]

    @property
    def code(self) -> CodeParams:
        return self.params[0] if isinstance(self.params, tuple) else self.params


class Validate(Task):
    """validateMarks, addMarksToBuffer; `timeout` in milliseconds for each code."""

    params: Annotated[tuple[CodeParams, ...], Field(min_length=1)]
    timeout: Whole = 60_000
