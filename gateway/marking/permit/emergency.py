"""Emergency sale: a person's order to sell what nobody can be asked about, for a while, by name and with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

#: An order lasts no longer: by then somebody must look again.
LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`by` is the name of the token that gave it; times are ISO 8601 with their zone."""

    since: str
    until: str
    by: str
    why: str


class Emergency:
    """The order in force, if any. Who gives one keeps it in the journal (`gateway.jobs.permit`)."""

    def __init__(self) -> None:
        self.order: Order | None = None

    def on(self, now: datetime) -> bool:
        order = self.order
        return order is not None and datetime.fromisoformat(order.since) <= now < datetime.fromisoformat(order.until)

    def state(self, now: datetime) -> Mapping[str, Any] | None:
        """The order in force."""
        return asdict(self.order) if self.order is not None and self.on(now) else None


def ordered(now: datetime, minutes: int, by: str, why: str) -> Order:
    """An order from now on."""
    until = now + min(timedelta(minutes=minutes), LONGEST)
    return Order(since=now.isoformat(timespec="seconds"), until=until.isoformat(timespec="seconds"), by=by, why=why)
