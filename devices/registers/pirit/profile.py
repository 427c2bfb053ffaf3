"""Who the device is and which of its settings shape a document: read once per connection, used by every receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from devices.errors import NeedsOperator
from devices.registers.alike import heard_alike
from devices.registers.archive import parse
from devices.registers.base import Identity
from devices.registers.driver import BaseProfile
from devices.registers.pirit.archive import read_tlv
from devices.registers.pirit.exchange import Exchange
from protocols.ffd.enums import FfdVersion, Taxation, Vat
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, find
from protocols.pirit.commands import info
from protocols.pirit.commands.base import Line
from protocols.pirit.commands.drive import DriveNumber, DriveVersions, LastRegistration, LastRegistrationReply
from protocols.pirit.commands.state import ReadClock, ReadSetting
from protocols.pirit.models import model
from protocols.pirit.settings import NAMED
from protocols.pirit.statuses import ExtendedMode, WorkMode
from protocols.pirit.vat import VAT_ROWS, of_table

#: Tag 1209 -> the formats whose commands are known; the manuals have no 1.1.
_FFD = {FfdVersion.V1_05.code: FfdVersion.V1_05, FfdVersion.V1_2.code: FfdVersion.V1_2}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """What the device can, and what its settings make of a document: a technician changes them.

    `line` of firmware, None where the model is not known; the masks are those of settings 1, 4 and 6; `vat_rows`: of
    each rate the row of settings 40 and 41 that means it.
    """

    model: str
    line: Line | None
    columns: int | None
    firmware: str
    printer: int
    devices: int
    taxes: int
    vat_rows: Mapping[Vat, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What only a registration report can change; `last` is that report, which tells it from every other."""

    last: LastRegistrationReply | None
    ffd: int
    serial: str
    inn: str
    number: str
    taxations: int
    work_mode: int
    extended_mode: int
    texts: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(BaseProfile):
    settings: DeviceSettings
    autonomous: bool
    registered: Registered


async def read_profile(
    exchange: Exchange, read_at: float, before: Profile | None = None, *, heard_lately: bool = False
) -> Profile:
    """Some forty quick questions, twice at first, as frames are summed up in one byte.

    Of `before`, the profile of an earlier connection, what cannot have changed is not asked again: facts of the same
    registration, and with `heard_lately` settings too. NeedsOperator for a ФФД that this family's commands do not have.
    """
    clock = await exchange.ask(ReadClock())
    fn = (await heard_alike(lambda: exchange.ask(DriveNumber()), None)).value
    if before is not None and before.identity.fn != fn:
        before = None
    registered = await _registration(exchange, before)
    if before is not None and heard_lately and registered is before.registered:
        settings = before.settings
    else:
        settings = await heard_alike(lambda: _read_settings(exchange), None if before is None else before.settings)
    return Profile(
        identity=_identity(fn, settings, registered),
        settings=settings,
        autonomous=bool(registered.work_mode & WorkMode.AUTONOMOUS),
        clock=clock.at,
        read_at=read_at,
        registered=registered,
    )


def _identity(fn: str, settings: DeviceSettings, registered: Registered) -> Identity:
    ffd = _FFD.get(registered.ffd)
    if ffd is None and registered.last is not None:
        raise NeedsOperator(
            f"the register works by ФФД {registered.ffd} (tag 1209); this family's commands know 1.05 and 1.2",
            number=0,
            hint="Касса настроена на неподдерживаемый формат фискальных документов. Обратитесь в сервисный центр.",
            code="ffd_unsupported",
        )
    texts = registered.texts
    return Identity(
        family="pirit",
        model=settings.model,
        serial=registered.serial,
        firmware=settings.firmware,
        columns=settings.columns,
        fn=fn,
        registration_number=registered.number,
        inn=registered.inn,
        ffd=ffd or FfdVersion.V1_05,
        taxations=frozenset(one for one in Taxation if registered.taxations & one.code),
        vat_rates=frozenset(settings.vat_rows),
        user_name=texts.get(T.USER_NAME, ""),
        address=texts.get(T.SETTLEMENT_ADDRESS, ""),
        place=texts.get(T.SETTLEMENT_PLACE, ""),
        ofd_name=texts.get(T.OFD_NAME, ""),
        ofd_inn=texts.get(T.OFD_INN, ""),
        sender_email=texts.get(T.SENDER_EMAIL, ""),
        marking=bool(registered.extended_mode & ExtendedMode.MARKING),
        internet=bool(registered.work_mode & WorkMode.INTERNET),
        excise=bool(registered.work_mode & WorkMode.EXCISE),
    )


