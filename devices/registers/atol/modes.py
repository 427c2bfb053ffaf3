"""Modes of the register: each command has its own, and the way from one to another leads through mode 0."""

from __future__ import annotations

from typing import TypeVar

from devices.errors import DeviceError
from devices.registers.atol.exchange import Exchange
from protocols.atol.commands import Asks
from protocols.atol.commands.state import EnterMode, LeaveMode
from protocols.atol.errors import WRONG_MODE
from protocols.atol.statuses import Mode
from protocols.wire import Message

R = TypeVar("R", bound=Message)


class Modes:
    """Which mode the register is in, as far as known on this connection."""

    def __init__(self, exchange: Exchange, password: int) -> None:
        self._exchange = exchange
        self._password = password
        self._mode: Mode | None = None

    def forget(self) -> None:
        """Somebody else, or the power, may have changed it."""
        self._mode = None

    async def enter(self, mode: Mode) -> None:
        """Be in `mode`. Refused while a receipt is open."""
        if self._mode is mode:
            return
        self._mode = None
        try:
            await self._exchange.act(LeaveMode())
        except DeviceError as error:
            if error.number != WRONG_MODE:  # what firmware may say that is in mode 0 already
                raise
        await self._exchange.act(EnterMode(mode, self._password))
        self._mode = mode

    async def act(self, mode: Mode, request: Asks[R]) -> R:
        """Carry out a command of `mode`; once more where the register is in another one than was thought (66h)."""
        await self.enter(mode)
        try:
            return await self._exchange.act(request)
        except DeviceError as error:
            if error.number != WRONG_MODE:
                raise
        self.forget()
        await self.enter(mode)
        return await self._exchange.act(request)
