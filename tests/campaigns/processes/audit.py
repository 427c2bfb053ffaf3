"""Afterwards: the drive's archive, the OFD's store and the journal, document by document, content by content."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from spoilt import excused

from processes import goods
from processes.caller import Posted
from processes.house import CORRECTIONS, RECEIPTS, House

#: Seconds in which everything that waits in the drive must have reached the OFD.
DELIVERY = 60.0
_SHIFT_DOCUMENTS = {"open-shift": 2, "close-shift": 5}
#: Answers that an action may rightly get instead of being done.
REFUSED_RIGHTLY = {"shift_already_open", "shift_already_closed", "shift_expired", "not_enough_cash"}


@dataclass
class Findings:
    """Everything that must stay empty; texts name the key and what was found."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    spoilt: list[str] = field(default_factory=list)  # on the wire, and told by the job: no fault, counted apart
    cash: int = 0  # kopecks that spoilt receipts brought otherwise than was posted

    def all(self) -> list[str]:
        kinds = (("lost", self.lost), ("doubled", self.doubled), ("silent", self.silent), ("wrong", self.wrong))
        return [f"{kind}: {text}" for kind, texts in kinds for text in texts]


async def audit(house: House) -> Findings:
    """Good weather first, then the three stores compared."""
    await house.good_weather()
    findings = Findings()
    documents = await house.station.documents()
    await _delivered(house, documents, findings)
    by_number = {document["number"]: document for document in documents}
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in documents:
        if document["code"] in {goods.RECEIPT, goods.CORRECTION}:
            by_key[goods.key_of(document) or f"document {document['number']}"].append(document)
    for key in by_key.keys() - house.posted.keys():
        findings.doubled.append(f"{key}: nobody posted what document {by_key[key][0]['number']} says")
    journal = await _journal(house)
    for posted in house.posted.values():
        job = journal.get(posted.key)
        if job is None:
            findings.lost.append(f"{posted.key}: the journal does not know it")
        elif posted.path in {RECEIPTS, CORRECTIONS}:
            _receipt(house, posted, job, by_key.get(posted.key, []), findings)
        else:
            _action(posted, job, by_number, findings)
    await _drawer(house, journal, findings)
    return findings


def _receipt(house: House, posted: Posted, job: dict[str, Any], made: list[dict[str, Any]], findings: Findings) -> None:
    if job["state"] != posted.job.get("state") or job["fiscal"] != posted.job.get("fiscal"):
        findings.wrong.append(f"{posted.key}: the caller heard {posted.job}, the journal says {job}")
    if len(made) > 1:
        findings.doubled.append(f"{posted.key}: documents {[one['number'] for one in made]}")
    if job["state"] != "done":
        # Everything that is posted here can be done: a job that says otherwise lost its receipt, or hides it.
        findings.silent.append(f"{posted.key}: {job['state']} {job['error']}, documents {[m['number'] for m in made]}")
        return
    if not made:
        findings.lost.append(f"{posted.key}: done as {job['fiscal']}, no such document")
        return
    document = made[0]
    tags = {tag["tag"]: tag.get("value") for tag in document["tags"]}
    others = goods.differences(posted.body, document, house.plan.ffd)
    told = [one["detail"] for one in job["warnings"] if one["code"] == "read_back_differs"]
    if others and len(made) == 1 and excused(told, goods.tags_of(others), _hurt(house, posted)):
        findings.spoilt.append(f"{posted.key}: {'; '.join(told)}")
        findings.cash += tags.get(1031, 0) - goods.cash(posted.body)
    else:
        findings.wrong += [f"{posted.key}: {text}" for text in others]
    sign = int.from_bytes(bytes.fromhex(tags[1077])[2:], "big")
    said = job["fiscal"]
    if (said["document"], said["sign"], said["fn"]) != (document["number"], sign, document["fn"]):
        findings.wrong.append(f"{posted.key}: told {said}, the drive has document {document['number']} sign {sign}")


def _hurt(house: House, posted: Posted) -> list[frozenset[int]]:
    """What the line changed of commands while this receipt was being made."""
    return [tags for moment, tags in house.hurt if posted.since <= moment <= posted.at]


def _action(posted: Posted, job: dict[str, Any], by_number: dict[int, dict[str, Any]], findings: Findings) -> None:
    action = posted.path.rpartition("/")[2]
    if job["state"] == "failed":
        if job["error"]["code"] not in REFUSED_RIGHTLY:
            findings.silent.append(f"{posted.key}: {action} failed with {job['error']}")
    elif job["state"] != "done":
        findings.silent.append(f"{posted.key}: {action} is {job['state']} {job['warnings']}")
    elif action in _SHIFT_DOCUMENTS and job["fiscal"] is not None:
        document = by_number.get(job["fiscal"]["document"])
        if document is None or document["code"] != _SHIFT_DOCUMENTS[action]:
            findings.wrong.append(f"{posted.key}: {action} told {job['fiscal']}, the drive has {document}")


async def _journal(house: House) -> dict[str, dict[str, Any]]:
    """Every job as the gateways tell it now."""
    found: dict[str, dict[str, Any]] = {}

    async def look(posted: Posted) -> None:
        job = await house.caller.get(posted.keeper, f"{RECEIPTS}/{posted.key}")
        if job is not None:
            found[posted.key] = job

    keys: Iterable[Posted] = house.posted.values()
    for chunk in _chunks(list(keys), 16):
        await asyncio.gather(*map(look, chunk))
    return found


def _chunks(items: list[Posted], size: int) -> Iterable[list[Posted]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def _delivered(house: House, documents: list[dict[str, Any]], findings: Findings) -> None:
    """Everything the drive holds reaches the OFD, once and byte by byte the same."""
    deadline = asyncio.get_running_loop().time() + DELIVERY
    unsent = -1
    while (left := (await house.station.state())["unsent"]) and asyncio.get_running_loop().time() < deadline:
        if left == unsent:
            # Switched off and on, an uplink does not wait for the end of its pause after failures.
            await house.station.ask("POST", "/power", {"seconds": 0})
        unsent = left
        await asyncio.sleep(0.3)
    received: dict[int, list[str]] = defaultdict(list)
    drives = {document["fn"] for document in documents}
    for one in await house.ofd.documents():
        if one["fn"] in drives:
            received[one["number"]].append(one["tlv"])
    for document in documents:
        came = received.pop(document["number"], [])
        if came != [document["tlv"]]:
            what = "never came" if not came else "came otherwise" if len(came) == 1 else "came twice"
            findings.wrong.append(f"document {document['number']} {what} at the OFD")
    findings.wrong += [f"the OFD has document {number} that the drive has not" for number in received]


async def _drawer(house: House, journal: dict[str, dict[str, Any]], findings: Findings) -> None:
    """Cash in and out leave no document: the drawer tells whether each was done once."""
    wanted = findings.cash
    for posted in house.posted.values():
        if journal.get(posted.key, {}).get("state") != "done":
            continue
        if posted.path == RECEIPTS:
            wanted += goods.cash(posted.body)
        elif posted.path.endswith("cash-in"):
            wanted += goods.kopecks(posted.body["sum"])
        elif posted.path.endswith("cash-out"):
            wanted -= goods.kopecks(posted.body["sum"])
    state = await house.station.state()
    marking = state["marking"]
    if marking["step"] != "none" or marking["accepted"]:
        findings.wrong.append(f"a marking code is half accepted in the drive: {marking}")
    if state["cash"] != wanted:
        findings.wrong.append(f"the drawer holds {state['cash']} kopecks instead of {wanted}")
