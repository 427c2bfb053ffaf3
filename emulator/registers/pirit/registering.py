"""Registration and its opposite: 60 and 63."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from emulator.fiscal_drive import Registration, StoredDocument
from emulator.fiscal_drive.drive import REPLACED_BIT
from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.pirit.shifts import fiscal_reply
from emulator.registers.refusals import Refusal
from protocols.ffd.checks import inn_fault, is_test_drive, registration_number_fault
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element
from protocols.fn.statuses import Phase
from protocols.pirit import errors, extended
from protocols.pirit.commands import Empty
from protocols.pirit.commands.replies import FiscalReply
from protocols.pirit.commands.shifts import Register, Zero
from protocols.pirit.statuses import ExtendedMode, WorkMode

VERSIONS: Final[Mapping[int, FfdVersion]] = {2: FfdVersion.V1_05, 4: FfdVersion.V1_2}
ALL_TAXATIONS: Final = 0x3F
MODE_FLAGS: Final[Mapping[WorkMode, str]] = {
    WorkMode.ENCRYPTION: "encryption",
    WorkMode.AUTONOMOUS: "offline",
    WorkMode.AUTOMATIC: "automatic",
    WorkMode.SERVICES: "services",
    WorkMode.BSO: "bso",
    WorkMode.INTERNET: "internet",
    WorkMode.EXCISE: "excise",
    WorkMode.GAMBLING: "gambling",
    WorkMode.LOTTERY: "lottery",
}
EXTENDED_FLAGS: Final[Mapping[ExtendedMode, str]] = {
    ExtendedMode.PRINTER_OUTSIDE: "printer_in_machine",
    ExtendedMode.MARKING: "marking",
    ExtendedMode.PAWNSHOP: "pawnshop",
    ExtendedMode.INSURANCE: "insurance",
}
#: The agents' bits of the mode begin here; they are those of 1057.
AGENTS_AT: Final = 8
_AGENTS: Final = 0x7F
_AUTONOMOUS_ENCRYPTION: Final = 62
#: Bits of 1205.
_OFD, _USER, _PLACE, _OFFLINE, _ONLINE, _TAXATION, _OTHER = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 4, 1 << 7, 1 << 31


def mode_of(registration: Registration) -> tuple[int, int]:
    """Mode and extended mode, as 02/23 tells them."""
    mode = sum(bit for bit, name in MODE_FLAGS.items() if getattr(registration, name))
    more = sum(bit for bit, name in EXTENDED_FLAGS.items() if getattr(registration, name))
    return mode | (registration.agents & _AGENTS) << AGENTS_AT, more


def register(core: Core, request: Register) -> FiscalReply:
    """INN and registration number count while the register has none; OFD and site only with a network."""
    wanted = _wanted(core, request)
    if core.drive.phase is Phase.READY:
        document_of = _first(core, wanted, replaced=bool(request.drive_replaced))
    elif request.drive_replaced:
        raise core.bad(59)
    else:
        reasons = _reasons(core.registration, wanted)

        def document_of() -> StoredDocument:
            return core.drive.reregister(wanted, reasons, _extra(core))

    def then(document: StoredDocument) -> None:
        core.memory.registration = None
        core.print_document(document)

    document = core.keep(document_of, then)
    core.report_tags.pop(1, None)
    return fiscal_reply(document)


def _first(core: Core, wanted: Registration, *, replaced: bool) -> Callable[[], StoredDocument]:
    if replaced:
        return lambda: core.drive.reregister(wanted, REPLACED_BIT, _extra(core))
    return lambda: core.drive.register(wanted, _extra(core))


def _extra(core: Core) -> list[Element]:
    return list(core.report_tags.get(1, ()))


def _wanted(core: Core, request: Register) -> Registration:
    base = core.registered
    if not 1 <= request.taxations <= ALL_TAXATIONS:
        raise core.bad(43)
    mode, more = WorkMode(request.mode & 0xFFFF), ExtendedMode(request.extended_mode & 0x0F)
    if WorkMode.AUTONOMOUS in mode and WorkMode.ENCRYPTION in mode:
        raise core.wrong(_AUTONOMOUS_ENCRYPTION)
    version = base.ffd if request.ffd is None else VERSIONS.get(request.ffd)
    if version is None:
        raise core.bad(63)
    if not request.operator.name and WorkMode.AUTOMATIC not in mode:
        raise core.bad(extended.NO_OPERATOR)
    flags: dict[str, Any] = {name: bit in mode for bit, name in MODE_FLAGS.items()}
    flags |= {name: bit in more for bit, name in EXTENDED_FLAGS.items()}
    wanted = replace(
        base,
        ffd=version,
        taxations=request.taxations,
        user_name=_joined(request.user_1, request.user_2) or base.user_name,
        address=_joined(request.address_1, request.address_2) or base.address,
        place=request.place or base.place,
        machine_number=request.automat if WorkMode.AUTOMATIC in mode else "",
        cashier=request.operator.name or base.cashier,
        cashier_inn=request.operator.inn,
        agents=request.mode >> AGENTS_AT & _AGENTS,
        **flags,
    )
    if not wanted.offline:
        wanted = replace(
            wanted,
            ofd_name=request.ofd_name,
            ofd_inn=request.ofd_inn,
            sender_email=request.sender,
            tax_site=request.fns_site or base.tax_site,
        )
    return wanted if core.drive.registration is not None else _identified(core, wanted, request)


def _identified(core: Core, wanted: Registration, request: Register) -> Registration:
    if inn_fault(request.inn):
        raise core.bad(60)
    if registration_number_fault(request.registration_number, request.inn, wanted.serial):
        raise core.bad(37)
    return replace(wanted, inn=request.inn, registration_number=request.registration_number)


def _joined(first: str, second: str) -> str:
    return " ".join(part for part in (first.strip(), second.strip()) if part)


def _reasons(old: Registration, new: Registration) -> int:
    """Bits of 1205, told by what has changed; something else where nothing has."""
    changed = {
        _OFD: (old.ofd_inn, old.ofd_name) != (new.ofd_inn, new.ofd_name),
        _USER: old.user_name != new.user_name,
        _PLACE: (old.address, old.place) != (new.address, new.place),
        _OFFLINE: new.offline and not old.offline,
        _ONLINE: old.offline and not new.offline,
        _TAXATION: old.taxations != new.taxations,
    }
    return sum(bit for bit, differs in changed.items() if differs) or _OTHER


def zero(core: Core, request: Zero) -> Empty:
    """The register forgets who it belongs to. A drive is for one registration: only a test drive is made new with it.

    UNCONFIRMED what a register with a drive of the real kind answers: here the drive's wrong state.
    """
    if not is_test_drive(core.drive.number):
        raise Refusal(errors.FN_WRONG_STATE)
    with core.storage.transaction():
        core.memory.registration = core.registered.to_json()
        core.end_shift()
        core.printer.tear_off()
        core.drive.reset()
        core.memory.last, core.memory.report, core.memory.unprinted = {}, {}, 0
        core.save()
    core.reading, core.reading_registration, core.last_closed = [], [], None
    return Empty()


HANDLERS: Handlers = {Register: register, Zero: zero}
