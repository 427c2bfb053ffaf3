from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipts_made import a_receipt, an_item

from protocols.ffd.arithmetic import (
    calculated,
    line_sum,
    plain,
    receipt_vat,
    rubles,
    vat_of,
    vat_totals,
)
from protocols.ffd.enums import PaymentMethod, Vat
from protocols.ffd.limits import MAX_KOPECKS
from protocols.ffd.numbers import T

# Source: a real ФФД 1.05 receipt as the FNS returned it: (1079, 1023, 1043, 1199) of 17 items; 1102=37388, 1103=8380.
SEVENTEEN = [
    (699, "2.000", 1398, 1),
    (24999, "2.192", 54798, 2),
    (38679, "1.000", 38679, 1),
    (33999, "1.000", 33999, 1),
    (23999, "1.000", 23999, 1),
    (31419, "1.000", 31419, 1),
    (17959, "1.000", 17959, 1),
    (6799, "1.000", 6799, 1),
    (18900, "0.396", 7484, 1),
    (4499, "1.000", 4499, 2),
    (17049, "2.000", 34098, 1),
    (15899, "0.988", 15708, 2),
    (4989, "2.000", 9978, 2),
    (7199, "1.000", 7199, 2),
    (10569, "1.000", 10569, 1),
    (8999, "1.000", 8999, 1),
    (2229, "4.000", 8916, 1),
]
# Source: real ФФД 1.2 receipts: weight goods (1079, 1023, 1043), VAT 10 % of the receipt 11684.
WEIGHED = [
    (9999, "2.474", 24738),
    (3499, "7.445", 26050),
    (3499, "7.445", 26050),
    (3499, "8.21", 28727),
    (12999, "1.018", 13233),
    (12999, "0.748", 9723),
]

money = st.integers(0, MAX_KOPECKS)
quantities = st.integers(1, 10**13).map(lambda millionths: Decimal(millionths).scaleb(-6))
taxed = st.sampled_from([vat for vat in Vat if vat not in {Vat.NONE, Vat.VAT0}])


@pytest.mark.parametrize(("price", "quantity", "total"), [(p, q, s) for p, q, s, _ in SEVENTEEN] + WEIGHED)
def test_lines_of_real_receipts(price: int, quantity: str, total: int) -> None:
    assert line_sum(price, Decimal(quantity)) == total


def test_receipt_vat_is_the_sum_of_rounded_lines() -> None:
    totals = vat_totals((amount, Vat.of(rate)) for _, _, amount, rate in SEVENTEEN)
    assert totals.flat == ((T.VAT20_SUM, 37388), (T.VAT10_SUM, 8380))
    assert totals.by_rate == ()
    at_once = vat_of(sum(amount for _, _, amount, rate in SEVENTEEN if rate == 1), Vat.VAT20)
    assert at_once == 37386  # what the tax would be without rounding each line


def test_vat_of_real_receipts() -> None:
    assert vat_of(80730, Vat.VAT22) == 14558  # real receipt of 2026, 1115 {1119 {1199=11, 1120=14558}}
    assert vat_totals((amount, Vat.VAT10) for *_, amount in WEIGHED).flat == ((T.VAT10_SUM, 11684),)
    assert [vat_of(9200, Vat.VAT10), vat_of(6700, Vat.VAT10)] == [836, 609]  # 1200 of a real 1.05 receipt, 1103 = 1445
    assert vat_of(2600, Vat.VAT20) == 433
    assert vat_of(100000, Vat.VAT122) == 18033
    assert vat_of(100000, Vat.VAT120) == 16667


def test_untaxed_sums_are_amounts_of_the_sale() -> None:
    totals = vat_totals([(1000, Vat.NONE), (500, Vat.VAT0), (1, Vat.NONE)])
    assert totals.flat == ((T.VAT0_BASE_SUM, 500), (T.NO_VAT_SUM, 1001))


def test_rates_without_a_tag_go_by_rate_in_order_of_their_codes() -> None:
    totals = vat_totals([(12200, Vat.VAT22), (10500, Vat.VAT5), (10700, Vat.VAT7), (12200, Vat.VAT122)])
    assert totals.by_rate == ((Vat.VAT5, 500), (Vat.VAT7, 700), (Vat.VAT22, 2200), (Vat.VAT122, 2200))
    assert totals.flat == ()


def test_calculated_rates_and_back() -> None:
    assert [calculated(vat) for vat in (Vat.VAT22, Vat.VAT20, Vat.VAT10, Vat.VAT7, Vat.VAT5)] == [
        Vat.VAT122,
        Vat.VAT120,
        Vat.VAT110,
        Vat.VAT107,
        Vat.VAT105,
    ]
    assert calculated(Vat.NONE) is Vat.NONE
    assert all(plain(calculated(vat)) is plain(vat) for vat in Vat)


@given(money, quantities)
def test_line_sum_is_exact_half_up(price: int, quantity: Decimal) -> None:
    exact = Fraction(price) * Fraction(quantity)
    got = line_sum(price, quantity)
    assert type(got) is int
    assert -Fraction(1, 2) < got - exact <= Fraction(1, 2)


@given(money, taxed)
def test_vat_is_exact_half_up_and_the_calculated_rate_gives_the_same(amount: int, vat: Vat) -> None:
    percent = {"5": 5, "7": 7, "10": 10, "20": 20, "22": 22}
    rate = percent[str(plain(vat)).removeprefix("vat")]
    got = vat_of(amount, vat)
    assert type(got) is int
    assert -Fraction(1, 2) < got - Fraction(amount * rate, 100 + rate) <= Fraction(1, 2)
    assert got == vat_of(amount, plain(vat)) <= amount


@given(money, money, taxed)
def test_vat_is_monotone(one: int, other: int, vat: Vat) -> None:
    low, high = sorted((one, other))
    tax_low, tax_high = vat_of(low, vat), vat_of(high, vat)
    assert tax_low is not None
    assert tax_high is not None
    assert tax_low <= tax_high


@given(st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(list(Vat))), max_size=20), st.integers(0, 20))
def test_totals_are_the_sum_of_the_parts(lines: list[tuple[int, Vat]], cut: int) -> None:
    def as_dict(part: list[tuple[int, Vat]]) -> dict[object, int]:
        totals = vat_totals(part)
        return {**dict(totals.flat), **dict(totals.by_rate)}

    left, right, whole = as_dict(lines[:cut]), as_dict(lines[cut:]), as_dict(lines)
    assert whole == {key: left.get(key, 0) + right.get(key, 0) for key in left | right}


def test_receipt_vat_uses_the_items() -> None:
    receipt = a_receipt(an_item(vat=Vat.VAT122, payment_method=PaymentMethod.ADVANCE))
    assert receipt_vat(receipt).by_rate == ((Vat.VAT122, 5410),)


def test_rubles() -> None:
    assert [rubles(0), rubles(5), rubles(135049)] == ["0.00", "0.05", "1350.49"]
