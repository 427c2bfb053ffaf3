"""Scanners: what is known of them, their scans as they come, and each scan to one caller only."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from aiohttp import web
from pydantic import ValidationError

from gateway.api import answers, sse
from gateway.api.codes import code_object
from gateway.api.context import Context, Handler
from gateway.api.keys import job_key
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import Query, no_query
from gateway.api.server import attended
from gateway.receipts.faults import BodyFaults, from_pydantic
from gateway.receipts.schema import Model
from gateway.receipts.values import Key, whole
from gateway.scanners import Fault, Scan, ScannerSnapshot
from gateway.scanners.advice import advise, explain
from gateway.scanners.feed import CLAIMABLE, Feed
from protocols.ffd.faults import Fault as BodyFault


class ClaimBody(Model):
    """Which scan is wanted; the body may be left out.

    `id` (or the Idempotency-Key header) names this question: asked again, it is answered with the same scan. `max_age`
    is in seconds, 0 wants one that is still to come; `after` is the id of a scan.
    """

    id: Key | None = None
    max_age: Annotated[int, whole(0, 3600)] = CLAIMABLE
    after: Annotated[int, whole(0, 10**18)] = 0


def fault_object(fault: Fault | None) -> dict[str, str] | None:
    """Why something cannot be used."""
    return None if fault is None else {"code": fault.code, "detail": fault.detail, "hint": fault.hint}


def scan_object(scan: Scan, *, details: bool = False) -> dict[str, Any]:
    """A scan: either `code` or `fault` is null.

    `details` add the packets as the device sent them (hex), each in words, and advice on the scanner's set-up.
    """
    reading = scan.reading
    found: dict[str, Any] = {
        "id": scan.id,
        "scanner": scan.scanner,
        "at": scan.at.isoformat(timespec="milliseconds"),
        "symbology": reading.symbology,
        "raw_base64": base64.b64encode(reading.data).decode(),
        "code": None if scan.code is None else code_object(scan.code),
        "fault": fault_object(scan.fault),
        "notes": [fault_object(note) for note in scan.notes],
    }
    if details:
        found["kind"] = str(scan.kind)
        found["packets"] = [packet.hex() for packet in reading.packets]
        found["explained"] = list(explain(scan))
        found["advice"] = [fault_object(one) for one in advise(scan)]
    return found


def scanner_object(snapshot: ScannerSnapshot) -> dict[str, Any]:
    """A scanner as it is now; the counts are since the start."""
    counts = snapshot.counts
    return {
        "name": snapshot.name,
        "link": snapshot.link,
        "kind": None if snapshot.kind is None else str(snapshot.kind),
        "emulated": snapshot.emulated,
        "state": str(snapshot.state),
        "since": snapshot.since.isoformat(timespec="milliseconds"),
        "error": fault_object(snapshot.error),
        "last": None if snapshot.last is None else scan_object(snapshot.last),
        "scans": counts.scans,
        "faults": counts.faults,
        "repeats": counts.repeats,
        "claimed": counts.claimed,
        "connections": counts.connections,
    }


def encode(scan: Scan) -> bytes:
    """One scan on the wire."""
    return sse.frame("scan", scan_object(scan), scan.id)


def encode_whole(scan: Scan) -> bytes:
    """The same with its details, which are 20 kB of a keyboard's scan."""
    return sse.frame("scan", scan_object(scan, details=True), scan.id)


async def list_scanners(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Every scanner, as configured."""
    no_query(request)
    return answers.json_answer({"scanners": [scanner_object(one) for one in context.scanners.snapshots]})


def stream() -> Handler:
    """The handler of the live scans, whose readers share what was encoded."""
    plain, whole = sse.Readers(encode), sse.Readers(encode_whole)

    async def handle(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
        with Query(request, "last_event_id", "details") as asked:
            readers = whole if asked.flag("details") else plain
            after = sse.last_seen(request, asked)
        feed = _feed(context, name)
        missed = after is not None and _missed(after, feed, await feed.newest())
        if after is not None and after > await feed.newest():
            after = 0  # an id of another life: whatever is here is news
        notice = sse.frame("missed", {"scanner": name, "forgotten": feed.forgotten}) if missed else b""
        return await sse.stream(context, request, readers, feed, after, notice=notice)

    return handle


async def claim(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
    """The oldest scan that nobody was given yet; `?wait=` holds the answer until one comes."""
    raw = await read_json(request, optional=True)
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    feed = _feed(context, name)
    key, wanted = _wanted(request, raw)
    found = await attended(
        request,
        feed.claim(key=key or None, after=wanted.after, max_age=wanted.max_age, seconds=seconds),
    )
    return answers.json_answer({"scan": None if found is None else scan_object(found)})


def _feed(context: Context, name: str) -> Feed:
    feed = context.scanners.feed(name)
    if feed is None:
        known = ", ".join(context.scanners.feeds) or "none"
        raise Problem("scanner_not_found", f"no scanner {name!r}; there are: {known}")
    return feed


def _missed(after: int, feed: Feed, newest: int) -> bool:
    """Whether scans that this reader has not seen are not kept any more."""
    return 0 < after < feed.forgotten or after > newest


def _wanted(request: web.BaseRequest, raw: Any) -> tuple[str, ClaimBody]:
    faults: list[BodyFault] = []
    key = job_key(request, raw if isinstance(raw, dict) else {}, faults, required=False)
    try:
        body = ClaimBody.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults([*faults, *from_pydantic(error)]) from error
    if faults:
        raise BodyFaults(faults)
    return key, body
