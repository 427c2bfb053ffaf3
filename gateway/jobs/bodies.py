"""Bodies of the jobs that are no receipts, as `Job.body` holds them (JSON, money as decimal strings).

| kind                    | body                                                                         |
|-------------------------|------------------------------------------------------------------------------|
| open-shift, close-shift | `{"cashier"?: {"name", "inn"?}}`; close-shift also `"scheduled": true`         |
| cash-in, cash-out       | `{"sum": "100.00", "cashier"?}`                                              |
| print-text              | `{"lines": ["..."]}`                                                         |
| set-clock               | `{"datetime"?: "2026-01-31T12:00:00+03:00"}`, without it the gateway's clock |
| release                 | `{"minutes": 10}`, 0 takes the port back                                     |
| reprint                 | `{"job": "1001-closing", "document": 12}`                                    |
| others                  | `{}`                                                                         |
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devices.errors import RequestError
from gateway.receipts.money import kopecks
from protocols.ffd.receipt import Cashier


def canonical(body: Mapping[str, Any]) -> tuple[str, str]:
    """A body as the journal keeps it, and its hex SHA-256."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text, hashlib.sha256(text.encode()).hexdigest()


def cashier_of(body: Mapping[str, Any]) -> Cashier | None:
    """The cashier of a body; absent means the configured one."""
    given = body.get("cashier")
    return None if given is None else Cashier(name=given["name"], inn=given.get("inn"))


def cashier_body(cashier: Cashier | None) -> dict[str, Any] | None:
    """The way back, for what configuration filled in."""
    if cashier is None:
        return None
    return {"name": cashier.name} if cashier.inn is None else {"name": cashier.name, "inn": cashier.inn}


def sum_of(body: Mapping[str, Any]) -> int:
    """Kopecks of a cash in or out; RequestError unless positive."""
    amount = kopecks(body["sum"])
    if amount <= 0:
        raise RequestError("sum must be above zero", hint="Укажите сумму больше нуля.", code="sum_invalid")
    return amount


def minutes_of(body: str) -> int:
    """For how long a port is lent."""
    return int(json.loads(body).get("minutes", 10))


def clock_of(body: Mapping[str, Any], now: datetime) -> datetime:
    """The moment a register's clock is to show."""
    given = body.get("datetime")
    return now if given is None else datetime.fromisoformat(given)
