"""Every error of the drive says what to do; every document has a status code."""

import pytest

from protocols.ffd.enums import DocumentCode
from protocols.fn.statuses import CURRENT_OF, ERRORS, Fault, error


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_words(fault: Fault) -> None:
    row = error(fault)
    assert row is ERRORS[fault]
    assert row.text.startswith("ФН: ")
    assert row.hint.endswith(".")
    assert row.detail.isascii()


def test_unknown_error_is_named_by_its_number() -> None:
    assert "0x7F" in error(0x7F).text


def test_every_document_a_drive_makes_has_a_status() -> None:
    made = {code for code in DocumentCode if code < 80 and code is not DocumentCode.OPERATOR_ACK}
    assert set(CURRENT_OF) == made
    assert len(set(CURRENT_OF.values())) == len(made)
