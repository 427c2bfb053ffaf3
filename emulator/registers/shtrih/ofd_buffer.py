"""Messages for the OFD carried by the host (FF30…FF33), when table 21 field 2 is 0."""

from __future__ import annotations

from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handlers
from protocols.shtrih import errors, tables
from protocols.shtrih.commands import Empty
from protocols.shtrih.commands.drive import (
    BeginBufferWrite,
    BeginBufferWriteReply,
    BufferStatus,
    BufferStatusReply,
    ReadBuffer,
    ReadBufferReply,
    WriteBuffer,
)

MAX_BLOCK = 128


def _message(core: Core) -> bytes:
    """The container that waits; nothing while the device exchanges with the OFD itself."""
    if core.memory.number(tables.OFD_BY_DEVICE):
        return b""
    return core.drive.next_message() or b""


def buffer_status(core: Core, request: BufferStatus, operator: int) -> BufferStatusReply:
    return BufferStatusReply(len(_message(core)), MAX_BLOCK)


def read_buffer(core: Core, request: ReadBuffer, operator: int) -> ReadBufferReply:
    message = _message(core)
    if request.count > MAX_BLOCK or request.offset + request.count > len(message):
        raise Refusal(errors.FN_BAD_PARAMETER if message else errors.FN_NO_DATA)
    return ReadBufferReply(message[request.offset : request.offset + request.count])


def begin_write(core: Core, request: BeginBufferWrite, operator: int) -> BeginBufferWriteReply:
    core.ofd_answer = bytearray()
    core.ofd_answer_size = request.size
    return BeginBufferWriteReply(MAX_BLOCK)


def write_buffer(core: Core, request: WriteBuffer, operator: int) -> Empty:
    """Blocks come in order; the drive takes the confirmation with the last one."""
    answer = core.ofd_answer
    if answer is None or request.offset != len(answer) or len(answer) + len(request.data) > core.ofd_answer_size:
        raise Refusal(errors.FN_BAD_PARAMETER)
    answer += request.data
    if len(answer) == core.ofd_answer_size:
        core.ofd_answer = None
        core.drive.confirm(bytes(answer))
    return Empty()


HANDLERS: Handlers = {
    BufferStatus: buffer_status,
    ReadBuffer: read_buffer,
    BeginBufferWrite: begin_write,
    WriteBuffer: write_buffer,
}
