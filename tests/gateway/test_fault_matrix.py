"""docs/fault-matrix.csv, row by row: every job, every command of it, everything that can go wrong there.

The data says what is expected; these tests are why the page made of it is true.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from fault_bench import Seen, as_it_should_be, died, struck
from fault_jobs import SCENES
from fault_rows import COMMANDS, JOURNAL, Key, expected, keys
from virtual_loop import run_virtual

from devices.registers.shtrih.exchange import ASKING
from gateway.jobs.model import JobKind
from protocols.shtrih import commands

ROWS = expected()
#: What is only printed may be on the tape twice, or not at all before the next command continues it.
PRINTED = frozenset({JobKind.PRINT_TEXT, JobKind.REPRINT, JobKind.X_REPORT, JobKind.RECOVER})


@pytest.mark.parametrize(("key", "seen"), ROWS.items(), ids=[key.label for key in ROWS])
def test_a_row_is_true(tmp_path: Path, key: Key, seen: Seen) -> None:
    scene = SCENES[key.job]
    if key.command == JOURNAL:
        death, _, number = key.fault.partition(":commit=")
        assert run_virtual(died(tmp_path, scene, key.protocol, death, int(number))) == seen
    else:
        assert run_virtual(struck(tmp_path, scene, key.protocol, key.command, key.fault)) == seen


def test_the_data_has_every_row() -> None:
    assert list(ROWS) == list(keys())


def test_no_row_promises_a_lost_or_doubled_document() -> None:
    """Whatever the data says, this must hold of it."""
    assert [key for key, seen in ROWS.items() if not _kept_promise(SCENES[key.job].kind, seen)] == []


def _kept_promise(kind: JobKind, seen: Seen) -> bool:
    end = seen.states.rpartition(">")[2]
    told = bool(seen.said) or (end != "failed" and "held" not in seen.states)
    if kind in PRINTED:
        made = seen.made <= 2
    elif end == "done":
        made = seen.made == 1
    else:
        made = seen.made == 0 or kind is JobKind.SET_CLOCK
    return end in {"done", "failed"} and told and made


@pytest.mark.parametrize("protocol", ["1", "2"])
@pytest.mark.parametrize("name", COMMANDS)
def test_with_nothing_wrong_the_job_is_done_at_once(tmp_path: Path, name: str, protocol: str) -> None:
    seen, _, commits = run_virtual(as_it_should_be(tmp_path, SCENES[name], protocol))
    assert seen == Seen(states="queued>running>done", made=1, settled=False, said="", operator="")
    assert commits == COMMANDS[name].commits_of_journal


def test_every_command_that_changes_something_is_struck(tmp_path: Path) -> None:
    asking = {commands.COMMANDS[code].name for code in ASKING}
    sent: set[str] = set()
    for name, scene in SCENES.items():
        sent |= run_virtual(as_it_should_be(tmp_path / name, scene, "1"))[1]
    assert sent - asking <= {key.command for key in ROWS}
