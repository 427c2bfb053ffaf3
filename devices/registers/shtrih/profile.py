"""Who the device is and which of its settings shape a document: read once per connection, used by every receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from devices.errors import NeedsOperator
from devices.registers.base import Identity
from devices.registers.driver import BaseProfile
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.rates import printable_rates
from protocols.ffd.enums import FfdVersion, Taxation
from protocols.models import find
from protocols.shtrih.commands.drive import DriveNumber, LastRegistration, RegistrationTotals
from protocols.shtrih.commands.state import (
    DeviceType,
    LongStatus,
    LongStatusReply,
    ModelParameters,
    ModelParametersReply,
)
from protocols.shtrih.commands.tables import ReadTable, TableStructure
from protocols.shtrih.errors import CONFIRM_CLOCK
from protocols.shtrih.models import CASHCORE, FFD_IN_TABLE_10, MODELS
from protocols.shtrih.statuses import Capability, WorkMode
from protocols.shtrih.tables import (
    FFD,
    FFD_OF_CASHCORE,
    REPLACE_VAT20,
    SKIP_PRINTING,
    STORAGE,
    TAX_BY_HOST,
    TAXES,
)
from protocols.shtrih.vat import VAT_ROWS
from protocols.shtrih.wire import cp1251

#: Table 17 field 17.
_FFD = {2: FfdVersion.V1_05, 3: FfdVersion.V1_1, 4: FfdVersion.V1_2}

#: Bits of the extended work mode (FF09, table 18 field 21); "marking" rests on one sample (UNCONFIRMED).
_EXCISE, _MARKING = 0x01, 0x10

#: Bytes of TLV in one FF0C or FF4D, and the code and password before them.
_TLV_LIMIT, _TLV_OVERHEAD = 250, 6

#: Fields of table 18: texts with their second lines, and numbers.
_USER, _ADDRESS, _OFD_NAME, _PLACE = (7, 17), (9, 18), (10, 19), (14, 20)
_SERIAL, _INN, _RNM, _TAXATIONS, _WORK_MODE, _OFD_INN, _SENDER, _EXTENDED_MODE = 1, 2, 3, 5, 6, 12, 15, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(BaseProfile):
    """`skip_printing`: table 17 field 7."""

    settings: DeviceSettings
    skip_printing: int
    registered: Registered


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """What the device can, and what its tables make of a document: a technician changes them.

    `max_tlv`: bytes of TLV one command takes; `tax_by_host`: table 1 field 14;
    `replace_vat20`: table 17 field 71, None where the firmware has no such field; `tax_rows`: rows of table 6 that hold
    the rate the protocol gives them; `columns` of its paper, None where its model is in no row; `quirks`: words of
    `protocols.shtrih.models`.
    """

    model: str
    columns: int | None = None
    quirks: frozenset[str] = frozenset()
    max_tlv: int
    ffd: FfdVersion
    tax_by_host: int
    replace_vat20: int | None
    tax_rows: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What only a registration report can change; `totals` of the last one tell it from every other, None: unread."""

    totals: RegistrationTotals | None
    inn: str
    number: str
    taxations: int
    work_mode: int
    extended_mode: int
    serial: str
    user_name: str
    address: str
    place: str
    ofd_name: str
    ofd_inn: str
    sender_email: str


async def read_profile(
    exchange: Exchange, read_at: float, before: Profile | None = None, *, heard_lately: bool = False
) -> Profile:
    """About forty quick questions, twice at first; NeedsOperator when the register is set to a ФФД that is out of use.

    On a line that breaks often each question is a chance to break once more, so what `before`, the profile of an
    earlier connection, knows is not asked again: facts of the same registration, and with `heard_lately` settings too,
    which nobody can have changed in the moment in which the line was down.
    """
    status = await exchange.ask(LongStatus(exchange.password))
    fn = await exchange.heard_alike(partial(_drive_number, exchange))
    if before is not None and before.identity.fn != fn:
        before = None
    registration = await _registered(exchange, before)
    if before is not None and heard_lately and registration is before.registered:
        settings = before.settings
    else:
        known = None if before is None else before.settings
        settings = await exchange.heard_alike(partial(_read_settings, exchange, drive_known=fn is not None), known)
    clock = _clock(status)
    identity = Identity(
        family="shtrih",
        model=settings.model,
        serial=registration.serial or _serial(status),
        firmware=f"{status.firmware_text}.{status.build}",
        fn=fn or "",
        registration_number=registration.number,
        inn=registration.inn,
        ffd=settings.ffd,
        taxations=frozenset(one for one in Taxation if registration.taxations & one.code),
        columns=settings.columns,
        vat_rates=printable_rates(rows=settings.tax_rows, replace=settings.replace_vat20, year=clock.year),
        user_name=registration.user_name,
        address=registration.address,
        place=registration.place,
        ofd_name=registration.ofd_name,
        ofd_inn=registration.ofd_inn,
        sender_email=registration.sender_email,
        marking=bool(registration.extended_mode & _MARKING),
        internet=bool(registration.work_mode & WorkMode.INTERNET),
        excise=bool(registration.extended_mode & _EXCISE),
    )
    return Profile(
        identity=identity,
        settings=settings,
        skip_printing=await _number(exchange, *SKIP_PRINTING) or 0,  # read always: each unprinted receipt sets it
        clock=clock,
        read_at=read_at,
        registered=registration,
    )


