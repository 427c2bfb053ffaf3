"""What is proven by what a register answers: the judges, case by case."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from till import CASHIER, item, receipt

from devices.registers.base import Answered, ArchivedDocument, Bookmark, Fiscal
from devices.registers.doubts import DOUBTS, Doubt, unprovable
from devices.registers.settle import command_of
from devices.registers.settling import SETTLING, Asked, Command, Lost
from devices.registers.verdicts import (
    CashWanted,
    Found,
    NotThere,
    Open,
    ReportWanted,
    ShiftWanted,
    judge_cash,
    judge_documents,
    judge_report,
)
from protocols.ffd.documents import receipt_elements
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation, PaymentObject, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Cashier
from protocols.ffd.tlv import Element

SALE = receipt(item("Чай", 1_000))
BEFORE = Bookmark(
    fn="1", document=4, shift=7, shift_open=True, cash_ins=2, cash_in_sum=500, cash_outs=0, cash_out_sum=0, x_reports=9
)
CLOSED = replace(BEFORE, shift_open=False)


def document(
    number: int,
    code: DocumentCode = DocumentCode.RECEIPT,
    *,
    elements: tuple[Element, ...] = (),
    total: int | None = 1_000,
    shift: int | None = 7,
) -> ArchivedDocument:
    fiscal = Fiscal(
        fn="1",
        document=number,
        sign=number * 11,
        datetime=datetime(2026, 3, 2, 10, number, tzinfo=UTC),
        registration_number="1",
        shift=shift,
        code=code,
    )
    return ArchivedDocument(
        code=code, fiscal=fiscal, acknowledged=False, operation=Operation.SELL, total=total, elements=elements
    )


def judged(*documents: ArchivedDocument, **more: object) -> object:
    return judge_documents(SALE, BEFORE, documents, ffd=FfdVersion.V1_2, **more)  # type: ignore[arg-type]


def test_one_alike_is_ours_and_none_is_none() -> None:
    ours = document(5)
    assert judged(document(6, total=999), ours) == Found(document=ours)
    assert judged(document(6, total=999)) == NotThere()
    assert judged() == NotThere()


def test_of_several_alike_none_is_taken_without_proof() -> None:
    first, second = document(5), document(6)
    verdict = judged(first, second)
    assert isinstance(verdict, Open)
    assert (verdict.doubt, verdict.candidates) == (Doubt.SEVERAL_ALIKE, (first, second))
    assert judged(first, second, answered=Answered(document=6, sign=66)) == Found(document=second)
    assert judged(first, second, claimed={(5, 55)}) == Found(document=second)
    assert judged(first, second, claimed={(5, 55), (6, 66)}) == NotThere()


@pytest.mark.parametrize(
    ("change", "doubtful"),
    [
        ({"name": "Чая"}, True),  # a letter
        ({"name": "Чбя"}, True),
        ({"name": "й"}, True),  # its first letters lost
        ({"name": "Чаай"}, True),  # one doubled
        ({"name": "ай", "vat": Vat.VAT10, "payment_object": PaymentObject.SERVICE}, True),  # one line's command
        ({"name": "Чай с лимоном"}, False),
        ({"name": "Рис"}, False),
        ({"name": "Рис", "payment_object": PaymentObject.SERVICE}, False),
        ({"country_code": "643", "vat": Vat.VAT10, "payment_object": PaymentObject.SERVICE}, True),  # fields moved
        ({"vat": Vat.VAT10}, True),
        ({"price": 2_000}, False),  # another total
    ],
    ids=str,
)
def test_a_document_that_is_nearly_ours_is_for_a_person(change: dict[str, Any], doubtful: bool) -> None:
    wanted = receipt(item("Чай", 1_000), item("Мёд", 3_000))
    made = receipt(item(**({"name": "Чай", "price": 1_000} | change)), item("Мёд", 3_000))
    other = document(5, elements=receipt_elements(made, FfdVersion.V1_2), total=made.total)
    verdict = judge_documents(wanted, BEFORE, [other], ffd=FfdVersion.V1_2)
    if doubtful:
        assert verdict == Open(doubt=Doubt.NEARLY_ALIKE, facts="it differs in a detail", candidates=(other,))
        answered = Answered(document=5, sign=55)
        assert judge_documents(wanted, BEFORE, [other], ffd=FfdVersion.V1_2, answered=answered) == Found(document=other)
        assert judge_documents(wanted, BEFORE, [other], ffd=FfdVersion.V1_2, claimed={(5, 55)}) == NotThere()
    else:
        assert verdict == NotThere()


def test_an_answer_proves_only_a_document_with_its_sign() -> None:
    other = document(5, total=999)
    assert judged(other, answered=Answered(document=5, sign=55)) == Found(document=other)
    assert judged(other, answered=Answered(document=5, sign=1)) == NotThere()
    assert judged(other, answered=Answered(document=5, sign=55), claimed={(5, 55)}) == NotThere()


def test_a_lent_port_leaves_no_proof() -> None:
    verdict = judged(document(5), port_kept=False)
    assert isinstance(verdict, Open)
    assert verdict.doubt is Doubt.PORT_LENT
    assert judged(document(5, total=1), port_kept=False) == NotThere()


def test_a_document_is_read_in_its_own_version() -> None:
    """The register may be re-registered before its drive is asked: 1.05 writes tags that 1.2 does not, and back."""
    with_units = receipt(item("Чай", 1_000, vat=SALE.items[0].vat))
    elements = (*receipt_elements(with_units, FfdVersion.V1_05), Element(T.FFD_VERSION, FfdVersion.V1_05.code))
    made = document(5, elements=elements)
    assert judge_documents(with_units, BEFORE, [made], ffd=FfdVersion.V1_2) == Found(document=made)
    unsaid = replace(made, elements=receipt_elements(with_units, FfdVersion.V1_2))
    assert judge_documents(with_units, BEFORE, [unsaid], ffd=FfdVersion.V1_2) == Found(document=unsaid)


def shift(number: int, code: DocumentCode, *, of: int, name: str = CASHIER.name, inn: str | None = None) -> object:
    elements = [Element(T.CASHIER, name)] + ([Element(T.CASHIER_INN, inn)] if inn else [])
    return document(number, code, elements=tuple(elements), total=None, shift=of)


@pytest.mark.parametrize("opening", [True, False])
@pytest.mark.parametrize(
    ("off", "name", "inn", "ours"),
    [
        (0, CASHIER.name, None, True),
        (0, f"{CASHIER.name}  ", CASHIER.inn, True),
        (0, "Петрова Б. Б.", None, False),
        (0, CASHIER.name, "770708389310", False),
        (1, CASHIER.name, None, False),
        (0, "СИС.АДМИНИСТРАТОР", None, True),
    ],
)
def test_a_shift_report_is_ours_by_cashier_and_number(
    opening: bool, off: int, name: str, inn: str | None, ours: bool
) -> None:
    code = DocumentCode.SHIFT_OPEN if opening else DocumentCode.SHIFT_CLOSE
    made = shift(5, code, of=7 + opening + off, name=name, inn=inn)
    bookmark = CLOSED if opening else BEFORE
    wanted = ShiftWanted(opening=opening, cashier=CASHIER)
    verdict = judge_documents(
        wanted,
        bookmark,
        [made],
        ffd=FfdVersion.V1_2,
        own_cashiers=("СИС.АДМИНИСТРАТОР ",),  # type: ignore[list-item]
    )
    assert verdict == (Found(document=made) if ours else NotThere())  # type: ignore[arg-type]


def test_a_report_of_the_other_kind_is_never_ours() -> None:
    made = shift(5, DocumentCode.SHIFT_CLOSE, of=7)
    wanted = ShiftWanted(opening=True, cashier=None)
    assert judge_documents(wanted, CLOSED, [made], ffd=FfdVersion.V1_2) == NotThere()  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("count", "total", "verdict"),
    [
        (2, 500, NotThere()),
        (3, 600, Found()),
        (3, 550, NotThere()),  # one cash in over another sum: somebody else's
        (4, 600, NotThere()),  # two, and no room for ours: every one is a kopeck at least
        (4, 601, Doubt.SEVERAL_OPERATIONS),
        (2, 600, Doubt.COUNTERS_DISAGREE),
        (3, 500, Doubt.COUNTERS_DISAGREE),
        (3, 400, Doubt.COUNTERS_DISAGREE),
        (None, None, Doubt.NO_COUNTERS),
        (2, None, NotThere()),
        (3, None, Found()),
        (4, None, Doubt.SEVERAL_OPERATIONS),
    ],
)
def test_cash_by_count_and_sum(count: int | None, total: int | None, verdict: object) -> None:
    after = replace(BEFORE, cash_ins=count, cash_in_sum=total)
    found = judge_cash(CashWanted(kopecks=100), BEFORE, after)
    assert (found.doubt if isinstance(found, Open) else found) == verdict
    out = replace(BEFORE, cash_ins=0, cash_outs=2, cash_in_sum=0, cash_out_sum=500)
    after = replace(out, cash_outs=count, cash_out_sum=total)
    found = judge_cash(CashWanted(kopecks=-100), out, after)
    assert (found.doubt if isinstance(found, Open) else found) == verdict


def test_cash_counts_wrap_and_shifts_reset_them() -> None:
    full = replace(BEFORE, cash_ins=65_535)
    assert judge_cash(CashWanted(kopecks=100), full, replace(full, cash_ins=0, cash_in_sum=600)) == Found()
    assert judge_cash(CashWanted(kopecks=100), full, replace(full, cash_ins=0, cash_in_sum=650)) == NotThere()
    for later in (replace(BEFORE, shift=8), replace(BEFORE, shift_open=False)):
        verdict = judge_cash(CashWanted(kopecks=100), BEFORE, later)
        assert isinstance(verdict, Open)
        assert verdict.doubt is Doubt.SHIFT_CHANGED
    lent = judge_cash(CashWanted(kopecks=100), BEFORE, replace(BEFORE, cash_ins=3, cash_in_sum=600), port_kept=False)
    assert isinstance(lent, Open)
    assert lent.doubt is Doubt.PORT_LENT


@given(
    ours=st.integers(1, 5_000),
    done=st.booleans(),
    others=st.lists(st.integers(1, 5_000), max_size=3),
)
def test_cash_is_never_judged_against_the_facts(ours: int, done: bool, others: list[int]) -> None:
    """Whoever else took money in: a verdict that is given is the true one, unless another did exactly the same."""
    made = others + [ours] * done
    after = replace(BEFORE, cash_ins=2 + len(made), cash_in_sum=500 + sum(made))
    verdict = judge_cash(CashWanted(kopecks=ours), BEFORE, after)
    if verdict == Found():
        assert done or others == [ours]
    elif verdict == NotThere():
        assert not done


def test_x_reports_are_counted() -> None:
    assert judge_report(BEFORE, BEFORE) == NotThere()
    assert judge_report(BEFORE, replace(BEFORE, x_reports=10)) == Found()
    assert judge_report(BEFORE, replace(BEFORE, x_reports=0)) == Found()  # two bytes wide
    assert judge_report(BEFORE, replace(BEFORE, x_reports=10, fn="2")) == NotThere()
    assert judge_report(replace(BEFORE, x_reports=None), BEFORE) == NotThere()


def test_every_doubt_says_what_to_look_at() -> None:
    assert set(DOUBTS) == set(Doubt)
    used = set().union(*(row.doubts for row in SETTLING.values()))
    assert used == set(Doubt)
    error = unprovable(Doubt.SEVERAL_ALIKE, "there are 2", candidates=(document(5), document(6, total=None)))
    assert "document 5: sell receipt over 10.00, 2026-03-02 10:05" in error.detail
    assert "ФД 5 (чек на 10.00, 02.03.2026 10:05); ФД 6 (чек, 02.03.2026 10:06)" in error.hint


def test_every_command_has_its_row() -> None:
    assert set(SETTLING) == set(Command)
    for row in SETTLING.values():
        assert (row.lost is Lost.SETTLE) is (row.asked is not None)
        assert row.counters is (row.asked in {Asked.CASH, Asked.REPORTS})
    assert command_of(SALE) is Command.RECEIPT
    assert command_of(ShiftWanted(opening=False, cashier=Cashier(name="А"))) is Command.CLOSE_SHIFT
    assert command_of(CashWanted(kopecks=-1)) is Command.CASH_OUT
    assert command_of(ReportWanted()) is Command.X_REPORT
