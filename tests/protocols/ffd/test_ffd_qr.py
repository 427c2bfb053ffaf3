"""The QR string and the fiscal sign."""

from datetime import datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.qr import ReceiptQr, parse_qr
from protocols.ffd.sign import fiscal_sign, printed, sign_bytes

# A real receipt of 2024 as the tax service's JSON and its `qrraw` tell it (leatherpants/check-tool: src/utils/data.ts).
REAL = "t=20240917T1801&s=1285.21&fn=7281440500751551&i=30526&fp=1168453787&n=1"
REAL_FIELDS = ReceiptQr(datetime(2024, 9, 17, 18, 1), 128521, "7281440500751551", 30526, 1168453787, Operation.SELL)


def test_a_real_qr_string():
    assert parse_qr(REAL) == REAL_FIELDS
    assert str(REAL_FIELDS) == REAL


def test_what_other_registers_write():
    """Seconds, zeros on the left of i and fp, another order, one decimal."""
    text = "fn=7281440500751551&t=20240917T180105&s=1285.2&i=0000030526&fp=0068453787&n=2"
    expected = ReceiptQr(
        datetime(2024, 9, 17, 18, 1, 5), 128520, "7281440500751551", 30526, 68453787, Operation.SELL_REFUND
    )
    assert parse_qr(text) == expected
    assert str(expected) == "t=20240917T180105&s=1285.20&fn=7281440500751551&i=30526&fp=68453787&n=2"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no t, s, fn, i, fp, n"),
        (REAL.replace("&n=1", ""), "no n "),
        (REAL.replace("T1801", " 1801"), "is no time"),
        (REAL.replace("0917", "1317"), "month must be"),
        (REAL.replace("1285.21", "1285,21"), "is no sum"),
        (REAL.replace("1285.21", "-1.00"), "is no sum"),
        (REAL.replace("30526", "x"), "i=x is no number"),
        (REAL.replace("30526", "٣"), "is no number"),
        (REAL.replace("n=1", "n=5"), "5 is no Operation"),
    ],
)
def test_broken_strings(text, fault):
    with pytest.raises(ValueError, match=fault):
        parse_qr(text)


@given(
    st.datetimes(datetime(2016, 1, 1), datetime(2099, 1, 1)).map(lambda t: t.replace(microsecond=0)),
    st.integers(0, 2**48 - 1),
    st.text("0123456789", min_size=16, max_size=16),
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.sampled_from(Operation),
)
def test_round_trip(at, total, fn, document, sign, operation):
    qr = ReceiptQr(at, total, fn, document, sign, operation)
    assert parse_qr(str(qr)) == qr


@pytest.mark.parametrize(
    ("value", "sign"),
    [
        # 1077 of two FNS answers (fns_receipt_105_17items, fns_receipt_10) and the fiscalSign of their JSON
        ("310431f4a494", 838116500),
        ("31047acf9f6d", 2060427117),
        ("3104f7274cf8", 4146547960),
        ("21046145824b", 0x6145824B),
    ],
)
def test_fiscal_sign(value, sign):
    assert fiscal_sign(bytes.fromhex(value)) == sign


def test_sign_of_every_group():
    assert sign_bytes(838116500, DocumentCode.RECEIPT).hex() == "310431f4a494"
    assert sign_bytes(1, DocumentCode.BSO).hex() == "310400000001"
    assert sign_bytes(0x6145824B, DocumentCode.REGISTRATION).hex() == "21046145824b"
    assert sign_bytes(2**32 - 1, DocumentCode.CORRECTION).hex() == "3304ffffffff"
    assert printed(68453787) == "0068453787"


@pytest.mark.parametrize("sign", [-1, 2**32])
def test_no_sign_outside_32_bits(sign):
    with pytest.raises(ValueError, match="32 bits"):
        sign_bytes(sign, DocumentCode.RECEIPT)


def test_a_sign_has_six_bytes():
    with pytest.raises(ValueError, match="6 bytes, not 4"):
        fiscal_sign(bytes(4))


@pytest.mark.parametrize(
    ("field", "value"),
    [("fn", "99990789&x"), ("fn", ""), ("fn", "1" * 17), ("t", "٢٠٢٤0917T1801"), ("s", "١٢.00")],
)
def test_what_no_register_prints_is_refused(field: str, value: str) -> None:
    fields = {"t": "20240917T1801", "s": "1285.21", "fn": "7384440800002842", "i": "1", "fp": "7", "n": "1"}
    parse_qr(urlencode(fields))
    with pytest.raises(ValueError, match=f"{field}="):
        parse_qr(urlencode({**fields, field: value}))


def test_an_early_year_is_written_with_four_digits() -> None:
    text = "t=02240917T1801&s=1.00&fn=7384440800002842&i=1&fp=7&n=1"
    assert str(parse_qr(text)) == text
