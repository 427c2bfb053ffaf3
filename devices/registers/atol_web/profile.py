"""Who the register behind the server is, and where its drive stands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo

from devices.errors import NeedsOperator
from devices.registers.atol_web.queue import Queue
from devices.registers.base import Identity
from devices.registers.driver import BaseProfile
from protocols.atol_web import words
from protocols.atol_web.queries import DeviceInfo, DeviceStatus, FnInfo, FnStatus, RegistrationInfo
from protocols.ffd.enums import Taxation, Vat


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(BaseProfile):
    offline: bool  # registered as autonomous
    document: int  # the drive's last one


async def read_profile(queue: Queue, *, zone: tzinfo, read_at: float) -> Profile:
    """One request; NeedsOperator when the register is set to a ФФД that is out of use or was never registered."""
    told = await queue.tell(DeviceInfo, FnInfo, RegistrationInfo, DeviceStatus, FnStatus)
    device, registered = told[DeviceInfo], told[RegistrationInfo]
    ffd = registered.device.ffd_version or device.ffd_version
    if ffd is None:
        raise NeedsOperator(
            "the register says of no ФФД that it is registered with it",
            number=0,
            hint="Касса не зарегистрирована, или её формат фискальных документов не поддерживается.",
            code="ffd_unsupported",
        )
    organization = registered.organization
    return Profile(
        identity=Identity(
            family="atol-web",
            model=device.model_name,
            serial=device.serial,
            firmware=device.firmware_version,
            fn=told[FnInfo].serial,
            registration_number=registered.device.registration_number.strip(),
            inn=organization.vatin.strip(),
            ffd=ffd,
            taxations=frozenset(_taxations(organization.taxation_types)),
            vat_rates=frozenset(Vat),  # the server tells no table of rates; one that is unknown to it is refused
            user_name=organization.name,
            address=organization.address,
            place=registered.device.payments_address,
            ofd_name=registered.ofd.name,
            ofd_inn=registered.ofd.vatin.strip(),
            sender_email=organization.email,
            marking=registered.device.marking,
            internet=registered.device.internet,
            excise=registered.device.excise,
        ),
        offline=registered.device.offline_mode,
        document=told[FnStatus].fiscal_document_number,
        clock=at_register(told[DeviceStatus].current_date_time, zone).replace(tzinfo=None),
        read_at=read_at,
    )


def at_register(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as the register tells it, in its own zone."""
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _taxations(spelt: tuple[str, ...]) -> list[Taxation]:
    """Those that are still in use."""
    found = []
    for word in spelt:
        with suppress(ValueError):
            found.append(words.TAXATIONS.member(word))
    return found
