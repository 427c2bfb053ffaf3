"""A mapping that grows and is never changed: what a book shares with the book that it was a moment before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Grown(Mapping[K, V]):
    """Keys stay in the order in which they came.

    Layers of which each is at least twice as large as the one above it, as in a log-structured merge tree (O'Neil
    1996): one more entry costs a few steps on average, however many there are, and spoils nothing for who holds the
    mapping without it.
    """

    __slots__ = ("_layers",)

    def __init__(self, *layers: dict[K, V]) -> None:
        self._layers = layers  # the oldest first

    def also(self, more: Mapping[K, V]) -> Grown[K, V]:
        """This one with `more`; a key that is there already keeps its place."""
        if not more:
            return self
        layers, top = list(self._layers), dict(more)
        while layers and len(layers[-1]) < 2 * len(top):
            top = layers.pop() | top
        return Grown(*layers, top)

    def __getitem__(self, key: K) -> V:
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key]
        raise KeyError(key)

    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __repr__(self) -> str:
        return f"Grown({self._whole()!r})"

    def _whole(self) -> dict[K, V]:
        return self._layers[0] if len(self._layers) == 1 else reduce(or_, self._layers, {})
