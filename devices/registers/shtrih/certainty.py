"""What is known of a command at each moment of its exchange: one row a moment, held against the emulator byte by byte.

The lines keep `moment` up to date while they work. What the host cannot see (how many of its bytes arrived) is no
moment: a frame that was handed to the link may have arrived whole, in part or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Proof(StrEnum):
    """What is proven of the command."""

    NOT_EXECUTED = "not executed"
    UNKNOWN = "unknown"
    OVER = "executed or refused"  # nothing of it can still happen


class Moment(StrEnum):
    """How far an exchange came."""

    BEFORE = "before"
    SENT = "sent"
    REPELLED = "repelled"
    TAKEN = "taken"
    BROKEN = "broken"
    ANSWERED = "answered"
    EMPTY = "empty"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`v1`, `v2`: the proof at this moment, None where the protocol has no such moment. The rest is for the page."""

    seen: str
    v1: Proof | None
    v2: Proof | None
    asked: str
    then: str


_SETTLE: Final = "a new connection behind the fence, then the drive"

MOMENTS: Final[Mapping[Moment, Row]] = {
    Moment.BEFORE: Row(
        seen="no byte of the frame was handed to the link",
        v1=Proof.NOT_EXECUTED,
        v2=Proof.NOT_EXECUTED,
        asked=_SETTLE + " (earlier frames of the same document may have arrived)",
        then="an open document is cancelled: nothing of it exists",
    ),
    Moment.SENT: Row(
        seen="the frame was handed to the link, whole or in part; nothing came back",
        v1=Proof.UNKNOWN,
        v2=Proof.UNKNOWN,
        asked="v1: ENQ after 1 s. v2: the same packet with the same number after 1 s. When the link broke: " + _SETTLE,
        then="v1: ACK = executed, the answer follows; NAK = see `empty`. v2: a number is executed once, "
        "whatever is repeated",
    ),
    Moment.REPELLED: Row(
        seen="v1: NAK to the frame, and NAK to the enquiry after it. v2: the answer to the packet before",
        v1=Proof.NOT_EXECUTED,
        v2=Proof.NOT_EXECUTED,
        asked="nothing",
        then="the frame is sent again, at most 10 times",
    ),
    Moment.TAKEN: Row(
        seen="ACK: the device has the whole frame",
        v1=Proof.UNKNOWN,
        v2=None,
        asked="ENQ, every 2 s while it is busy",
        then="ACK and answer; or NAK: its power failed, and only the drive knows whether before or after",
    ),
    Moment.BROKEN: Row(
        seen="part of the answer, or one with a wrong checksum",
        v1=Proof.OVER,
        v2=Proof.UNKNOWN,
        asked="v1: NAK and ENQ, at most 10 times. v2: the same packet again. When the link broke: " + _SETTLE,
        then="the same answer again. A number read from a broken answer is never believed",
    ),
    Moment.ANSWERED: Row(
        seen="the whole answer under its checksum",
        v1=Proof.OVER,
        v2=Proof.OVER,
        asked="after success the document is read back; after a refusal the drive is asked for its last document",
        then="done; or refused for certain; or the answer contradicts the drive: settled like a lost one",
    ),
    Moment.EMPTY: Row(
        seen="v1: NAK to the enquiry after a frame that was not repelled. v2: an answer with another number",
        v1=Proof.UNKNOWN,
        v2=Proof.UNKNOWN,
        asked=_SETTLE,
        then="the frame never arrived, or the device lost power and its stored answer with it: the drive tells",
    ),
    Moment.SILENT: Row(
        seen="neither an answer nor a word to the enquiries until `timeouts.unheard` (v2: `busy`)",
        v1=Proof.UNKNOWN,
        v2=Proof.UNKNOWN,
        asked=_SETTLE,
        then="the drive tells",
    ),
}


def proven(moment: Moment, protocol: str) -> Proof:
    """The proof at a moment of protocol "1" or "2"."""
    row = MOMENTS[moment]
    proof = row.v2 if protocol == "2" else row.v1
    assert proof is not None, f"protocol {protocol} has no moment {moment}"
    return proof
