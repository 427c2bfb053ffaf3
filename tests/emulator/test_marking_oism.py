"""The emulated ОИСМ over its session: answers, receipts, and everything that can go wrong with either."""

from __future__ import annotations

import asyncio

import pytest
from marking_kit import KI, SHORT, a_shop, gs1
from shtrih_kit import ADMIN
from virtual_loop import virtual

from emulator.marking.book import Status
from emulator.marking.line import OismLine
from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.ffd.tlv import decode, find
from protocols.ofd import session
from protocols.shtrih.commands import marking as m

SILENT, FINE = b"\xff\x00", b"\x00"
#: What FF61 says online when the ОИСМ behaves so, and what 2106 is then accepted.
ONLINE = {
    Behaviour.SILENT: (SILENT, 0),
    Behaviour.REFUSE: (SILENT, 0),
    Behaviour.CUT: (SILENT, 0),
    Behaviour.EMPTY: (SILENT, 0),
    Behaviour.GARBAGE: (SILENT, 0),
    Behaviour.WRONG_SIGN: (b"\x20\x01", 0),
    Behaviour.WRONG_FORMAT: (b"\x20\x02", 0),
    Behaviour.WRONG_NUMBER: (b"\x20\x03", 0),
    Behaviour.WRONG_DRIVE: (b"\x20\x04", 0),
    Behaviour.WRONG_CRC: (b"\x20\x05", 0),
    Behaviour.MALFORMED: (b"\x00\x00", 0),
    Behaviour.UNRECOGNISED: (b"\x00\x00", 0),
    Behaviour.SLOW: (b"\x00\x0f", 15),
    Behaviour.ANSWER: (b"\x00\x0f", 15),
}


@pytest.mark.parametrize("behaviour", Behaviour)
@virtual
async def test_what_the_register_makes_of_it(behaviour: Behaviour):
    async with a_shop() as host:
        assert host.shop.oism is not None
        host.shop.oism.misbehave(Misbehaviour(behaviour))
        checked = await host.check(SHORT)
        online, flags = ONLINE[behaviour]
        assert checked.online[: len(online)] == online
        assert await host.accept() == flags
        # the next one finds the ОИСМ well again
        assert (await host.check(gs1("NEXT"))).flags == 15


@pytest.mark.parametrize(("seconds", "flags"), [(14.0, 15), (16.0, None)])
@virtual
async def test_a_slow_answer_counts_while_the_register_waits(seconds: float, flags: int | None):
    async with a_shop() as host:
        assert host.shop.oism is not None
        host.shop.oism.misbehave(Misbehaviour(Behaviour.SLOW, seconds))
        assert (await host.check(SHORT)).flags == flags


@pytest.mark.parametrize(
    ("behaviour", "outcome"), [(Behaviour.MALFORMED, 1), (Behaviour.UNRECOGNISED, 2), (Behaviour.ANSWER, 0)]
)
@virtual
async def test_the_answer_document_is_handed_on(behaviour: Behaviour, outcome: int):
    async with a_shop() as host:
        assert host.shop.oism is not None
        host.shop.oism.misbehave(Misbehaviour(behaviour))
        tags = decode((await host.check(SHORT)).server_tlv)
        found = {tag: element.value for tag in (2001, 2005, 2101, 2105, 2109) if (element := find(tags, tag))}
        full = {2001: 1, 2005: 15, 2101: KI.decode(), 2105: 0, 2109: 1}
        assert found == (full if outcome == 0 else {2001: 1, 2105: outcome})


