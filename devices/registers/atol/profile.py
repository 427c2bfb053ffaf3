"""Who the device is and what shapes its documents: read once per connection, used by every receipt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from devices.errors import NeedsOperator
from devices.registers.alike import heard_alike
from devices.registers.atol.exchange import Exchange
from devices.registers.base import Identity
from devices.registers.driver import BaseProfile
from protocols.atol.commands.drive import DriveNumber, RegistrationTotals, RegistrationTotalsReply
from protocols.atol.commands.receipts import ReadTag
from protocols.atol.commands.state import GetDeviceType, GetState, GetStateReply, ReadField, ReadRegister
from protocols.atol.fields import bcd_value
from protocols.atol.models import MODELS
from protocols.atol.registers import BY_NAME, Formats, Serial, Width, value_of
from protocols.atol.vat import TAX_TABLE, VAT_ROWS, unified
from protocols.ffd.enums import FfdVersion, Taxation
from protocols.ffd.numbers import T
from protocols.ffd.tlv import TlvError, decode
from protocols.wire import Message, WireError

_FFD: Final = {version.code: version for version in FfdVersion}
#: Bits of the registration: trade on the Internet (work mode), excise goods (extended mode, from ФФД 1.1 on).
_INTERNET, _EXCISE = 0x20, 0x01
#: What follows the work mode from ФФД 1.1 on: extended mode, the OFD's INN.
_TAIL: Final = 13
_TAX_RATE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """What the device is and what its tables make of a document.

    `taxes`: numbers of rates that it knows under the numbers of `protocols.atol.vat`; `unified`: it numbers so at all.
    `columns`: characters of a printed line, None where nobody says.
    """

    model: str
    firmware: str
    ffd: FfdVersion
    taxes: frozenset[int]
    unified: bool
    columns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What only a registration report can change; `totals` of the last one tell it from every other."""

    totals: RegistrationTotalsReply | None
    serial: str
    user_name: str
    address: str
    place: str
    ofd_name: str
    ofd_inn: str
    sender_email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(BaseProfile):
    settings: DeviceSettings
    registered: Registered


async def read_profile(
    exchange: Exchange, read_at: float, before: Profile | None = None, *, heard_lately: bool = False
) -> Profile:
    """About thirty quick questions, twice at first; what `before`, the profile of an earlier connection, knows for
    certain is not asked again: the same registration, and with `heard_lately` the settings too."""
    state = await exchange.ask(GetState())
    fn = (await heard_alike(lambda: exchange.ask(DriveNumber()), None)).fn
    if before is not None and before.identity.fn != fn:
        before = None
    totals = await exchange.try_ask(RegistrationTotals(None))
    if before is not None and totals is not None and totals == before.registered.totals:
        registered = before.registered
    else:
        known = None if before is None else before.registered
        registered = await heard_alike(partial(_read_registered, exchange), known)
        totals = registered.totals
    if before is not None and heard_lately and registered is before.registered:
        settings = before.settings
    else:
        settings = await heard_alike(partial(_read_settings, exchange), None if before is None else before.settings)
    tail = b"" if totals is None or settings.ffd is FfdVersion.V1_05 else totals.rest
    extended = tail[0] if len(tail) >= _TAIL else 0
    identity = Identity(
        family="atol",
        model=settings.model,
        serial=registered.serial or str(state.serial),
        firmware=settings.firmware,
        fn=fn,
        registration_number="" if totals is None else totals.registration_number,
        inn="" if totals is None else totals.inn,
        ffd=settings.ffd,
        taxations=frozenset(one for one in Taxation if totals is not None and totals.taxations & one.code),
        vat_rates=frozenset(row.vat for row in VAT_ROWS if row.number in settings.taxes),
        user_name=registered.user_name,
        address=registered.address,
        place=registered.place,
        ofd_name=registered.ofd_name,
        ofd_inn=registered.ofd_inn,
        sender_email=registered.sender_email,
        # However it is registered: its commands for marking are in no public source.
        marking=False,
        columns=settings.columns,
        internet=totals is not None and bool(totals.work_mode & _INTERNET),
        excise=bool(extended & _EXCISE),
    )
    return Profile(identity=identity, settings=settings, registered=registered, clock=wall(state), read_at=read_at)


