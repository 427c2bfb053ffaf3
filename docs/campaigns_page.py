"""The page of what the two campaigns came to, from docs/campaigns.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devices.registers.factory import FAMILIES

FIGURES = Path(__file__).with_name("campaigns.json")

_PAGE = """# The campaigns

Generated from `docs/campaigns.json`, which every run adds to (`make docs` afterwards). Both run in a short form with
the suite. Afterwards the drive's archive, the OFD's store and the journal are compared document by document and content
by content: **lost** (accepted and gone, or done without a document), **doubled** (a document that no job or two jobs
answer for), **silent** (a job that neither ends nor says why), **wrong** (the journal's data or the content are not the
drive's), **permit** (a unit sold that permit mode refused or was not asked about, or a requisite of another sale),
**chain** (an order's event answered and not in its log once, a document out of its order, money on which log, drives
and accepted events do not agree).

One thing is counted apart and printed each time, neither hidden nor a fault: **spoilt on the wire, told**. Protocol v1
sums a frame up in one byte, so one spoilt frame in 256 passes. The document must exist once, every value in which it
differs must have been stated by one command that the line hurt on its way to the register while this very receipt was
being made, and the job must name every one of them (`read_back_differs`). Anything else is **wrong**.

## Simulation: whole shops in virtual time

Gateways, drivers, emulated registers, drives, the OFD, the marking system, in four worlds of ten the services of permit
mode, in three a program that leads orders through payments, edits, deliveries and returns, and hostile callers in one
process on in-process links, by one seeded scheduler: the order of ready tasks, the latencies, every misfortune and
every body come from the seed, so a failing one happens again exactly (`python -m simulation SEED --story` tells it
event by event). Machines stand still, so that timers and bytes come all at once, and
lines are slow for a while. `make simulate SEEDS=next:1000` goes on where the last run ended.

{simulation}

Whatever these seeds found, in the product or in the judge, is mended and stands in the last table. All of them were
lived again and found nothing.

## Real processes

`fiscal-gateway serve`, `fiscal-emulator` and its OFD as processes over TCP through a chaos proxy and over
pseudo-terminals that are pulled, with their files on a real disk; killed, stopped, starved of disk. `make campaign
RECEIPTS=1000`. A faulted receipt is counted once for the fault that struck it, whatever else did.

{processes}

### Seen from outside

`python -m processes --judge 1000`: so many receipts posted by a client that repeats with the same key, through a proxy
that cuts, delays, garbles and swallows, while either side is killed at random; afterwards exactly that many documents,
each as posted.

{judge}

## By family

The tables above are those of Shtrih-M, for which the campaigns were written. Worlds and shops of the other families are
drawn the same way (`--family atol`); the judge is the same. What their lines suffer is a row each
(`tests/helpers/campaign_families.py`): a connection of HTTP is cut, silent or slow, but brings no bytes of another one.

{families}

Simulated on all families together: **{together}** faulted receipts.

## What went wrong on the way

{bugs}
"""

#: `campaign_sums.section`: Shtrih-M's has no name behind it.
_SECTIONS = ("", *(f" {name}" for name in FAMILIES))

#: Found by the campaigns, mended, and kept from coming back by the test named.
_BUGS = (
    (
        "ACK and next frame both lost, next command of the same code: the answer to the command before was believed",
        "`tests/devices/test_shtrih_line_same_code.py`",
    ),
    (
        "a frame that lacked two equal bytes was completed by two enquiries and passed its checksum (emulator)",
        "`tests/emulator/shtrih`",
    ),
    (
        "a request was corrupted past the one-byte checksum and refused: a refusal is believed when it comes twice",
        "`tests/gateway/test_jobs_proof.py`",
    ),
    (
        "two gateways on one slow register cut each other off for ever: both dialled again at once",
        "simulation, seed 37",
    ),
    (
        "a job cancelled while its commit was under way was tried again and again until the commit was through",
        "simulation, seed 95",
    ),
    (
        "a journal whose log was deleted passed as a new one, and a receipt was doubled",
        "`tests/e2e/test_journal_cli.py`",
    ),
    (
        "a held job kept its first reason for good, though it waited for something else by then",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "a queue full of receipts that waited for the cashier to open the shift refused the cashier",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "a verdict about a document of a replaced drive was looked up in the new one",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "nothing cancelled a document while the register waited for its date: nobody was told to set the clock",
        "`tests/devices/test_shtrih_services.py`",
    ),
    ("a register that lost its clock in the middle of a document could not be reached", "`docs/fault-matrix.csv`"),
    (
        "a wall clock set back kept a lent port away for the hour it was set back",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "a drive's refusal was read as a register that counts no cash: cash in went to a person",
        "`tests/devices/test_shtrih_settle_foreign.py`",
    ),
    (
        "a spoilt answer about a rate made good receipts fail until the next start: settings are heard twice",
        "real processes, seed 3019; `tests/devices/test_shtrih_services.py`",
    ),
    (
        "a lost clock could not be set while the archive had still to be read",
        "`tests/gateway/test_journal_recovery.py`",
    ),
    (
        "another gateway's document of that number on the new drive was taken for the one a person meant",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "two bytes lost from FF45 passed its checksum: other payments were sold, told by the job; now counted apart",
        "real processes, seed 3010; `tests/gateway/test_campaign_spoilt.py`",
    ),
    (
        "a cable pulled while its port was opened: an exception nobody caught, and the register stood still for good",
        "real processes, seed 3058; `tests/devices/test_links_threaded.py`",
    ),
    (
        "a register that answered each enquiry after it was given up (a starved machine) was never connected",
        "looked for behind seed 3058; `tests/devices/test_shtrih_slow_line.py`",
    ),
    (
        "a job that was stopped waited for its word about the marking server to be written, on a disk that was gone",
        "`tests/devices/test_shtrih_oism_wait.py`",
    ),
    (
        '"do not print" cannot be taken back while the date waits to be confirmed: the register was never reached',
        "`tests/devices/test_shtrih_services.py`",
    ),
    (
        "a diagnosis overtook a receipt that had not said why it waits, for minutes on a slow line",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "a reason given once was not given again when the job waited for it a second time",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "shift commands that waited for a person's verdict filled a short queue for good",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "a unit was sold again on the word of an ОИСМ that had thrown the notification of the first sale away",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "two corrections of one unit were taken for a unit that left twice (the judge)",
        "`tests/gateway/test_simulation_units.py`",
    ),
    (
        "an order whose document only a person vouched for, its drive being gone, stood for ever and said nothing",
        "`tests/gateway/orders/test_order_service_queue.py`",
    ),
    (
        "a unit scanned for one line of an order was taken for another line of it too",
        "simulation, seed 631464; `tests/gateway/orders/test_order_picking.py`",
    ),
    (
        "ATOL: a drive that was busy while a document was read was taken for the document's end (`--family atol`, 25)",
        "`tests/devices/test_atol_made.py`",
    ),
    (
        "protocols summed up in one byte: what settling misheard once proved that there was no document",
        "`tests/devices/test_wire_misheard.py`",
    ),
    (
        "Пирит: a bookmark heard once: digits changed places under a fitting sum, and the job waited for another drive",
        "`tests/devices/test_drive_number_misheard.py`",
    ),
    (
        "zeros lost before ATOL's name, two separators of Пирит: the answer lost too, the document was another's",
        "`tests/devices/test_wire_misheard.py`, `tests/devices/test_verdicts.py`",
    ),
    (
        "retry of a job under way took its bookmark; with its answer lost too, it was made again (any family)",
        "`tests/gateway/test_simulation_finds.py`",
    ),
    (
        "the marking system's word freed a sold unit while the notification of that sale still waited in the drive",
        "`tests/gateway/test_jobs_units.py`",
    ),
)


def page() -> str:
    """docs/campaigns.md."""
    known = json.loads(FIGURES.read_text(encoding="utf-8"))
    processes = known.get("processes", {})
    return _PAGE.format(
        simulation=_simulation(known.get("simulation", {})),
        processes=_processes(processes),
        judge=_judge(processes.get("judge", [])),
        families=_families(known),
        together=_grouped(sum(known.get(f"simulation{name}", {}).get("faulted", 0) for name in _SECTIONS)),
        bugs=_table(("what", "kept from coming back by"), _BUGS),
    )


def _simulation(sums: Mapping[str, Any]) -> str:
    if not sums:
        return "Not run yet."
    rows = [
        ("receipts and corrections with a last word", _grouped(sums["receipts"])),
        (
            "of them faulted: their register or gateway was struck between posting and last word",
            _grouped(sums["faulted"]),
        ),
        ("of these struck while in hand themselves", _grouped(sums["in_hand"])),
        ("orders led by a program in three worlds of ten", _chains(sums.get("chains", {}))),
        ("time lived in the shops", f"{sums['lived'] / (365.25 * 86400):.1f} years"),
        ("processor time", f"{sums['processor'] / 3600:.1f} hours"),
        ("seeds", ", ".join(f"{first}–{last}" for first, last in sums["seeds"])),
        ("left to a person, truly unprovable there", _grouped(sum(sums["parked"].values()))),
        ("spoilt on the wire past a one-byte checksum, told by the job", _grouped(len(sums.get("spoilt", ())))),
        ("seeds that found something", _failed(sums["failed"])),
    ]
    return f"{_table(('what', 'so far'), rows)}\n\nStruck: {_kinds(sums['kinds'])}."


def _families(known: Mapping[str, Any]) -> str:
    """Both campaigns of every other family; `campaign_sums.section` names the sections."""
    rows = []
    for name, row in FAMILIES.items():
        for campaign in ("simulation", "processes"):
            sums = known.get(f"{campaign} {name}", {})
            if "seeds" in sums:
                rows.append(
                    (
                        row.title,
                        campaign,
                        _grouped(sums["receipts"]),
                        _grouped(sums["faulted"]),
                        _grouped(sums.get("chains", {}).get("documents", 0)),
                        _grouped(sum(sums.get("parked", {}).values())),
                        _grouped(len(sums.get("spoilt", ()))),
                        _failed(sums["failed"]),
                    )
                )
    head = (
        "family",
        "campaign",
        "receipts",
        "faulted",
        "orders' documents",
        "left to a person",
        "spoilt, told",
        "found",
    )
    return _table(head, rows)


def _chains(chains: Mapping[str, int]) -> str:
    if not chains:
        return "none yet"
    count = {name: _grouped(chains.get(name, 0)) for name in ("orders", "events", "refused", "documents", "given up")}
    return (
        f"{count['orders']}: {count['events']} events accepted, {count['refused']} refused; {count['documents']} "
        f"documents made, {count['given up']} given up"
    )


def _processes(sums: Mapping[str, Any]) -> str:
    if "lives" not in sums:
        return "Not run yet."
    rows = [
        ("receipts", _grouped(sums["receipts"])),
        ("of them faulted", _grouped(sums["faulted"])),
        ("shops", _grouped(sums["lives"])),
        ("hours of shops, several at a time", f"{sums['seconds'] / 3600:.1f}"),
        ("seeds", ", ".join(f"{first}–{last}" for first, last in sums["seeds"])),
        ("spoilt on the wire past a one-byte checksum, told by the job", _grouped(len(sums.get("spoilt", ())))),
        ("shops that found something", _failed(sums["failed"])),
    ]
    return f"{_table(('what', 'so far'), rows)}\n\nStruck: {_kinds(sums['kinds'])}."


def _judge(runs: list[dict[str, Any]]) -> str:
    if not runs:
        return "Not run yet."
    rows = [
        (
            FAMILIES[run.get("family", "shtrih")].title,
            str(run["seed"]),
            _grouped(run["receipts"]),
            _grouped(run["faulted"]),
            str(sum(count for kind, count in run["kinds"].items() if kind.endswith("killed"))),
            f"{run['seconds'] / 60:.0f}",
            "; ".join(run["found"]) or "nothing",
        )
        for run in runs
    ]
    return _table(("family", "seed", "receipts", "faulted", "kills", "minutes", "found"), rows)


def _failed(failed: list[dict[str, Any]]) -> str:
    if not failed:
        return "none"
    return "; ".join(
        f"{one['seed']} ({', '.join(sorted({found.split(':')[0] for found in one['found']}))})" for one in failed
    )


def _kinds(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {_grouped(count)}" for kind, count in kinds.items())


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
