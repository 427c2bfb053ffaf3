"""`[orders]`: the shop's policy and its days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.config import ConfigError, load
from gateway.orders.policy import Policy


def written(directory: Path, text: str) -> Path:
    path = directory / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_said_means_moscow_and_the_articles_policy(tmp_path: Path) -> None:
    orders = load(written(tmp_path, "")).orders
    assert orders.policy == Policy()
    calendar = orders.calendar
    assert (calendar.zone, calendar.holidays, calendar.idle) == (
        ZoneInfo("Europe/Moscow"),
        frozenset(),
        timedelta(days=30),
    )


def test_what_is_said_reaches_policy_and_calendar(tmp_path: Path) -> None:
    orders = load(
        written(
            tmp_path,
            """
            [orders]
            zone = "Asia/Kamchatka"
            holidays = [2027-01-01, "2027-01-04"]
            idle_days = 7
            policy = { courier = "single", fiscaliser = "bank" }
            """,
        )
    ).orders
    assert (orders.policy.courier, orders.policy.fiscaliser) == ("single", "bank")
    calendar = orders.calendar
    assert calendar.holidays == {date(2027, 1, 1), date(2027, 1, 4)}
    assert calendar.idle == timedelta(days=7)
    kamchatka = ZoneInfo("Asia/Kamchatka")
    thursday = datetime(2026, 12, 31, 12, 0, tzinfo=kamchatka)
    assert calendar.deadline(thursday) == datetime(2027, 1, 6, 0, 0, tzinfo=kamchatka)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('zone = "Moscow"', "orders.zone"),
        ("idle_days = 0", "orders.idle_days"),
        ('holidays = ["31.12.2026"]', "orders.holidays"),
        ('policy = { courier = "none" }', "orders.policy.courier"),
        ('policy = { advance_vat = "vat22" }', "orders.policy.advance_vat"),
        ('policy = { couriers = "single" }', "orders.policy.couriers"),
        ("idle = 3", "orders.idle"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(tmp_path: Path, line: str, place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, f"[orders]\n{line}\n"))
    assert any(place in at.replace("[", ".").replace("]", "") for at, _ in caught.value.faults), caught.value.faults


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FISCAL_GATEWAY_ORDERS__IDLE_DAYS", "5")
    assert load(written(tmp_path, "[orders]\nidle_days = 9\n")).orders.idle_days == 5
