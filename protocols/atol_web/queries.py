"""What tasks that ask answer (§4.5, §4.7): of the register, its shift, its drive. Amounts are kopecks here.

A server that leaves something out leaves the default; what must be there has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, TypeVar

from pydantic import Field

from protocols.atol_web.fields import Base64, Instant, Sum, VersionWord, Whole
from protocols.atol_web.results import Result, read
from protocols.ffd.enums import DocumentCode

#: Code of a document -> fiscalDocumentType of getFnDocument.
DOCUMENT_TYPES: Final[Mapping[DocumentCode, str]] = {
    DocumentCode.REGISTRATION: "registration",
    DocumentCode.REREGISTRATION: "changeRegistrationParameters",
    DocumentCode.SHIFT_OPEN: "openShift",
    DocumentCode.STATE_REPORT: "ofdExchangeStatus",
    DocumentCode.RECEIPT: "receipt",
    DocumentCode.CORRECTION: "receiptCorrection",
    DocumentCode.BSO: "bso",
    DocumentCode.BSO_CORRECTION: "bsoCorrection",
    DocumentCode.SHIFT_CLOSE: "closeShift",
    DocumentCode.DRIVE_CLOSE: "closeArchive",
}


class Answer(Result):
    """What the task `TASK` answers; in the field `FIELD` of its result, "": the result itself."""

    TASK: ClassVar[str]
    FIELD: ClassVar[str] = ""


A = TypeVar("A", bound=Answer)


def answer_of(kind: type[A], result: Any) -> A:
    """NotAResult, also for a void one. A server may leave the wrapping out."""
    field = kind.FIELD
    return read(kind, result.get(field, result) if field and isinstance(result, Mapping) else result)


class DeviceInfo(Answer):
    TASK = "getDeviceInfo"
    FIELD = "deviceInfo"

    model_name: str = ""
    serial: str = ""
    firmware_version: str = ""
    ffd_version: VersionWord | None = None


class DeviceStatus(Answer):
    """`shift`: closed, opened, expired."""

    TASK = "getDeviceStatus"
    FIELD = "deviceStatus"

    current_date_time: Instant
    shift: str
    blocked: bool = False
    cover_opened: bool = False
    paper_present: bool = True
    cash_drawer_opened: bool = False


class ShiftStatus(Answer):
    TASK = "getShiftStatus"
    FIELD = "shiftStatus"

    state: str
    number: Whole
    documents_count: Whole = 0


class Turnover(Result):
    count: Whole = 0
    sum: Sum = 0


class OfOperation(Result):
    """Receipts of one kind in this shift; `payments` by the words of payments, those of the shop's own included."""

    sum: Sum = 0
    payments: Mapping[str, Sum] = Field(default_factory=dict)


class ShiftTotals(Answer):
    TASK = "getShiftTotals"
    FIELD = "shiftTotals"

    cash_drawer: Turnover = Turnover()
    income: Turnover = Turnover()
    outcome: Turnover = Turnover()
    receipts: Mapping[str, OfOperation] = Field(default_factory=dict)


class FnWarnings(Result):
    memory_overflow: bool = False
    need_replacement: bool = False
    ofd_timeout: bool = False
    resource_exhausted: bool = False
    critical_error: bool = False


class FnInfo(Answer):
    """`live_phase`: init, configured, fiscalMode, postFiscalMode, accessArchive."""

    TASK = "getFnInfo"
    FIELD = "fnInfo"

    serial: str
    validity_date: Instant | None = None
    live_phase: str = ""
    warnings: FnWarnings = FnWarnings()


class FnStatus(Answer):
    TASK = "getFnStatus"
    FIELD = "fnStatus"

    fiscal_document_number: Whole
    fiscal_receipt_number: Whole = 0


class Organization(Result):
    name: str = ""
    vatin: str = ""
    email: str = ""
    address: str = ""
    taxation_types: tuple[str, ...] = ()


class Registered(Result):
    """`device` of getRegistrationInfo."""

    registration_number: str = ""
    offline_mode: bool = False
    internet: bool = False
    excise: bool = False
    marking: bool = False
    ffd_version: VersionWord | None = None
    payments_address: str = ""


class Ofd(Result):
    name: str = ""
    vatin: str = ""


class RegistrationInfo(Answer):
    TASK = "getRegistrationInfo"

    organization: Organization
    device: Registered
    ofd: Ofd = Ofd()


class Backlog(Result):
    """Of documents or of notices; a first one that is not there has number 0."""

    not_sent_count: Whole = 0
    not_sent_first_doc_number: Whole = 0
    not_sent_first_doc_date_time: Instant | None = None


class Fault(Result):
    code: Whole = 0
    description: str = ""


class ExchangeErrors(Result):
    network: Fault = Fault()
    ofd: Fault = Fault()
    fn: Fault = Fault()
    last_success_connection_date_time: str | None = None


class ExchangeStatus(Answer):
    """Documents on their way to the OFD."""

    TASK = "ofdExchangeStatus"

    status: Backlog
    errors: ExchangeErrors = ExchangeErrors()


class NoticeStatus(ExchangeStatus):
    """Notices of marked goods on their way to the marking system (fields UNCONFIRMED)."""

    TASK = "ismExchangeStatus"


class FmState(Answer):
    """`status`: blocked, noImcForCheck, receivedImc, requestedImcStatus, receivedImcStatus."""

    TASK = "checkImcWorkState"
    FIELD = "fm"

    status: str
    checking_count: Whole = 0
    notice_count: Whole = 0
    notice_free_memory: str = ""


class FnDocument(Answer):
    """getFnDocument: `raw_data` is the document's TLV, where the server was asked for it and gives it."""

    TASK = "getFnDocument"

    fiscal_document_type: str
    raw_data: Base64 | None = None

    @property
    def code(self) -> DocumentCode | None:
        """None for a type that is not known."""
        return next((code for code, word in DOCUMENT_TYPES.items() if word == self.fiscal_document_type), None)
