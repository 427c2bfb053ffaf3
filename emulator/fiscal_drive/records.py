"""Stored documents in the forms a drive hands them out: short record and container for the OFD."""

from __future__ import annotations

from emulator.fiscal_drive import signing
from emulator.fiscal_drive.counters import CORRECTIONS, RECEIPTS
from emulator.fiscal_drive.documents import StoredDocument
from emulator.fiscal_drive.registration import MODE_BITS, Registration
from emulator.fiscal_drive.rules import REGISTRATIONS
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import all_of, find
from protocols.fn.archive import Record, Registered, Settlement, Shift
from protocols.fn.container import FROM_DRIVE, Container, service_data

_SHIFTS = {DocumentCode.SHIFT_OPEN, DocumentCode.SHIFT_CLOSE}


def record_of(document: StoredDocument) -> Record:
    """The short record of the archive."""
    details: Shift | Settlement | Registered | None = None
    if document.code in RECEIPTS | CORRECTIONS:
        details = Settlement(operation=document.operation, total=document.total)
    elif document.code in _SHIFTS:
        details = Shift(shift=document.shift)
    elif document.code in REGISTRATIONS:
        details = _registered(document)
    return Record(
        code=document.code,
        acknowledged=document.confirmation is not None,
        at=document.at,
        number=document.number,
        sign=document.sign,
        details=details,
    )


def registration_of(document: StoredDocument) -> Registration:
    """The registration that a document 1 or 11 wrote down."""
    blank = Registration(
        ffd=FfdVersion.V1_05, inn="", registration_number="", serial="", user_name="", address="", place="",
        taxations=0, cashier="", internet=False, excise=False, marking=False, gambling=False, lottery=False,
        tax_site="", agents=0, model_version="",
    )  # fmt: skip
    return blank.with_tags(document.elements)


def _registered(document: StoredDocument) -> Registered:
    registration = registration_of(document)
    reasons = find(document.elements, 1205)
    bits = reasons.value if reasons is not None and isinstance(reasons.value, int) else 0
    codes = [element.value for element in all_of(document.elements, 1101) if isinstance(element.value, int)]
    old = registration.ffd is FfdVersion.V1_05
    return Registered(
        inn=registration.inn,
        registration_number=registration.registration_number,
        taxations=registration.taxations,
        mode=registration.mode & (1 << len(MODE_BITS)) - 1,
        reason=codes[0] if old and codes else None,
        extended_mode=None if old else registration.extended_mode,
        ofd_inn="" if old else registration.ofd_inn,
        reasons=bits,
    )


def container_of(document: StoredDocument, key: str) -> Container:
    """The message for the OFD, the same bytes every time it is asked for."""
    sign = signing.message_sign(key, document.tlv)
    return Container(
        kind=FROM_DRIVE,
        code=document.code,
        fn=document.drive,
        number=document.number,
        tlv=document.tlv,
        trailer=sign + bytes(2),
        service=service_data(signing.message_sign(key, sign), FROM_DRIVE, document.tlv),
    )