async def _read_settings(exchange: Exchange, *, drive_known: bool) -> DeviceSettings:
    kind = await exchange.try_ask(DeviceType())
    model = await exchange.try_ask(ModelParameters(1))
    name = kind.name.strip() if kind else ""
    known = find(MODELS, code=None if kind is None else kind.model, name=name)
    quirks = frozenset() if known is None else known.quirks
    if model is not None and model.flags & Capability.CASHCORE:
        quirks |= CASHCORE
    return DeviceSettings(
        model=name,
        columns=None if known is None else known.columns,
        quirks=quirks,
        max_tlv=_max_tlv(model),
        ffd=await _ffd(exchange, model, quirks, drive_known=drive_known),
        tax_by_host=await _number(exchange, *TAX_BY_HOST) or 0,
        replace_vat20=await _number(exchange, *REPLACE_VAT20),
        tax_rows=await _tax_rows(exchange),
    )


async def _ffd(
    exchange: Exchange, model: ModelParametersReply | None, quirks: frozenset[str], *, drive_known: bool
) -> FfdVersion:
    places = FFD_OF_CASHCORE if FFD_IN_TABLE_10 in quirks else (FFD,)
    if model is not None and model.ffd_table and model.ffd_field:
        places = ((model.ffd_table, model.ffd_field),)
    for table, field in places:
        number = await _number(exchange, table, field)
        if number is not None:
            break
    if number is None and drive_known:
        raise NeedsOperator(
            f"the register does not let this operator read its settings (table {table})",
            number=0,
            hint="Укажите в настройках пароль системного администратора кассы (options.password, обычно 30).",
            code="settings_unreadable",
        )
    ffd = _FFD.get(number or 0)
    if ffd is None and not drive_known:
        return FfdVersion.V1_05  # nothing can be made before the clock is set, and then all this is read again
    if ffd is None:
        raise NeedsOperator(
            f"table {table} field {field}: the register is set to a ФФД other than 1.05, 1.1 and 1.2",
            number=0,
            hint="Касса настроена на неподдерживаемый формат фискальных документов. Обратитесь в сервисный центр.",
            code="ffd_unsupported",
        )
    return ffd


def _max_tlv(model: ModelParametersReply | None) -> int:
    """FF0C and FF4D take 250 bytes (§4), less on a device whose longest command is shorter; 0 says nothing."""
    if model is None or model.max_command <= _TLV_OVERHEAD:
        return _TLV_LIMIT
    return min(_TLV_LIMIT, model.max_command - _TLV_OVERHEAD)


async def _drive_number(exchange: Exchange) -> str | None:
    """None while the register answers nothing but "confirm the date and time" (C0h, after a loss of its clock)."""
    try:
        return (await exchange.ask(DriveNumber(exchange.password))).fn
    except NeedsOperator as error:
        if error.number == CONFIRM_CLOCK:
            return None
        raise


async def _registered(exchange: Exchange, before: Profile | None) -> Registered:
    """From the drive's last registration report, or, where that cannot be read, from the register's copy of it."""
    totals = await exchange.try_ask(LastRegistration(exchange.password))
    if before is not None and totals is not None and totals == before.registered.totals:
        return before.registered
    known = None if before is None else before.registered
    return await exchange.heard_alike(partial(_read_registered, exchange), known)


async def _read_registered(exchange: Exchange) -> Registered:
    totals = await exchange.try_ask(LastRegistration(exchange.password))
    tail = None if totals is None else totals.tail
    extended = None if tail is None else tail.extended_mode
    ofd_inn = "" if tail is None else tail.ofd_inn
    return Registered(
        totals=totals,
        inn=totals.inn if totals else await _text(exchange, _INN),
        number=totals.registration_number if totals else await _text(exchange, _RNM),
        taxations=totals.taxations if totals else await _number(exchange, STORAGE, _TAXATIONS) or 0,
        work_mode=totals.work_mode if totals else await _number(exchange, STORAGE, _WORK_MODE) or 0,
        extended_mode=await _number(exchange, STORAGE, _EXTENDED_MODE) or 0 if extended is None else extended,
        serial=await _text(exchange, _SERIAL),
        user_name=await _lines(exchange, _USER),
        address=await _lines(exchange, _ADDRESS),
        place=await _lines(exchange, _PLACE),
        ofd_name=await _lines(exchange, _OFD_NAME),
        ofd_inn=ofd_inn or await _text(exchange, _OFD_INN),
        sender_email=await _text(exchange, _SENDER),
    )


async def _tax_rows(exchange: Exchange) -> frozenset[int]:
    structure = await exchange.try_ask(TableStructure(exchange.password, TAXES))
    count = structure.rows if structure else 0
    return frozenset(
        [row.row for row in VAT_ROWS if row.row <= count and await _number(exchange, TAXES, 1, row=row.row) == row.rate]
    )


async def _number(exchange: Exchange, table: int, field: int, *, row: int = 1) -> int | None:
    """A BIN field; None where the device has none."""
    reply = await exchange.try_ask(ReadTable(exchange.password, table, row, field))
    return None if reply is None else int.from_bytes(reply.value, "little")


async def _text(exchange: Exchange, field: int) -> str:
    """A CHAR field of table 18."""
    reply = await exchange.try_ask(ReadTable(exchange.password, STORAGE, 1, field))
    return "" if reply is None else cp1251(reply.value).strip()


async def _lines(exchange: Exchange, fields: tuple[int, int]) -> str:
    return "".join([await _text(exchange, field) for field in fields])


def _serial(status: LongStatusReply) -> str:
    return "" if status.serial is None else str(status.serial | (status.serial_high or 0) << 32)


def _clock(status: LongStatusReply) -> datetime:
    """The year 2000 stands for a clock that was never set."""
    day = status.date
    return datetime(2000, 1, 1) if day is None else datetime.combine(day, status.time)  # noqa: DTZ001 — wall clock
