"""What the drive accepts as the marking system's word: documents 83 and 84 in their containers."""

from __future__ import annotations

from typing import Final

from emulator.fiscal_drive.errors import DriveError
from protocols.ffd.enums import DocumentCode
from protocols.fn import container as containers
from protocols.fn.container import ContainerError
from protocols.fn.statuses import AnswerFault, Fault
from protocols.ofd import marking as messages
from protocols.ofd.marking import CodeAnswer, MarkingMessageError, NotificationReceipt

#: Bytes of the length field, which counts itself.
_LENGTH_SIZE: Final = 2


def _refuse(fault: AnswerFault, detail: str) -> DriveError:
    return DriveError(Fault.CONFIRMATION_REFUSED, f"{fault.name.lower()}: {detail}", fault=fault)


def answer_of(data: bytes, *, drive: str, request: int) -> CodeAnswer:
    """Document 83 to this request; DriveError 0x20 with the fault when it is no such thing."""
    tlv = _document(data, drive, DocumentCode.MARKING_ANSWER)
    try:
        answer = messages.parse_answer(tlv)
    except MarkingMessageError as error:
        raise _refuse(AnswerFault.WRONG_FORMAT, str(error)) from error
    if answer.number != request:
        raise _refuse(AnswerFault.WRONG_REQUEST, f"to request {answer.number}, {request} was asked")
    return answer


def receipt_of(data: bytes, *, drive: str, number: int) -> tuple[NotificationReceipt, bytes]:
    """Document 84 for this notification, read and as it is; DriveError 0x20 with the fault when it is no such thing."""
    tlv = _document(data, drive, DocumentCode.MARKING_RECEIPT)
    try:
        receipt = messages.parse_receipt(tlv)
    except MarkingMessageError as error:
        raise _refuse(AnswerFault.WRONG_FORMAT, str(error)) from error
    if receipt.number != number:
        raise _refuse(AnswerFault.WRONG_REQUEST, f"for notification {receipt.number}, {number} waits")
    return receipt, tlv


def _document(data: bytes, drive: str, code: DocumentCode) -> bytes:
    """The document in the container. An emulated drive holds no keys of the marking system: it refuses only a sign of
    zeros, and takes a server that leaves it out."""
    if len(data) < _LENGTH_SIZE or int.from_bytes(data[:_LENGTH_SIZE], "little") != len(data):
        raise _refuse(AnswerFault.WRONG_LENGTH, f"{len(data)} bytes")
    try:
        container = containers.parse(data)
    except ContainerError as error:
        fault = AnswerFault.WRONG_CRC if error.crc else AnswerFault.WRONG_FORMAT
        raise _refuse(fault, str(error)) from error
    if container.fn != drive:
        raise _refuse(AnswerFault.WRONG_DRIVE, f"for drive {container.fn}, this is {drive}")
    if container.trailer and not any(container.trailer):
        raise _refuse(AnswerFault.WRONG_SIGN, "the sign is empty")
    if container.code != code:
        raise _refuse(AnswerFault.WRONG_FORMAT, f"document {container.code}, not {code:d}")
    return container.tlv
