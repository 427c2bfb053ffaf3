"""What became of a command whose answer was lost: asked of the fiscal drive, never guessed (design.md, rules 2 and 3).

The caller has lost the link, or was restarted, and holds the `Bookmark` it wrote down before the command's first byte.
`settle` connects again behind the driver's fence (late bytes drained, open document cancelled), so nothing of the old
attempt can still become a document, and then reads every document the drive has made since the bookmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument, Bookmark, Outcome, Register
from protocols.ffd.receipt import Receipt


class ShiftWanted(StrEnum):
    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashWanted:
    """A cash in (positive) or cash out (negative), kopecks."""

    kopecks: int


Wanted = Receipt | ShiftWanted | CashWanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Exists:
    """The command took effect. `outcome` is as the driver would have answered; None for cash in / out."""

    outcome: Outcome | None
    foreign: tuple[ArchivedDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Proven: no such document exists and none can still come; it may be sent anew. `foreign` are others' documents."""

    foreign: tuple[ArchivedDocument, ...] = ()


Settled = Exists | Absent


class Unprovable(GatewayError):
    """The drive cannot tell; only a human's verdict (`resolve`) can. `candidates` are the documents to look at."""

    code = "cannot_be_proven"

    def __init__(self, detail: str, *, hint: str, candidates: tuple[ArchivedDocument, ...] = ()) -> None:
        super().__init__(detail, hint=hint)
        self.candidates = candidates


async def settle(register: Register, bookmark: Bookmark, wanted: Wanted, *, port_kept: bool = True) -> Settled:
    """Find out whether `wanted`, sent after `bookmark`, took effect.

    `port_kept` is False when the port was released to another program since: then a document that looks like ours may
    be the other program's. Raises LinkError, Retryable or NeedsOperator while the register cannot be asked (call
    again), Unprovable when asking it can never help.
    """
    raise NotImplementedError
