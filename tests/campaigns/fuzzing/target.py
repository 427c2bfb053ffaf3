"""What a target of fuzzing is, and the one way it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"


class Refused(Exception):
    """The bytes do not even reach the decoder in question."""


def _nothing() -> Iterable[bytes]:
    return ()


@dataclass(frozen=True, slots=True)
class Target:
    """One decoder, or a few that see the same bytes.

    `decode` may raise `raises` and nothing else. `inverse` writes a decoded value again: byte for byte what was read
    when `exact`, else bytes that decode to the same value. `repair` turns any bytes into ones whose checksum and length
    are right, so that what lies behind them is reached; both forms are run. `covers` are the public decoders met.
    """

    name: str
    decode: Callable[[bytes], Any]
    covers: tuple[Callable[..., Any], ...]
    raises: tuple[type[Exception], ...] = ()
    inverse: Callable[[Any], bytes] | None = None
    exact: bool = False
    repair: Callable[[bytes], bytes] | None = None
    seeds: Callable[[], Iterable[bytes]] = _nothing
    max_len: int = 4096
    slow: bool = False  # worth a few examples only in the suite

    def run(self, data: bytes) -> None:
        """Any bytes; AssertionError or an undeclared exception is a bug of the decoder."""
        self._one(data)
        if self.repair is not None:
            self._one(self.repair(data))

    def _one(self, data: bytes) -> None:
        try:
            value = self.decode(data)
        except self.raises:
            return
        if self.inverse is None:
            return
        again = self.inverse(value)
        if self.exact:
            assert again == data, f"written again as {again.hex()}"
        else:
            assert self.decode(again) == value, f"{value!r} is written as {again.hex()}, which reads otherwise"

    def corpus(self) -> list[bytes]:
        """Inputs found worth keeping by long runs."""
        return [path.read_bytes() for path in sorted((CORPUS / self.name).glob("*"))]

    def starts(self) -> list[bytes]:
        """Valid inputs and kept ones: what mutation begins with."""
        return [*self.seeds(), *self.corpus()]
