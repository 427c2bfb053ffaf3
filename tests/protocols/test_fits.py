"""Whose bytes are these, where nobody knows: frames of vendors' documents and of captured exchanges."""

from __future__ import annotations

from importlib import import_module

import pytest

from protocols.framing import Fit

FAMILIES = ("shtrih", "pirit", "atol")
NO, PERHAPS, SURE = Fit.NO, Fit.PERHAPS, Fit.SURE


@pytest.mark.parametrize(
    ("data", "shtrih", "pirit", "atol"),
    [
        ("05", SURE, SURE, SURE),  # ENQ and ACK are everybody's
        ("06", SURE, SURE, SURE),
        ("15", SURE, NO, SURE),
        ("04", NO, NO, SURE),
        ("0A", NO, NO, NO),
        ("02 05 10 1E 00 00 00 0B", SURE, NO, PERHAPS),  # 10h with password 30
        ("02 05 10 1E 00 00 00 0C", PERHAPS, NO, PERHAPS),
        ("15 02 01 FC FD 06", SURE, NO, PERHAPS),
        ("10 1E 00 00 00", PERHAPS, NO, NO),
        ("10 4F", PERHAPS, NO, NO),
        ("8F 00 00 0F 1D", SURE, NO, NO),
        ("8F 00 00 0F 1E", PERHAPS, NO, NO),
        ("02 50 49 52 49 20 30 30 03 32 31", PERHAPS, SURE, PERHAPS),  # 00 of Пирит
        ("02 23 33 30 30 31 03 32 32", PERHAPS, SURE, PERHAPS),  # its refusal of 30
        ("50 49 52 49 20 30 30", PERHAPS, PERHAPS, NO),
        ("FE 01 00 00 C4 02", PERHAPS, NO, SURE),
        ("FE 00 00 01 9D", PERHAPS, NO, SURE),
        ("FE 00 00 01 9C", PERHAPS, NO, PERHAPS),
        ("02 00 00 A5 03 A6", PERHAPS, NO, SURE),
        ("02 55 67 00 03 31", PERHAPS, NO, SURE),  # no paper
        ("05 06 02 00 00 3F 03 3C 06 04", NO, NO, SURE),
        ("00 00 3F", NO, NO, PERHAPS),
        ("48 54 54 50 2F 31 2E 31", NO, NO, NO),
        ("", NO, NO, NO),
    ],
)
def test_who_takes_bytes_for_its_own(data: str, shtrih: Fit, pirit: Fit, atol: Fit) -> None:
    found = [import_module(f"protocols.{family}.explain").fits(bytes.fromhex(data)) for family in FAMILIES]
    assert found == [shtrih, pirit, atol]
