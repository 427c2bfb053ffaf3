"""Short archive records of a real drive."""

from datetime import datetime

import captures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.fn.archive import ArchiveError, Record, Registered, Settlement, Shift, pack, pack_date, parse

MARCH_28 = datetime(2022, 3, 28, 9, 41)
REGISTERED = Registered(inn="7806197274", registration_number="0000000000038045", taxations=4, mode=12)
RECORDS = {
    captures.RECORD_REGISTRATION: Record(
        code=1, acknowledged=False, at=MARCH_28, number=1, sign=4271259783, details=REGISTERED
    ),
    captures.RECORD_REREGISTRATION: Record(
        code=11,
        acknowledged=False,
        at=datetime(2022, 4, 18, 12, 39),
        number=8,
        sign=2410139980,
        details=Registered(inn="7806197274", registration_number="0000000000038045", taxations=4, mode=12, reason=4),
    ),
    captures.RECORD_SHIFT_OPEN: Record(
        code=2, acknowledged=False, at=MARCH_28, number=2, sign=195516690, details=Shift(shift=1)
    ),
    captures.RECORD_RECEIPT: Record(
        code=3,
        acknowledged=False,
        at=datetime(2022, 3, 28, 9, 47),
        number=3,
        sign=1769784812,
        details=Settlement(operation=1, total=1600),
    ),
}


@pytest.mark.parametrize(("data", "record"), RECORDS.items(), ids=lambda value: getattr(value, "code", ""))
def test_captured_record(data: bytes, record: Record) -> None:
    assert parse(data) == record
    assert pack(record) == data


details = st.one_of(
    st.tuples(st.sampled_from([2, 5]), st.builds(Shift, shift=st.integers(0, 0xFFFF))),
    st.tuples(
        st.sampled_from([3, 4, 31, 41]),
        st.builds(Settlement, operation=st.integers(1, 4), total=st.integers(0, 2**40 - 1)),
    ),
    st.tuples(
        st.sampled_from([1, 11]),
        st.builds(
            Registered,
            inn=st.sampled_from(["7806197274", "500100732259"]),
            registration_number=st.just("0000000000038045"),
            taxations=st.integers(0, 63),
            mode=st.integers(0, 255),
            extended_mode=st.integers(0, 255),
            ofd_inn=st.sampled_from(["", "7704211201"]),
            reasons=st.integers(0, 2**32 - 1),
        ),
    ),
    st.tuples(st.sampled_from([6, 21]), st.none()),
)
moments = st.datetimes(datetime(2017, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))


@given(details, st.booleans(), moments, st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_round_trip(part, acknowledged, at, number, sign) -> None:
    code, fields = part
    record = Record(code=code, acknowledged=acknowledged, at=at, number=number, sign=sign, details=fields)
    assert parse(pack(record)) == record


@pytest.mark.parametrize("size", [0, 14, 15, 18, 48])
def test_short_bytes_are_refused(size: int) -> None:
    with pytest.raises(ArchiveError):
        parse(captures.RECORD_REGISTRATION[:size])


def test_impossible_date_is_refused() -> None:
    data = captures.RECORD_RECEIPT
    with pytest.raises(ArchiveError):
        parse(data[:3] + b"\x0d" + data[4:])


def test_sum_of_more_than_five_bytes_is_refused() -> None:
    record = Record(
        code=3, acknowledged=False, at=MARCH_28, number=1, sign=1, details=Settlement(operation=1, total=2**40)
    )
    with pytest.raises(ArchiveError):
        pack(record)


def test_date_is_five_numbers() -> None:
    assert pack_date(MARCH_28) == bytes([22, 3, 28, 9, 41])
