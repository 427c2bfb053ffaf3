"""How fast a driver notices that its register is gone, and that a busy one is left alone (virtual seconds)."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from severed_line import Break, SeveredPipe, Way
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError
from devices.links.pair import PairLink
from devices.registers.factory import create
from devices.registers.settle import Absent, Exists, settle
from devices.registers.timing import Timeouts
from emulator.faults import FaultKind

SALE = receipt(item("Чай", 1_000))
TIMEOUTS = Timeouts()


def now() -> float:
    return asyncio.get_running_loop().time()


class Path:
    """The way to the register, which `plan` breaks once."""

    def __init__(self, one: Till, *, reliable: bool = True, protocol: str = "1") -> None:
        self.plan: Break | None = None
        self.dials = 0
        self._one = one
        link = PairLink(self._dial)
        link.reliable = reliable
        one.driver = create("shtrih", link, zone=MOSCOW, options={"protocol": protocol})

    def _dial(self) -> Any:
        self.dials += 1
        return SeveredPipe(self._one.emulated.connect(), lambda: self.plan)


async def lost_after(act: Callable[[], Any]) -> float:
    """Seconds until the driver says that the answer is lost."""
    started = now()
    with pytest.raises(LinkError):
        await act()
    return now() - started


@pytest.mark.parametrize("protocol", ["1", "2"])
@pytest.mark.parametrize("to_host", [False, True], ids=["frame", "answer"])
@virtual
async def test_a_path_that_swallows_everything_is_noticed_and_settled(protocol: str, *, to_host: bool) -> None:
    """Half open behind a NAT or a proxy: what is sent is accepted, and nothing ever comes back."""
    async with till() as one:
        path = Path(one, protocol=protocol)
        await one.driver.connect()
        bookmark = await one.driver.bookmark()
        path.plan = Break(command=0xFF45, way=Way.STALL, at=0, to_host=to_host)
        limit = TIMEOUTS.unheard if protocol == "1" else TIMEOUTS.busy
        assert await lost_after(lambda: one.driver.fiscalise(SALE)) <= limit + 0.1
        back = now()
        settled = await settle(one.driver, bookmark, SALE)
        assert isinstance(settled, Exists if to_host else Absent)
        assert now() - back <= 3.0


@pytest.mark.parametrize(
    ("kind", "command"), [(FaultKind.LOSE_COMMAND, 0xFF45), (FaultKind.LOSE_COMMAND, 0x50), (FaultKind.CUT, 0xFF45)]
)
@virtual
async def test_what_an_enquiry_can_tell_is_told_within_a_second_and_a_half(kind: FaultKind, command: int) -> None:
    async with till() as one:
        one.fault(kind, command)
        act = (lambda: one.driver.fiscalise(SALE)) if command == 0xFF45 else (lambda: one.driver.cash_in(1, CASHIER))
        assert await lost_after(act) <= 1.5


@virtual
async def test_a_device_that_has_the_command_may_work_for_long() -> None:
    """Nobody hangs up on it, and an enquiry every two seconds is all it hears."""
    async with till() as one:
        path = Path(one)
        await one.driver.connect()
        one.fault(FaultKind.DELAY, 0xFF45, seconds=TIMEOUTS.busy - 0.5)
        outcome = await one.driver.fiscalise(SALE)
        assert outcome.fiscal.document == one.documents()[-1].number
        assert path.dials == 1


@virtual
async def test_a_long_report_keeps_the_time_its_table_gives() -> None:
    async with till() as one:
        path = Path(one)
        await one.driver.connect()
        one.fault(FaultKind.DELAY, 0x41, seconds=60.0)
        closed = await one.driver.close_shift(CASHIER)
        assert closed.fiscal.document == one.documents()[-1].number
        assert path.dials == 1


@virtual
async def test_a_serial_line_is_given_all_its_time() -> None:
    """There silence means a slow device as often as a dead one, and opening a port again heals nothing."""
    async with till() as one:
        path = Path(one, reliable=False)
        await one.driver.connect()
        path.plan = Break(command=0xFF45, way=Way.STALL, at=0, to_host=False)
        waited = await lost_after(lambda: one.driver.fiscalise(SALE))
        assert 29 <= waited <= 31


def test_limits_by_kind_of_command() -> None:
    assert TIMEOUTS.making(30, reliable=True) == TIMEOUTS.busy
    assert TIMEOUTS.making(65, reliable=True) == 65
    assert TIMEOUTS.making(30, reliable=False) == 30
    assert TIMEOUTS.making(500, reliable=True) == TIMEOUTS.longest
    assert Timeouts.of({"answer": 20.0}).making(30, reliable=True) == 20.5


@virtual
async def test_a_dropped_answer_does_not_even_cost_the_connection() -> None:
    async with till() as one:
        one.fault(FaultKind.DROP_ANSWER, 0xFF45)
        outcome = await one.driver.fiscalise(SALE)
        assert outcome.fiscal.document == one.documents()[-1].number
        assert outcome.differences == ()
