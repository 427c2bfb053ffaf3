"""Whether a job is parked for a reason that its world really holds: what can be proven must not be left to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from devices.registers.doubts import DOUBTS, Doubt
from emulator.fault_kinds import FaultKind
from gateway.jobs.model import Job
from simulation.world import World


def _replaced(world: World, job: Job) -> bool:
    return any(one.drive == (job.bookmark.fn if job.bookmark else "") for one in world.retired)


def _several(world: World, job: Job) -> bool:
    return len(world.house_of(job.register)) > 1


def _lent(world: World, job: Job) -> bool:
    return job.register in world.lent


def _spoilt(world: World, job: Job) -> bool:
    """Protocol v1 sums its frames up in one byte: one spoilt frame in 256 passes."""
    return any(world.struck[f"{where} garble"] for where in ("line", "register"))


def _miscounted(world: World, job: Job) -> bool:
    return bool(world.struck[f"register {FaultKind.DRIVE_ERROR_KEPT}"])


#: A doubt that is not here is never right.
REASONS: Final[Mapping[Doubt, tuple[Callable[[World, Job], bool], ...]]] = {
    Doubt.OTHER_DRIVE: (_replaced,),
    Doubt.DRIVE_AWAY: (_replaced,),
    Doubt.SEVERAL_ALIKE: (_several, _lent),
    Doubt.NEARLY_ALIKE: (_spoilt,),
    Doubt.PORT_LENT: (_lent,),
    Doubt.SHIFT_CHANGED: (_several, _lent, _replaced),
    Doubt.COUNTERS_DISAGREE: (_miscounted, _several),
    Doubt.SEVERAL_OPERATIONS: (_several, _lent),
}


def justified(world: World, job: Job) -> bool:
    """By what the job itself says."""
    said = job.warnings[0].detail
    doubt = next((one for one, row in DOUBTS.items() if said.startswith(row.title)), None)
    return any(reason(world, job) for reason in REASONS.get(doubt, ())) if doubt else False
