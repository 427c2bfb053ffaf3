"""Which rows the fault matrix has: what is struck, where, by what. What is expected is docs/fault-matrix.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fault_bench import Seen

PAGE_DATA = Path(__file__).parents[2] / "docs" / "fault-matrix.csv"

#: A first refusal is not believed, a second is.
_REFUSED_TWICE = "drive_error:error=09,count=2"
#: Strike any command, before it is executed or as its answer leaves.
_EVERYWHERE = (
    "lose_command",
    "cut_before",
    "cut_request:after_bytes=5",
    "cut_request:after_bytes=999",
    "stall_request",
    "restart",
    "paper_out",
    "cover_open",
    "busy",
    "clock_lost",
    "drive_full",
    "drive_error",
    "drive_error:error=03",
    "drive_error:error=09",
    _REFUSED_TWICE,
    "drop_answer",
    "garble",
    "cut",
    "cut:after_bytes=5",
    "slow",
    "delay",
    "duplicate_answer",
    "reorder",
    "late_answer",
    "late_answer:seconds=0.04",
    "stall",
    "restart_after",
)
#: Strike the command with which the drive keeps a document.
_AT_COMMIT = (
    "power_before_commit",
    "power_before_commit:count=3",
    "power_after_commit",
    "drive_error_kept",
    "drive_error_kept:error=03",
    "drive_error_kept:error=09",
)
#: For commands that prepare or follow: what differs from one to another.
_CORE = (
    "lose_command",
    "cut_request:after_bytes=999",
    "stall",
    "restart",
    "restart_after",
    "paper_out",
    "drive_error",
    "drive_error:error=09",
    _REFUSED_TWICE,
    "clock_lost",
    "garble",
    "late_answer",
    "late_answer:seconds=0.04",
)
#: What the second framing may answer otherwise than the first.
_LINE = ("lose_command", "cut_request:after_bytes=999", "stall", "restart_after", "garble", "late_answer:seconds=0.04")
_KILLED = ("killed_before", "killed_after")
_DISK = ("disk_full", "fsync_failed")
JOURNAL = "journal"


class Key(NamedTuple):
    """`command` is the register's command that is struck, or "journal" with a death and the number of a commit."""

    job: str
    protocol: str
    command: str
    fault: str

    @property
    def label(self) -> str:
        return "-".join(self).replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Commands:
    """A job's commands: `main` takes effect (`commits`: in the drive), `others` prepare or follow."""

    main: str
    others: tuple[str, ...] = ()
    commits: bool = True
    like: bool = False  # as another job, whose main command meets everything
    given_up: bool = False  # what is only printed is never tried a second time
    disk: bool = False  # the disk fails under it too
    commits_of_journal: int = 3  # accepted, running, done
    every: bool = False  # its other commands meet everything too, in both framings


_RECEIPT = Commands("close_receipt_v2", like=True)

COMMANDS = {
    "open_shift": Commands("open_shift", ("begin_open_shift", "send_tlv", "find_document"), disk=True),
    "close_shift": Commands("z_report", ("begin_close_shift", "send_tlv", "find_document")),
    "sell": Commands(
        "close_receipt_v2",
        ("drive_status", "open_receipt", "operation_v2", "send_item_tlv", "send_tlv", "next_tlv", "short_status"),
        disk=True,
    ),
    "sell, ФФД 1.05": _RECEIPT,
    "sell, marked": Commands("close_receipt_v2", ("check_code", "decide_code", "bind_code"), like=True, every=True),
    "sell_refund, marked": Commands("close_receipt_v2", ("check_code", "decide_code", "bind_code"), like=True),
    "sell, not printed": Commands("close_receipt_v2", ("write_table",), like=True),
    "sell, shift closed": Commands(
        "close_receipt_v2", ("begin_open_shift", "open_shift"), like=True, commits_of_journal=4
    ),
    "sell_refund": _RECEIPT,
    "buy": _RECEIPT,
    "correction": Commands("close_receipt_v2", ("open_receipt", "operation_v2")),
    "correction, ФФД 1.05": Commands("correction_v2", ("begin_correction", "send_tlv")),
    "cash_in": Commands("cash_in", ("read_counter",), commits=False, disk=True),
    "cash_out": Commands("cash_out", commits=False),
    "x_report": Commands("x_report", ("read_money",), commits=False),
    "print_text": Commands("print_string", ("feed", "cut"), commits=False, given_up=True, disk=True),
    "reprint": Commands("copy_last", commits=False, given_up=True),
    "set_clock": Commands("confirm_date", ("set_time", "set_date"), commits=False),
    "recover": Commands("continue_print", ("short_status",), commits=False),
}
#: Both framings meet every command of a sale and of its marking codes, and the main command of everything else.
_THOROUGH = "sell"


def keys() -> Iterator[Key]:
    """Every row there must be."""
    return (key for key in _struck() if key.fault != _REFUSED_TWICE or not COMMANDS[key.job].given_up)


def _struck() -> Iterator[Key]:
    for job, commands in COMMANDS.items():
        at_commit = _AT_COMMIT if commands.commits else ()
        for fault in (*(_CORE if commands.like else _EVERYWHERE), *at_commit):
            yield Key(job, "1", commands.main, fault)
        for fault in (*_EVERYWHERE, *at_commit) if job == _THOROUGH else _LINE:
            yield Key(job, "2", commands.main, fault)
        thorough = job == _THOROUGH or commands.every
        for command in commands.others:
            for fault in _EVERYWHERE if thorough else _CORE:
                yield Key(job, "1", command, fault)
            for fault in _LINE if thorough else ():
                yield Key(job, "2", command, fault)
        for death in (*_KILLED, *(_DISK if commands.disk else ())):
            for number in range(1, commands.commits_of_journal + 1):
                yield Key(job, "1", JOURNAL, f"{death}:commit={number}")


def expected() -> dict[Key, Seen]:
    """The rows of the data."""
    with PAGE_DATA.open(encoding="utf-8", newline="") as file:
        return {Key(*row[:4]): Seen.of_row(row[4:]) for row in list(csv.reader(file))[1:]}
