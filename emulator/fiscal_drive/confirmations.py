"""What the drive accepts as the OFD's confirmation."""

from __future__ import annotations

from emulator.fiscal_drive.errors import DriveError
from protocols.fn import container as containers
from protocols.fn.container import Container, ContainerError
from protocols.fn.statuses import ConfirmationFault, Fault
from protocols.ofd.confirmation import Confirmation, ConfirmationError, parse


def _refuse(fault: ConfirmationFault, detail: str) -> DriveError:
    return DriveError(Fault.CONFIRMATION_REFUSED, f"{fault.name.lower()}: {detail}", fault=fault)


def verified(data: bytes, *, drive: str, number: int) -> tuple[Confirmation, bytes]:
    """The confirmation of document `number` and its document 7.

    DriveError 0x20 with the fault when it is no such thing.

    An emulated drive holds no operator keys: it refuses only a sign of zeros (1078), and takes a software OFD that
    leaves it out. The number in the container's header is not looked at: a software OFD in use writes it as text.
    """
    try:
        container: Container = containers.parse(data)
        confirmation = parse(container.tlv)
    except ContainerError as error:
        fault = ConfirmationFault.WRONG_CRC if error.crc else ConfirmationFault.WRONG_FORMAT
        raise _refuse(fault, str(error)) from error
    except ConfirmationError as error:
        raise _refuse(ConfirmationFault.WRONG_FORMAT, str(error)) from error
    if container.fn != drive or confirmation.fn != drive:
        raise _refuse(ConfirmationFault.WRONG_DRIVE, f"for drive {confirmation.fn}, this is {drive}")
    if confirmation.number != number:
        raise _refuse(ConfirmationFault.WRONG_DOCUMENT, f"for document {confirmation.number}, {number} is next")
    if confirmation.sign and not any(confirmation.sign):
        raise _refuse(ConfirmationFault.WRONG_SIGN, "the operator's sign is empty")
    if not confirmation.delivered:
        raise _refuse(ConfirmationFault.REJECTED, f"operator's code {confirmation.code}")
    return confirmation, container.tlv
