"""Probes of every family against every emulated register, whatever it is at: none is a command, nothing changes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from every_register import asked, closing_of, everywhere
from till import CASHIER, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError
from devices.links.pair import PairLink
from devices.links.trace import Direction
from devices.registers.factory import FAMILIES, Family
from devices.registers.identify import Look, identify
from devices.registers.timing import Timeouts
from emulator.faults import FaultKind
from protocols.atol.framing_v3 import LAST_ID, Packet, PacketReader, encode_v3
from protocols.atol.tasks import Action, Add, Req, TaskFlag, encode_action
from protocols.ffd.enums import FfdVersion
from protocols.shtrih.framing import encode_v1

#: What a register is asked when it is recognised (codes of commands): questions, and nothing else is ever carried out.
ITS_OWN = {"shtrih": {0xFC}, "pirit": {0x00}, "atol": {0xA5}, "atol-web": set()}


async def closed(one: Till) -> None:
    await one.driver.close_shift(CASHIER)


async def sold(one: Till) -> None:
    await one.driver.fiscalise(receipt(item()))


async def document_open(one: Till) -> None:
    """The line was cut before the command that closes a receipt."""
    await _sell_through(one, FaultKind.CUT_BEFORE)


async def answer_waits(one: Till) -> None:
    """The receipt is made, and its answer was taken by nobody."""
    await _sell_through(one, FaultKind.DROP_ANSWER)


async def no_paper(one: Till) -> None:
    one.device.set_paper(present=False)


async def switched_on(one: Till) -> None:
    """Nobody has spoken to it since."""
    await one.driver.close()
    one.emulated.power_fail(1.0)
    await asyncio.sleep(2.0)


async def _sell_through(one: Till, kind: FaultKind) -> None:
    one.fault(kind, await closing_of(one, receipt(item())))
    with suppress(LinkError):
        await one.driver.fiscalise(receipt(item()))


def everything(one: Till) -> list[Any]:
    """The storage row by row, what is in RAM, the tape."""
    storage = one.emulated.storage
    tables = storage.rows("select name from sqlite_master where type = 'table' order by name")
    core = one.device.register.core
    ram = {name: repr(getattr(core, name)) for kind in type(core).__mro__ for name in getattr(kind, "__slots__", ())}
    return [
        {table: storage.rows(f"select * from {table}") for (table,) in tables},
        {name: value for name, value in ram.items() if name != "clock"},
        one.device.paper_text(),
        {**one.device.state(), "clock": ""},
    ]


async def looks(one: Till, families: Mapping[str, Family]) -> list[Look]:
    link = PairLink(one.emulated.connect, web=one.link.web)
    return [look async for look in identify(link, families, Timeouts())]


def without(family: str) -> dict[str, Family]:
    return {name: row for name, row in FAMILIES.items() if name != family}


@pytest.mark.parametrize("situation", [closed, sold, document_open, answer_waits, no_paper, switched_on])
@everywhere(once=True, ffds=(FfdVersion.V1_2,))
async def test_no_probe_does_anything(one: Till, situation: Any) -> None:
    family = one.emulated.plan.family
    await situation(one)
    await one.driver.close()
    before, (commands, _) = everything(one), asked(one)
    assert [look.family for look in await looks(one, without(family))] == [None]
    assert commands == []
    assert everything(one) == before
    assert [look.family for look in await looks(one, FAMILIES)] == [family]
    assert set(commands) <= ITS_OWN[family]
    assert everything(one) == before
    one.device.set_paper(present=True)
    await one.driver.connect()
    await one.driver.recover()
    if situation is closed:
        await one.driver.open_shift(CASHIER)
    assert (await one.driver.fiscalise(receipt(item("После")))).differences == ()


@everywhere(once=True, ffds=(FfdVersion.V1_2,))
async def test_nothing_adds_up_to_a_command(one: Till) -> None:
    """All that is ever sent, in one piece: as a device finds it that was busy for so long."""
    family = one.emulated.plan.family
    await one.driver.close()
    before, (commands, _) = everything(one), asked(one)
    turns = [turn for look in await looks(one, without(family)) for turn in look.turns]
    turns += [turn for look in await looks(one, FAMILIES) for turn in look.turns]
    sent = b"".join(data for way, data in turns if way is Direction.SENT)
    assert b"\n" not in sent, "Пирит feeds paper for it"
    commands.clear()
    pipe = one.emulated.connect()
    for piece in (sent, sent * 20):
        await pipe.write(piece)
        await asyncio.sleep(30)
    pipe.close()
    assert set(commands) <= ITS_OWN[family]
    assert everything(one) == before


async def said(one: Till, data: bytes) -> bytes:
    """On a connection of its own, all that comes back."""
    pipe = one.emulated.connect()
    await pipe.write(data)
    heard = b""
    while more := await pipe.read(0.2):
        heard += more
    pipe.close()
    return heard


@virtual
async def test_an_answer_that_a_shtrih_m_keeps_is_left_to_whoever_asked() -> None:
    async with till() as one:
        await one.driver.close()
        kept = await said(one, encode_v1(b"\x10\x1e\0\0\0"))
        assert kept[:2] == b"\x06\x02"
        (look,) = await looks(one, FAMILIES)
        assert (look.family, look.framing) == ("shtrih", "версия 1")
        assert await said(one, b"\x05") == kept


async def packets(one: Till, action: Action) -> list[bytes]:
    """What packets bring that come back to this one."""
    events = PacketReader().feed(await said(one, encode_v3(1, encode_action(action))))
    return [event.data for event in events if isinstance(event, Packet)]


@virtual
async def test_a_task_of_another_program_stays_in_atols_buffer() -> None:
    async with till(family="atol") as one:
        await one.driver.close()
        _, result = await packets(one, Add(TaskFlag.NEED_RESULT, LAST_ID, b"\0\0\x3f"))  # the number asked about
        (look,) = await looks(one, FAMILIES)
        assert look.family == "atol"
        newest = {"atol": replace(FAMILIES["atol"], probes=lambda: FAMILIES["atol"].probes()[1:])}
        (look,) = await looks(one, newest)
        assert (look.family, look.framing) == ("atol", "протокол 3")
        (kept,) = await packets(one, Req(LAST_ID))
        assert kept[1:] == result[2:], "the same answer of 3Fh"


@virtual
async def test_protocol_2_is_left_at_rest() -> None:
    """Whoever comes next on the same line need not wait until the device has given up."""
    async with till(family="atol", options={"protocol": "2"}) as one:
        await one.driver.close()
        sent: list[bytes] = []
        for family in ({"shtrih": FAMILIES["shtrih"]}, {"atol": FAMILIES["atol"]}):
            for look in await looks(one, family):
                sent += [data for way, data in look.turns if way is Direction.SENT]
        assert sent.count(b"\x05") == 2, "ENQ is asked once for each"
        assert sent[1] == b"\x04"
        assert sent[-1] == b"\x06"
