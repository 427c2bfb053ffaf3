"""A document on paper: from the drive's own tags where it can be read, from the request otherwise."""

from __future__ import annotations

from devices.registers.base import ArchivedDocument, Capability, Identity
from gateway.jobs.model import Job
from gateway.jobs.register import RegisterSnapshot
from protocols.ffd.documents import document_code, receipt_elements
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt
from protocols.ffd.sign import sign_bytes
from protocols.ffd.tlv import Element, Value
from protocols.paper import layout, text
from protocols.paper.layout import Registration
from protocols.paper.lines import Line


def ffd_of(snapshot: RegisterSnapshot) -> FfdVersion:
    """The register's ФФД; the newest while the register has not said."""
    return snapshot.identity.ffd if snapshot.identity else FfdVersion.V1_2


def draft(receipt: Receipt, snapshot: RegisterSnapshot) -> Element:
    """The document that `receipt` would become: outer tag and what the caller determines, no fiscal data."""
    elements = receipt_elements(
        receipt, ffd_of(snapshot), correction_items=Capability.CORRECTION_ITEMS in snapshot.capabilities
    )
    return Element(int(document_code(receipt)), elements)


def dated(document: Element, job: Job) -> Element:
    """A draft with the fiscal data that the journal keeps, for drives that cannot be read."""
    fiscal = job.fiscal
    if fiscal is None or not isinstance(document.value, tuple):
        return document
    known: tuple[tuple[int, Value | None], ...] = (
        (T.DATE_TIME, fiscal.datetime.replace(tzinfo=None)),
        (T.SHIFT_NUMBER, fiscal.shift),
        (T.RECEIPT_NUMBER_IN_SHIFT, fiscal.number),
        (T.FD_NUMBER, fiscal.document),
        (T.FN_NUMBER, fiscal.fn),
        (T.KKT_REGISTRATION_NUMBER, fiscal.registration_number),
        (T.FISCAL_SIGN, sign_bytes(fiscal.sign, DocumentCode(document.tag))),
    )
    return Element(document.tag, (*(Element(tag, value) for tag, value in known if value is not None), *document.value))


def stored(document: ArchivedDocument) -> Element:
    """The document as the drive holds it."""
    return Element(int(document.code), document.elements)


def lines(document: Element, receipt: Receipt | None, snapshot: RegisterSnapshot) -> tuple[Line, ...]:
    """The paper; what only the request knows (free lines, cash handed over) comes from `receipt`."""
    return layout.lines(
        document,
        _registration(snapshot.identity),
        header=receipt.header_lines if receipt else (),
        footer=receipt.footer_lines if receipt else (),
        received=receipt.payments.received if receipt else None,
    )


def png(paper: tuple[Line, ...], *, emulated: bool) -> bytes:
    """The picture; an emulated one bears a mark."""
    from protocols.paper import picture  # Pillow: many shops never ask for a picture

    return picture.render(paper, emulated=emulated)


def plain_text(paper: tuple[Line, ...], *, emulated: bool) -> str:
    """The text for a terminal; an emulated one bears a mark."""
    return text.render(paper, emulated=emulated)


def is_emulated(job: Job, snapshot: RegisterSnapshot | None) -> bool:
    """Either word is enough: a paper of the emulator must never pass for a real one."""
    return job.emulated or (snapshot is not None and snapshot.emulated)


def _registration(identity: Identity | None) -> Registration | None:
    if identity is None:
        return None
    return Registration(
        user_name=identity.user_name,
        inn=identity.inn,
        address=identity.address,
        place=identity.place,
        serial=identity.serial,
        sender_email=identity.sender_email,
    )
