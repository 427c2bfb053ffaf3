"""The life of a job as a table: which state may follow which, and why.

queued -> running      the bookmark is on disk; bytes may go out from here on
queued -> held         an operator must act before anything can start
queued -> settling     the drive holds a document with its content that no job owns (docs/journal.md)
queued -> failed       refused before anything was sent (by the register: twice)
running -> done        the register answered and the drive holds the document
running -> settling    the answer was lost, or the gateway was
running -> queued      the register said no, it is proven that nothing exists, another try is due: it was busy, or
                       this was its first refusal
running -> held        as before, but an operator must act first
running -> failed      the register refused twice, and it is proven that nothing exists
settling -> done       the drive holds the document
settling -> queued     proven that nothing exists: the whole document starts anew
settling -> failed     proven that nothing exists, and the caller's request is refused
held -> queued         the operator acted
held -> settling       as queued -> settling
held -> settling       somebody else was at the register meanwhile: what was half made may have been finished
failed -> queued       retried by the caller
failed -> cancelled    given up: an order goes on without this document
failed -> done         a person said that no document exists, and the drive shows it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.jobs.model import JobState

NEXT: Final[Mapping[JobState, frozenset[JobState]]] = {
    JobState.QUEUED: frozenset(
        {
            JobState.QUEUED,
            JobState.RUNNING,
            JobState.SETTLING,
            JobState.HELD,
            JobState.FAILED,
            JobState.CANCELLED,
            JobState.DONE,
        }
    ),
    JobState.RUNNING: frozenset(
        {JobState.RUNNING, JobState.DONE, JobState.SETTLING, JobState.QUEUED, JobState.HELD, JobState.FAILED}
    ),
    # settling -> settling: the warning that says what to look at changed.
    JobState.SETTLING: frozenset({JobState.SETTLING, JobState.DONE, JobState.QUEUED, JobState.FAILED, JobState.HELD}),
    JobState.HELD: frozenset(
        {
            JobState.HELD,
            JobState.QUEUED,
            JobState.RUNNING,
            JobState.SETTLING,
            JobState.DONE,
            JobState.FAILED,
            JobState.CANCELLED,
        }
    ),
    JobState.FAILED: frozenset({JobState.QUEUED, JobState.DONE, JobState.CANCELLED}),
    JobState.DONE: frozenset({JobState.DONE}),  # facts learned later: the paper was printed
    JobState.CANCELLED: frozenset(),
}


#: Only at somebody's wish: a worker that settles a job has no business with it once a person has said that it failed.
ASKED: Final = frozenset({(JobState.FAILED, JobState.QUEUED)})


def may_follow(before: JobState, after: JobState, *, asked: bool = True) -> bool:
    """Whether a job in `before` may become `after`; `asked`: somebody wants it so, it is not its worker's step."""
    return after in NEXT[before] and (asked or (before, after) not in ASKED)