def wall(state: GetStateReply) -> datetime:
    """The register's clock; the year 2000 stands for one that was never set."""
    return state.at or datetime(2000, 1, 1)  # noqa: DTZ001 — wall clock


async def read_register(exchange: Exchange, name: str, first: int = 0, second: int = 0) -> Any:
    """A register's value as its message; None where the device has no such register."""
    number = BY_NAME[name].number
    reply = await exchange.try_ask(ReadRegister(number, first, second))
    if reply is None:
        return None
    try:
        found: Message = value_of(number, reply.value)
    except WireError:
        return None
    return found


async def _read_settings(exchange: Exchange) -> DeviceSettings:
    device = await exchange.ask(GetDeviceType())
    model = MODELS.get(device.model)
    numbered = unified(device.build, device.model)
    width = await read_register(exchange, "width")
    return DeviceSettings(
        model=device.name.strip() or ("" if model is None else model.name),
        firmware=f"{device.major}.{device.minor}.{device.build}",
        ffd=await _ffd(exchange),
        taxes=await _taxes(exchange) if numbered else frozenset(),
        unified=numbered,
        columns=width.width if isinstance(width, Width) else None if model is None else model.columns,
    )


async def _ffd(exchange: Exchange) -> FfdVersion:
    formats = await read_register(exchange, "formats")
    ffd = _FFD.get(formats.ffd) if isinstance(formats, Formats) else None
    if ffd is None:
        raise NeedsOperator(
            "register 54: the register is set to a ФФД other than 1.05, 1.1 and 1.2, or does not say",
            number=0,
            hint="Касса настроена на неподдерживаемый формат фискальных документов. Обратитесь в сервисный центр.",
            code="ffd_unsupported",
        )
    return ffd


async def _taxes(exchange: Exchange) -> frozenset[int]:
    """Numbers whose line of table 13 holds the rate; of a device without that table those that sources confirm."""
    found, told = set(), False
    for row in VAT_ROWS:
        reply = await exchange.try_ask(ReadField(TAX_TABLE, row.number, _TAX_RATE))
        if reply is None:
            continue
        told = True
        if len(reply.value) == 2 and _digits(reply.value) == row.rate:
            found.add(row.number)
    return frozenset(found) if told else frozenset(row.number for row in VAT_ROWS if not row.unconfirmed)


def _digits(value: bytes) -> int | None:
    try:
        return bcd_value(value)
    except WireError:
        return None


async def _read_registered(exchange: Exchange) -> Registered:
    serial = await _text(exchange, T.KKT_SERIAL_NUMBER)
    if not serial:
        told = await read_register(exchange, "serial")
        serial = str(told.serial) if isinstance(told, Serial) else ""
    return Registered(
        totals=await exchange.try_ask(RegistrationTotals(None)),
        serial=serial,
        user_name=await _text(exchange, T.USER_NAME),
        address=await _text(exchange, T.SETTLEMENT_ADDRESS),
        place=await _text(exchange, T.SETTLEMENT_PLACE),
        ofd_name=await _text(exchange, T.OFD_NAME),
        ofd_inn=await _text(exchange, T.OFD_INN),
        sender_email=await _text(exchange, T.SENDER_EMAIL),
    )


async def _text(exchange: Exchange, tag: T) -> str:
    """A tag of the registration (E9h); "" where the device has none."""
    raw, blocks, block = b"", 1, 0
    while block < blocks:
        reply = await exchange.try_ask(ReadTag(int(tag) & 0xFF, int(tag) >> 8, block))
        if reply is None:
            return ""
        raw, blocks, block = raw + reply.data, reply.blocks, block + 1
    try:
        found = decode(raw)
    except TlvError:
        return ""
    return str(found[0].value).strip() if found and found[0].tag == tag else ""
