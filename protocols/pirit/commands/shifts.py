"""20, 21, 23, 25, 54, 59, 60, 63, 71, A0, A4: shifts, reports, registration and the end of a drive."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Empty, row
from protocols.pirit.commands.replies import FiscalReply
from protocols.pirit.fields import Cashier, Code, MaybeNumber, Moment, Number, Operator, number, text
from protocols.pirit.messages import V1_2
from protocols.rows import Effect
from protocols.wire import message

Address = Annotated[str, text(256), V1_2]  # 1009, when it is not that of the registration
Place = Annotated[str, text(256), V1_2]  # 1187, likewise


@message
class XReport(Asks[Empty]):
    operator: Operator = Cashier()


@message
class CloseShift(Asks[Empty]):
    operator: Operator = Cashier()
    reserved: MaybeNumber = None
    address: Address = ""
    place: Place = ""


@message
class OpenShift(Asks[Empty]):
    """Slow once in about fifteen days, when a register of marked goods renews its keys."""

    operator: Operator = Cashier()
    address: Address = ""
    place: Place = ""


@message
class ReportTag(Asks[Empty]):
    """For the next report: `kind` 1 registration, 2 and 3 opening and end of a shift, 4 settlements, 5 drive's end."""

    kind: Annotated[int, number(1, 5)]
    name: Annotated[str, text(32)]
    data: Code


@message
class ZeroCash(Asks[Empty]):
    pass


@message
class StateReport(Asks[Empty]):
    operator: Operator = Cashier()
    address: Address = ""
    place: Place = ""


@message
class Register(Asks[FiscalReply]):
    """`drive_replaced` 0 or 1; masks: `taxations`, `mode` and `extended_mode` of `statuses`; `ffd` 2 is 1.05, 4 is 1.2.

    INN and registration number count only while the register has none.
    """

    drive_replaced: Annotated[int, number(0, 1)]
    registration_number: Annotated[str, text(16)]
    inn: Annotated[str, text(12)]
    taxations: Number
    mode: Number
    operator: Operator
    at: Moment
    user_1: Annotated[str, text(44)]
    user_2: Annotated[str, text(44)]
    address_1: Annotated[str, text(44)]
    address_2: Annotated[str, text(44)]
    place: Annotated[str, text(112)]
    automat: Annotated[str, text(12)]
    ofd_name: Annotated[str, text(64)]
    ofd_inn: Annotated[str, text(12)]
    sender: Annotated[str, text(44)]
    fns_site: Annotated[str, text(64)]
    extended_mode: Number
    ffd: MaybeNumber = None  # of firmware with ФФД 1.2


@message
class Zero(Asks[Empty]):
    """Forgets the registration, so that the register can have another owner."""

    at: Moment


@message
class CloseDrive(Asks[FiscalReply]):
    """Punix 1.05 has the address in two parameters."""

    operator: Operator = Cashier()
    address: Address = ""
    place: Place = ""


@message
class EmergencyCloseShift(Asks[Empty]):
    pass


@message
class EmergencyCloseDrive(Asks[Empty]):
    pass


_FISCAL, _DANGEROUS = Effect.FISCAL, Effect.DANGEROUS

ROWS = (
    row(0x20, "x_report", "X-отчёт", XReport, Empty, effect=Effect.DEVICE, timeout=10.0),
    row(0x21, "close_shift", "Закрыть смену", CloseShift, Empty, effect=_FISCAL, timeout=30.0),
    row(0x23, "open_shift", "Открыть смену", OpenShift, Empty, effect=_FISCAL, timeout=60.0),
    row(0x25, "report_tag", "Дополнительные реквизиты отчёта", ReportTag, Empty, effect=Effect.DRAFT, ffd=V1_2),
    row(0x54, "zero_cash", "Обнулить наличные в ящике", ZeroCash, Empty, effect=_DANGEROUS),
    row(0x59, "state_report", "Отчёт о состоянии расчётов", StateReport, Empty, effect=_FISCAL, timeout=20.0),
    row(0x60, "register", "Регистрация", Register, FiscalReply, effect=_DANGEROUS, timeout=30.0),
    row(0x63, "zero", "Технологическое обнуление", Zero, Empty, effect=_DANGEROUS, timeout=10.0),
    row(0x71, "close_drive", "Закрытие ФН", CloseDrive, FiscalReply, effect=_DANGEROUS, timeout=30.0),
    row(0xA0, "emergency_close_shift", "Аварийное закрытие смены", EmergencyCloseShift, Empty, effect=_DANGEROUS,
        timeout=20.0),
    row(0xA4, "emergency_close_drive", "Аварийное закрытие ФН", EmergencyCloseDrive, Empty, effect=_DANGEROUS,
        timeout=20.0),
)  # fmt: skip
