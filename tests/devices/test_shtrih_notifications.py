"""What waits to be told to the marking system, and taking it out of an autonomous register by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from shtrih_kit import ADMIN, Bench
from till import MOSCOW, item, receipt, till
from virtual_loop import virtual

from devices.errors import DeviceError, LinkError, ProtocolError, RequestError
from devices.registers.base import Notification
from devices.registers.shtrih.errors import device_error
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.notifications import read_marking, unload
from emulator.fiscal_drive import default_registration
from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.ffd.enums import FfdVersion, PaymentObject
from protocols.ffd.receipt import Marking
from protocols.fn import container
from protocols.shtrih.commands import DeviceRefusal
from protocols.shtrih.commands.marking import BindCode, CheckCode, ConfirmUnload, DecideCode, UnloadBlock


def unit(number: int) -> bytes:
    return f"010460000000001521{number:06d}\x1d93dGVz".encode()


class Autonomous:
    """The exchange and the register behind it; `spoil` may change or lose an answer."""

    password = ADMIN

    def __init__(self, sold: int) -> None:
        self.bench = Bench(registration=replace(default_registration(FfdVersion.V1_2), offline=True))
        self.spoil: Callable[[Any, Any], Any] = lambda request, reply: reply
        for number in range(sold):
            self.bench.call(CheckCode(ADMIN, 1, 0, (unit(number), b"")))
            self.bench.call(DecideCode(ADMIN, 1))
            self.bench.sell(15000, object=33)
            self.bench.call(BindCode(ADMIN, unit(number), None))
            self.bench.close(0, electronic=15000)

    async def ask(self, request: Any) -> Any:
        try:
            return self.spoil(request, self.bench.call(request))
        except DeviceRefusal as refusal:
            raise device_error(refusal) from refusal

    async def try_ask(self, request: Any) -> Any:
        try:
            return await self.ask(request)
        except DeviceError:
            return None

    def take(self) -> dict[int, bytes]:
        """All that waits, by number; what is interrupted raises."""
        kept: dict[int, bytes] = {}

        async def keep(one: Notification) -> None:
            kept[one.number] = one.message

        self.count = asyncio.run(unload(cast(Exchange, self), keep))
        return kept

    @property
    def waiting(self) -> int:
        return asyncio.run(read_marking(cast(Exchange, self), MOSCOW)).unsent


def test_every_notification_is_taken_out_once() -> None:
    register = Autonomous(sold=3)
    state = asyncio.run(read_marking(cast(Exchange, register), MOSCOW))
    assert (state.autonomous, state.unsent, state.blocked, state.undecided) == (True, 3, False, False)
    kept = register.take()
    assert list(kept) == [1, 2, 3]
    assert [container.parse(message).code for message in kept.values()] == [82, 82, 82]
    assert (register.count, register.waiting) == (3, 0)
    assert (register.take(), register.count) == ({}, 0)


def test_what_was_not_stored_is_not_forgotten() -> None:
    register = Autonomous(sold=2)

    async def full(one: Notification) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        asyncio.run(unload(cast(Exchange, register), full))
    assert register.waiting == 2
    assert list(register.take()) == [1, 2]


@pytest.mark.parametrize("lost", [UnloadBlock, ConfirmUnload])
def test_a_lost_answer_loses_nothing(lost: type) -> None:
    register = Autonomous(sold=2)

    def cut(request: Any, reply: Any) -> Any:
        if isinstance(request, lost):
            raise LinkError("cut")
        return reply

    register.spoil = cut
    with pytest.raises(LinkError):
        register.take()
    register.spoil = lambda request, reply: reply
    # an answered confirmation counts even when nobody heard it: that one was stored before
    assert list(register.take()) == ([2] if lost is ConfirmUnload else [1, 2])


def test_blocks_out_of_order_are_not_put_together() -> None:
    register = Autonomous(sold=1)

    def skips(request: Any, reply: Any) -> Any:
        return register.bench.call(request) if isinstance(request, UnloadBlock) else reply

    register.spoil = skips
    with pytest.raises(ProtocolError) as disordered:
        register.take()
    assert disordered.value.code == "notifications_disordered"
    assert register.waiting == 1


def test_what_was_garbled_on_the_way_is_not_forgotten() -> None:
    register = Autonomous(sold=1)

    def garbled(request: Any, reply: Any) -> Any:
        if isinstance(request, UnloadBlock) and reply.offset == 0:
            return type(reply)(reply.number, reply.size, 0, reply.rest[:-1] + bytes([reply.rest[-1] ^ 1]))
        return reply

    register.spoil = garbled
    with pytest.raises(ProtocolError) as disordered:
        register.take()
    assert "checksum" in disordered.value.detail
    assert register.waiting == 1


def test_a_register_that_forgets_nothing_does_not_go_on_for_ever() -> None:
    register = Autonomous(sold=1)
    begun: list[Any] = []

    def again(request: Any, reply: Any) -> Any:
        if type(request).__name__ == "BeginUnload":
            begun.append(reply)
            return begun[0]
        return reply

    register.spoil = again
    with pytest.raises(ProtocolError):
        register.take()


@virtual
async def test_a_register_with_a_network_sends_them_itself() -> None:
    shoes = item("Ботинки", payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=Marking(code=unit(1)))
    async with till(oism=True) as one:
        one.shop.oism.behaviour = Misbehaviour(Behaviour.REFUSE)
        await one.driver.fiscalise(receipt(shoes))
        state = await one.driver.marking_state()
        assert state is not None
        assert (state.autonomous, state.unsent, state.first_unsent, state.accepted) == (False, 1, 1, 0)
        assert state.first_unsent_at is not None
        one.shop.oism.behaviour = Misbehaviour(Behaviour.ANSWER)
        await asyncio.sleep(120)
        state = await one.driver.marking_state()
        assert state is not None
        assert (state.unsent, state.first_unsent, state.first_unsent_at) == (0, None, None)

        async def keep(one: Notification) -> None:
            raise AssertionError(one)

        with pytest.raises(RequestError) as refused:
            await one.driver.unload_notifications(keep)
        assert refused.value.code == "notifications_not_kept"
    async with till(ffd=FfdVersion.V1_05) as one:
        assert await one.driver.marking_state() is None