@pytest.mark.parametrize(
    "behaviour", [one for one in Behaviour if one not in {Behaviour.ANSWER, Behaviour.UNRECOGNISED}]
)
@virtual
async def test_a_notification_is_brought_again_until_its_receipt_is_there(behaviour: Behaviour):
    async with a_shop() as host:
        oism = host.shop.oism
        assert oism is not None
        await host.check(SHORT)
        await host.accept()
        oism.misbehave(Misbehaviour(behaviour, 20.0), 2)
        await host.sell_checked(SHORT)
        state = await host.call(m.NotificationState(ADMIN))
        assert (state.state, state.queued, state.current) == (2, 1, 1) or behaviour is Behaviour.MALFORMED
        await host.until(lambda: not host.drive.marking.unsent)
        kept = host.drive.marking.all_notifications()
        assert [each.delivered for each in kept] == [True]
        assert [number for _, number, _ in oism.notifications()] == ([] if behaviour is Behaviour.MALFORMED else [1])
        learnt = Status.IN_CIRCULATION if behaviour is Behaviour.MALFORMED else Status.SOLD
        assert oism.book.facts(KI.decode()).status is learnt


@virtual
async def test_a_notification_that_comes_twice_is_learnt_once():
    async with a_shop() as host:
        oism = host.shop.oism
        assert oism is not None
        await host.check(SHORT)
        await host.accept()
        oism.misbehave(Misbehaviour(Behaviour.SILENT))
        await host.sell_checked(SHORT)
        await host.until(lambda: bool(oism.notifications()))
        oism.book.returned(KI.decode())  # between the two of them
        await host.until(lambda: not host.drive.marking.unsent)
        assert oism.book.facts(KI.decode()).status is Status.RETURNED


@virtual
async def test_one_exchange_at_a_time_and_the_sale_before_the_question():
    async with a_shop() as host:
        oism, heard = host.shop.oism, []
        assert oism is not None
        taken, loop = oism.receive, asyncio.get_running_loop()

        def listening(message: session.Message, *more: object) -> bytes:
            heard.append((message.body[5], loop.time()))
            return taken(message, *more)  # type: ignore[arg-type]

        oism.receive = listening  # type: ignore[method-assign]
        await host.check(SHORT)
        await host.accept()
        oism.misbehave(Misbehaviour(Behaviour.SLOW, 3.0))
        await host.sell_checked(SHORT)
        assert await host.ask(SHORT) == 7
        (first, _), (sale, told), (question, asked) = heard
        assert (first, sale, question) == (81, 82, 81)
        assert asked - told >= 3


@virtual
async def test_garbage_never_stops_it():
    async with a_shop() as host:
        for data in (
            b"\x00" * 500,
            session.build(host.drive.number, b"", session.MARKING_P_VERSION, marking=True),
            b"GET / HTTP/1.1",
        ):
            line = OismLine(host.shop._dial_own_oism)
            channel = await line._dial()
            await channel.write(data)
            channel.close()
        notice = host.drive.container(1)
        for data in (
            session.build(host.drive.number, notice, b"\x01\x20"),  # a session for an OFD
            session.build(
                host.drive.number, notice, session.MARKING_P_VERSION, marking=True
            ),  # no document for the ОИСМ
        ):
            channel = await host.shop._dial_own_oism()
            await channel.write(data)
            (answer,) = session.Parser().feed(await channel.read())
            assert isinstance(answer, session.Message)
            assert (answer.body, answer.header.signature) == (b"", bytes.fromhex("dd80caa1"))
        assert await host.ask(SHORT) == 15


@virtual
async def test_the_session_is_that_of_the_marking_system():
    """Signature DD 80 CA A1, versions 82 A2 and 00 01 (two sources), flags 14 00, no checksum; then a container."""
    async with a_shop() as host:
        sent: list[bytes] = []
        oism = host.shop.oism
        assert oism is not None
        taken = oism.receive

        def listening(message: session.Message, *more: object) -> bytes:
            sent.append(session.build_header(message.header) + message.body)
            return taken(message, *more)  # type: ignore[arg-type]

        oism.receive = listening  # type: ignore[method-assign]
        await host.check(SHORT)
        assert sent[0][:8] == bytes.fromhex("dd80caa182a20001")
        assert sent[0][8:24] == host.drive.number.encode()
        assert sent[0][26:30] == bytes.fromhex("14000000")
        assert (sent[0][34], sent[0][35]) == (0xA5, 81)
