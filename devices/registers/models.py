"""Every model that the families know, by the family's name in the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from protocols.atol.models import MODELS as ATOL
from protocols.models import Model
from protocols.models import find as find_in
from protocols.pirit.models import MODELS as PIRIT
from protocols.shtrih.models import MODELS as SHTRIH

MODELS: Final[Mapping[str, Sequence[Model]]] = {
    "shtrih": SHTRIH,
    "atol": tuple(ATOL.values()),
    "atol-web": tuple(ATOL.values()),  # the web server drives the same registers, those with a closed wire too
    "pirit": tuple(PIRIT.values()),
}


def find(family: str, *, code: int | None = None, name: str = "") -> Model | None:
    """The row of a register that says it is so; None where it is none we know."""
    return find_in(MODELS[family], code=code, name=name)
