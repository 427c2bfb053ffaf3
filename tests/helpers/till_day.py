"""A shop's day in any order, against a model of its money: for registers that open shifts and receipts by a command."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from emulator.storage import Storage


class TillDay(RuleBasedStateMachine):
    """The family pays its receipts itself: a rule that tells `closed` of each."""

    #: The command that cancels a receipt, and its refusal where none is open.
    cancelling: ClassVar[tuple[Any, int]]
    #: The refusal of cash that is not in the drawer.
    not_enough_cash: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.bench = self.switched_on(None)
        self.bench.open_shift()
        self.cash, self.sold, self.documents = 0, 0, 2
        self.open: list[int] | None = None

    @abstractmethod
    def switched_on(self, storage: Storage | None) -> Any:
        """A bench that is ready for receipts once its shift is open."""

    @abstractmethod
    def moved(self, amount: int, *, incoming: bool) -> int:
        """The refusal of a cash operation, 0 where it was done."""

    @abstractmethod
    def counted(self) -> tuple[int, int]:
        """The register's own cash in the drawer and sales of the shift."""

    def closed(self, total: int, cash: int) -> None:
        self.documents += 1
        self.cash += cash
        self.sold += total
        self.open = None
        (held,) = (element.value for element in self.bench.document() if element.tag == 1020)
        assert held == total

    @precondition(lambda self: self.open is None)
    @rule()
    def begin(self) -> None:
        self.bench.open()
        self.open = []

    @precondition(lambda self: self.open is not None)
    @rule(price=st.integers(1, 10**6), quantity=st.integers(1, 5))
    def sell(self, price: int, quantity: int) -> None:
        assert self.open is not None
        self.bench.sell(price, quantity=str(quantity))
        self.open.append(price * quantity)

    @rule()
    def cancel(self) -> None:
        command, none_open = self.cancelling
        assert self.bench.refused(command) == (none_open if self.open is None else 0)
        self.open = None

    @precondition(lambda self: self.open is None)
    @rule(amount=st.integers(0, 10**6), incoming=st.booleans())
    def move(self, *, amount: int, incoming: bool) -> None:
        fits = incoming or amount <= self.cash
        assert self.moved(amount, incoming=incoming) == (0 if fits else self.not_enough_cash)
        if fits:
            self.cash += amount if incoming else -amount

    @precondition(lambda self: self.open is None)
    @rule()
    def end_of_shift(self) -> None:
        self.bench.close_shift()
        self.bench.open_shift()
        self.documents += 2
        self.sold = 0

    @rule()
    def power_cut(self) -> None:
        self.bench = self.switched_on(self.bench.storage)
        self.open = None

    @invariant()
    def books_balance(self) -> None:
        assert self.bench.drive.last_document == self.documents
        assert self.counted() == (self.cash, self.sold)
