"""A stored document on paper once more: the device's own copy where it has one, else as text."""

from __future__ import annotations

from devices.errors import RequestError
from devices.registers.base import ArchivedDocument, Capability, Identity, Register
from protocols.ffd.tlv import Element
from protocols.paper.layout import Registration, lines
from protocols.paper.text import render

#: Characters of a line that every paper width has room for.
WIDTH = 32


async def reprint(register: Register, number: int) -> None:
    """Print document `number` of the drive. RequestError when the drive has none, or its text cannot be had."""
    drive = await register.drive()
    if number == drive.last_document and Capability.COPY_LAST in register.capabilities:
        await register.copy_last()
        return
    document = await register.document(number)
    if document is None:
        raise RequestError(
            f"the fiscal drive {drive.number} has no document {number}",
            hint="В установленном накопителе нет такого документа: чек напечатан на другой кассе или ФН заменён.",
            code="document_unknown",
        )
    if not document.elements:
        raise RequestError(
            f"document {number} cannot be read back from this drive as a whole",
            hint="Касса не отдаёт содержание старых документов: распечатайте копию с сайта ОФД.",
            code="document_unreadable",
        )
    await register.print_text(paper(document, register.identity).splitlines())


def paper(document: ArchivedDocument, identity: Identity) -> str:
    """The document as text, marked as a copy."""
    registration = Registration(
        user_name=identity.user_name,
        inn=identity.inn,
        address=identity.address,
        place=identity.place,
        serial=identity.serial,
        sender_email=identity.sender_email,
    )
    whole = Element(tag=int(document.code), value=document.elements)
    return render(lines(whole, registration, header=("КОПИЯ",)), WIDTH, qr=False)
