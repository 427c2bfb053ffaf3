"""The same deeds as a state machine: Hypothesis chooses what happens in which order, and shortens what fails."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from processes import deeds
from processes.caller import Posted
from processes.house import Plan
from processes.life import conclude, failures_of, house_in, threads

T = TypeVar("T")

CHANCES = st.integers(0, 2**20)


class Shop(RuleBasedStateMachine):
    """One house; rules arm and post, `all_final` waits, the end compares everything."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(threads())
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._directory = Path(tempfile.mkdtemp(prefix="machine-"))
        self._open: list[Posted] = []

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _call(self, act: Callable[[], T]) -> T:
        async def acting() -> T:
            return act()

        return self._do(acting())

    @initialize(
        number=st.integers(0, 2**20),
        wire=st.sampled_from(("tcp", "tcp", "pty")),
        ffd=st.sampled_from(("1.05", "1.1", "1.2")),
    )
    def opened(self, number: int, wire: str, ffd: str) -> None:
        async def enter() -> Any:
            return await self._stack.enter_async_context(
                house_in(self._directory, Plan(seed=number, wire=wire, ffd=ffd))
            )

        self.house = self._do(enter())

    @rule(several=st.sampled_from((1, 1, 1, 3)))
    def post(self, several: int) -> None:
        for _ in range(several):
            one = self._call(self.house.a_receipt)
            self._open.append(one)
            self._call(lambda one=one: self.house.later(self.house.caller.until_final(one)))

    @rule(kopecks=st.integers(1, 9999), action=st.sampled_from(("cash-in", "cash-out")))
    def cash(self, kopecks: int, action: str) -> None:
        self._act(action, sum=f"{kopecks // 100}.{kopecks % 100:02d}")

    @rule(action=st.sampled_from(("open-shift", "close-shift", "x-report")))
    def shift(self, action: str) -> None:
        self._act(action)

    def _act(self, action: str, **body: Any) -> None:
        one = self._call(lambda: self.house.an_action(action, **body))
        self._open.append(one)
        self._call(lambda: self.house.later(self.house.caller.until_final(one)))

    @rule(share=st.floats(0, 1))
    def hang_up_in_the_middle(self, share: float) -> None:
        one = self._call(self.house.a_receipt)
        self._open.append(one)
        self._do(self.house.caller.half_a_request(one, share))

    @rule()
    def other_content(self) -> None:
        known = [one for one in self._open if one.job and "items" in one.body]
        if known:
            self._do(self.house.caller.other_content(known[-1]))

    @rule()
    def all_final(self) -> None:
        stuck = self._do(self.house.finish(self._open))
        assert not stuck, stuck
        self._open.clear()
        self._do(failures_of(self.house))

    def teardown(self) -> None:
        try:
            if hasattr(self, "house"):
                faults = self._do(conclude(self.house))
                self._do(self._stack.aclose())
                faults += [surprise for keeper in self.house.keepers for surprise in keeper.surprises]
                assert not faults, (str(self._directory), faults)
                shutil.rmtree(self._directory)
        finally:
            self._do(self._stack.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


def _deed_rule(deed: deeds.Deed) -> Any:
    def happens(self: Shop, chance: int) -> None:
        self._do(deed(self.house, Random(chance)))

    happens.__name__ = deed.__name__
    return rule(chance=CHANCES)(happens)


for _deed in deeds.DEEDS:
    setattr(Shop, _deed.__name__, _deed_rule(_deed))


def run(*, examples: int, steps: int, number: int = 0, shrink: bool = True) -> None:
    """So many shops of so many steps each, the first a trivial one; AssertionError shows the sequence that fails.

    `shrink` looks for the shortest, which repeats whole lives of processes: the suite cannot afford it.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(Shop), settings=chosen)