async def _registration(exchange: Exchange, before: Profile | None) -> Registered:
    last = await exchange.try_ask(LastRegistration())
    if before is not None and last is not None and last == before.registered.last:
        return before.registered
    known = None if before is None else before.registered
    return await heard_alike(lambda: _read_registered(exchange, last), known)


async def _read_registered(exchange: Exchange, last: LastRegistrationReply | None) -> Registered:
    masks = await exchange.ask(info.Taxation())
    report = None if last is None else await read_tlv(exchange, last.document)
    return Registered(
        last=last,
        ffd=(await exchange.ask(DriveVersions())).ffd,
        serial=(await exchange.ask(info.SerialNumber())).value.strip(),
        inn=(await exchange.ask(info.Inn())).value.strip(),
        number=(await exchange.ask(info.RegistrationNumber())).value.strip(),
        taxations=masks.taxations,
        work_mode=masks.mode,
        extended_mode=masks.extended_mode,
        texts=_texts(() if report is None else parse(report)),
    )


def _texts(elements: tuple[Element, ...]) -> Mapping[int, str]:
    tags = (T.USER_NAME, T.SETTLEMENT_ADDRESS, T.SETTLEMENT_PLACE, T.OFD_NAME, T.OFD_INN, T.SENDER_EMAIL)
    found = {int(tag): find(elements, tag) for tag in tags}
    return {tag: str(one.value).strip() for tag, one in found.items() if one is not None}


async def _read_settings(exchange: Exchange) -> DeviceSettings:
    code = await exchange.try_ask(info.Model())
    known = None if code is None else model(code.value)
    firmware = await exchange.try_ask(info.FirmwareVersion())
    return DeviceSettings(
        model="Пирит" if known is None else known.name,
        line=None if known is None else known.line,
        columns=await _columns(exchange, None if known is None else known.columns),
        firmware="" if firmware is None else firmware.value,
        printer=await _mask(exchange, "printer"),
        devices=await _mask(exchange, "devices"),
        taxes=await _mask(exchange, "taxes"),
        vat_rows=await _vat_rows(exchange),
    )


async def _columns(exchange: Exchange, usual: int | None) -> int | None:
    """Characters of a line, which some firmware tells (02/18)."""
    told = await exchange.try_ask(info.LineLength())
    return usual if told is None or not told.value else told.value


async def _mask(exchange: Exchange, name: str) -> int:
    value = await exchange.ask(ReadSetting(NAMED[name].number, 0))
    return int(value.value) if value.value.strip().isdigit() else 0


async def _vat_rows(exchange: Exchange) -> Mapping[Vat, int]:
    """The register's own table, as far as it has rows."""
    names: list[str] = []
    percents: list[Decimal] = []
    for index in range(len(VAT_ROWS)):
        name = await exchange.try_ask(ReadSetting(NAMED["vat_names"].number, index))
        percent = await exchange.try_ask(ReadSetting(NAMED["vat_percents"].number, index))
        if name is None or percent is None:
            break
        names.append(name.value)
        percents.append(_percent(percent.value))
    return of_table(names, percents)


def _percent(text: str) -> Decimal:
    """A row whose per cents are no number is of no rate."""
    try:
        return Decimal(text.strip() or 0)
    except InvalidOperation:
        return Decimal(-1)
