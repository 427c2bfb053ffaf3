"""Registration of the drive: FF05, FF06 and FF34 (documents 1 and 11), and FF07, which makes a test drive new again.

What the commands do not carry comes from tags sent by FF0C after FF05, before them from what the host wrote into
table 18 and into table 17 field 17 since the last registration, and else stays as it was registered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from emulator.fiscal_drive import Registration, StoredDocument
from emulator.fiscal_drive.drive import REPLACED_BIT
from emulator.fiscal_drive.registration import KNOWN_TAGS
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handlers
from emulator.registers.shtrih.fiscal import made_at
from protocols.ffd.checks import inn_fault, is_test_drive, registration_number_fault
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element, find
from protocols.fn.statuses import CurrentDocument, Phase
from protocols.shtrih import errors, tables
from protocols.shtrih.commands import Empty
from protocols.shtrih.commands.drive import BeginRegistration, Made, MakeRegistration, Reregistration, ResetDrive
from protocols.wire import WireError

_NEW, _REPLACED, _CHANGED = 0, 1, 2
_DOCUMENTS = {
    _NEW: DocumentCode.REGISTRATION,
    _REPLACED: DocumentCode.REREGISTRATION,
    _CHANGED: DocumentCode.REREGISTRATION,
}
#: UNCONFIRMED: the code that FF07 wants.
RESET_CODE = 0x16
ALL_TAXATIONS = 0x3F
#: Value of table 17 field 17 -> ФФД.
VERSIONS: Mapping[int, FfdVersion] = {2: FfdVersion.V1_05, 3: FfdVersion.V1_1, 4: FfdVersion.V1_2}
#: Field of table 18 that a host may write for the next registration -> what it sets.
TEXTS: Mapping[int, str] = {
    7: "user_name",
    8: "cashier",
    9: "address",
    10: "ofd_name",
    12: "ofd_inn",
    13: "tax_site",
    14: "place",
    15: "sender_email",
    23: "cashier_inn",
}
EXTENDED_MODE = (tables.STORAGE, 21)
#: Table fields that hold what the next registration will be made of.
PENDING = frozenset({tables.FFD, EXTENDED_MODE, *((tables.STORAGE, field) for field in TEXTS)})
#: Reason byte of FF34 -> bits of 1205 when the host sends no 1205: another OFD, another user, other settings.
_REASON_BITS = {1: REPLACED_BIT, 2: 1 << 1, 3: 1 << 2, 4: 1 << 31}


def begin_registration(core: Core, request: BeginRegistration, operator: int) -> Empty:
    code = _DOCUMENTS.get(request.type)
    if code is None:
        raise Refusal(errors.BAD_PARAMETERS)
    if (core.drive.phase is Phase.READY) != (request.type in {_NEW, _REPLACED}):
        raise Refusal(errors.FN_WRONG_STATE)
    core.drive.begin(code)
    core.begun_tags.clear()
    return Empty()


def make_registration(core: Core, request: MakeRegistration, operator: int) -> Made:
    """Document 1; after FF05 of type 1, document 11 on a drive that replaces another.

    UNCONFIRMED: without FF05 it is carried out too, with what the tables hold, and so is FF34; the documents show the
    commands in this order only and name no error for the lack of it.
    """
    wanted = _commanded(core, request, operator)
    extra = _extra(core)
    if core.drive.current is CurrentDocument.REPLACEMENT:
        return _make(core, lambda: core.drive.reregister(wanted, REPLACED_BIT, extra))
    return _make(core, lambda: core.drive.register(wanted, extra))


def reregister(core: Core, request: Reregistration, operator: int) -> Made:
    """The short form keeps INN, registration number, tax systems and work mode. Without FF05: see FF06."""
    base = core.registered
    try:
        given, reason = request.parts()
    except WireError:
        raise Refusal(errors.BAD_LENGTH) from None
    if reason not in _REASON_BITS:
        raise Refusal(errors.BAD_PARAMETERS)
    wanted = _described(core, operator) if given is None else _commanded(core, given, operator)
    bits = find(core.begun_tags, 1205)
    reasons = bits.value if bits is not None and isinstance(bits.value, int) else _reasons(base, wanted, reason)
    extra = _extra(core)
    return _make(core, lambda: core.drive.reregister(wanted, reasons, extra))


def _reasons(old: Registration, new: Registration, reason: int) -> int:
    """Bits of 1205 that a reason byte amounts to, told apart by what has changed."""
    if reason == 3 and (old.address, old.place) != (new.address, new.place):
        return 1 << 3 | (1 << 2 if old.user_name != new.user_name else 0)
    if reason == 4:
        changed = {
            1 << (5 if new.offline else 4): old.offline != new.offline,
            1 << 7: old.taxations != new.taxations,
        }
        return sum(bit for bit, differs in changed.items() if differs) or _REASON_BITS[reason]
    return _REASON_BITS[reason]


def _described(core: Core, operator: int) -> Registration:
    """The known registration changed by the tables and by the tags of this report."""
    memory = core.memory
    written = {name: str(kept) for field, name in TEXTS.items() if (kept := memory.written(tables.STORAGE, 1, field))}
    version = memory.written(tables.FFD[0], 1, tables.FFD[1])
    wanted = replace(core.registered, cashier=core.operator_name(operator))
    wanted = replace(wanted, **written)  # type: ignore[arg-type]
    if isinstance(version, int):
        wanted = replace(wanted, ffd=VERSIONS[version])
    return wanted.with_tags(core.begun_tags)


def _commanded(core: Core, request: MakeRegistration, operator: int) -> Registration:
    if not 1 <= request.taxations <= ALL_TAXATIONS or inn_fault(request.inn):
        raise Refusal(errors.BAD_PARAMETERS)
    number = request.registration_number
    if registration_number_fault(number, request.inn, core.registered.serial):
        raise Refusal(errors.BAD_PARAMETERS)
    extended = core.memory.written(EXTENDED_MODE[0], 1, EXTENDED_MODE[1])
    wanted = _described(core, operator).with_mode(request.work_mode, extended if isinstance(extended, int) else None)
    return replace(wanted, inn=request.inn, registration_number=number, taxations=request.taxations)


def _extra(core: Core) -> tuple[Element, ...]:
    """Tags for the report that are not part of a registration; the reasons are written by the drive."""
    return tuple(each for each in core.begun_tags if each.tag not in KNOWN_TAGS | {1101, 1205})


def _make(core: Core, document_of: Callable[[], StoredDocument]) -> Made:
    def then(document: StoredDocument) -> None:
        core.memory.forget(PENDING)
        core.print_document(document)

    document = core.keep(document_of, then)
    return Made(document.number, document.sign, made_at(core, document))


def reset_drive(core: Core, request: ResetDrive, operator: int) -> Empty:
    """The drive forgets its documents, the register its shift and its paper; settings, clock and name stay."""
    if request.code != RESET_CODE:
        raise Refusal(errors.BAD_PARAMETERS)
    if not is_test_drive(core.drive.number):
        raise Refusal(errors.FN_WRONG_STATE)
    with core.storage.transaction():
        core.memory.registration = core.registered.to_json()
        core.end_shift()
        core.printer.tear_off()
        core.drive.reset()
        core.save()
    core.drop_draft()
    core.begun_tags.clear()
    core.reading.clear()
    core.last_closed = None
    return Empty()


HANDLERS: Handlers = {
    BeginRegistration: begin_registration,
    MakeRegistration: make_registration,
    Reregistration: reregister,
    ResetDrive: reset_drive,
}
