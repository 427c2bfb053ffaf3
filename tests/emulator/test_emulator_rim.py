"""The emulator's clock and chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulator.rim import Clock, parse_time, seeded, zone

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def test_the_clock_starts_where_it_is_told_and_follows_its_ticks() -> None:
    ticks = 100.0
    clock = Clock(START, ticks=lambda: ticks)
    assert clock() == START
    assert clock().utcoffset() == timedelta(hours=3)  # Europe/Moscow
    ticks += 90
    assert clock() == START + timedelta(seconds=90)


def test_the_clock_jumps_forward_and_only_forward() -> None:
    clock = Clock(START, ticks=lambda: 0.0)
    clock.advance(86400)
    clock.advance(0.5)
    assert clock() == START + timedelta(seconds=86400.5)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
    clock.reset()
    assert clock() == START


def test_without_a_start_time_it_is_now() -> None:
    assert abs(Clock()() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Clock(datetime(2026, 3, 2))


def test_time_on_the_command_line() -> None:
    assert parse_time("2026-03-02T09:00:00+05:00") == datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    assert parse_time("2026-03-02T09:00:00Z") == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert parse_time("2026-03-02 09:00") == START
    assert parse_time("2026-03-02", zone("Asia/Vladivostok")) == datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_time("02.03.2026")


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(ValueError, match="Mars/Base"):
        zone("Mars/Base")


def test_a_seed_repeats_itself() -> None:
    assert [seeded(5).random() for _ in range(3)] == [seeded(5).random() for _ in range(3)]
    assert seeded().random() != seeded().random()
