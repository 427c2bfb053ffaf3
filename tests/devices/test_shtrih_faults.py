"""What the driver says of a receipt before anything is sent, and whether the register agrees."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from receipts_made import a_full_receipt, a_receipt, an_item
from till import item, receipt, till
from virtual_loop import virtual

from devices.errors import Unmakeable
from devices.registers.base import Identity
from devices.registers.shtrih.faults import Judge, faults
from devices.registers.shtrih.plan import make_plan
from devices.registers.shtrih.profile import DeviceSettings, Profile, Registered
from protocols.ffd import rules
from protocols.ffd.enums import CorrectionKind, FfdVersion, Operation, Taxation, Vat
from protocols.ffd.receipt import Cashier, Correction, Customer, Receipt, Supplier, UserDetail
from protocols.shtrih.commands import encode_request

OLD, NEW = FfdVersion.V1_05, FfdVersion.V1_2
CORRECTION = Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 1))


def a_profile(ffd: FfdVersion = NEW, *, taxations: Any = (Taxation.OSN,), **changes: Any) -> Profile:
    identity = Identity(
        **dict.fromkeys(("family", "model", "serial", "firmware", "fn", "registration_number", "inn"), ""),
        ffd=ffd,
        taxations=frozenset(taxations),
        vat_rates=frozenset(Vat),
        marking=True,
    )
    values: dict[str, Any] = {"tax_by_host": 0, "replace_vat20": 2, "tax_rows": frozenset(range(1, 13)), **changes}
    texts = ("inn", "number", "serial", "user_name", "address", "place", "ofd_name", "ofd_inn", "sender_email")
    registered = Registered(totals=None, taxations=1, work_mode=0, extended_mode=0, **dict.fromkeys(texts, ""))
    return Profile(
        identity=identity,
        settings=DeviceSettings(model="", max_tlv=250, ffd=ffd, **values),
        skip_printing=0,
        clock=datetime(2026, 3, 2),
        read_at=0.0,
        registered=registered,
    )


def told(wanted: Receipt, profile: Profile | None = None, *, year: int = 2026) -> list[tuple[str, str]]:
    found = faults(wanted, profile or a_profile(), year=year)
    assert all(fault.hint for fault in found)
    return [(fault.pointer, fault.code) for fault in found]


def test_everything_is_told_at_once_at_its_place() -> None:
    wanted = a_receipt(
        an_item(name="//Чай", vat=Vat.VAT20),
        an_item(),
        an_item(supplier=Supplier(name="О" * 250), vat=Vat.VAT5),
        taxation=Taxation.PATENT,
        user_detail=UserDetail(name="я" * 64, value="я" * 256),
    )
    profile = a_profile(replace_vat20=1, tax_rows=frozenset(range(1, 13)) - {7}, tax_by_host=2)
    assert sorted(told(wanted, profile)) == [
        ("", "register_setting"),
        ("/additional_user_props", "tag_too_long"),  # 328 bytes: the document takes 320
        ("/items/0/name", "name_is_a_command"),
        ("/items/0/vat", "vat_replaced_by_register"),
        ("/items/1/vat", "register_setting"),
        ("/items/2/supplier_info", "tag_too_long"),
        ("/items/2/vat", "vat_missing_in_register"),
        ("/taxation", "taxation_not_registered"),
    ]


@pytest.mark.parametrize("vat", [Vat.VAT5, Vat.VAT7, Vat.VAT22, Vat.VAT105, Vat.VAT107, Vat.VAT122])
def test_what_a_correction_of_105_cannot_carry(vat: Vat) -> None:
    wanted = a_receipt(an_item(vat=Vat.VAT10), an_item(vat=vat), operation=Operation.SELL_REFUND, correction=CORRECTION)
    assert told(wanted, a_profile(OLD)) == [
        ("/operation", "correction_impossible"),
        ("/items/1/vat", "correction_vat_impossible"),
    ]
    assert told(wanted) == []


def test_a_register_with_several_tax_systems_must_be_told_one() -> None:
    both = a_profile(taxations=(Taxation.OSN, Taxation.PATENT))
    assert told(a_receipt(taxation=None), both) == [("/taxation", "taxation_ambiguous")]
    assert told(a_receipt(taxation=None)) == []
    assert told(a_receipt(), both) == []


def test_the_same_question_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judge, profile, twenty = Judge(), a_profile(replace_vat20=1), a_receipt(an_item(vat=Vat.VAT20))
    assert judge.faults(twenty, profile, year=2025) == ()
    (fault,) = judge.faults(twenty, profile, year=2026)
    assert judge.faults(twenty, replace(profile, clock=datetime(2027, 1, 1)), year=2026) == (fault,)
    assert judge.faults(twenty, a_profile(), year=2026) == ()
    assert judge.faults(a_receipt(), profile, year=2026) == ()


RARE: dict[str, Any] = {
    "taxation": [None, Taxation.PATENT],
    "operation": list(Operation),
    "correction": [CORRECTION],
    "customer": [Customer(phone="+79001112233"), Customer(email="e" * 65), Customer(name="Иванов")],
    "cashier": [Cashier(name="И" * 65), Cashier(name="Иванова", inn="500100732259")],
    "internet": [True],
    "additional": ["я" * 17],
    "header_lines": [("Заказ",), ("☕",)],
}
RARE_OF_ITEM: dict[str, Any] = {
    "name": ["", "//", "☕", "Ы" * 128, "Ы" * 129],
    "price": [0, 1, 2**40, 2**48],
    "vat": list(Vat),
    "user_data": ["я" * 64],
    "excise": [0, -1],
    "country_code": ["643"],
    "supplier": [Supplier(name="О" * 250), Supplier(inn="7734675810")],
}


def some(table: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in table.items()})


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(some(RARE), st.lists(some(RARE_OF_ITEM), min_size=1, max_size=2), st.sampled_from(FfdVersion))
def test_a_receipt_without_faults_has_commands_and_a_plain_one_no_faults(
    rare: dict[str, Any], lines: list[dict[str, Any]], ffd: FfdVersion
) -> None:
    wanted, profile = a_receipt(*(an_item(**line) for line in lines), **rare), a_profile(ffd)
    found = told(wanted, profile)
    if not found:
        plan = make_plan(wanted, profile, password=30, year=2026)
        for request in (plan.begin, *plan.lines, plan.close):
            encode_request(request)
    if rules.is_plain(wanted):  # then the long way finds nothing either
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("devices.registers.shtrih.faults.is_plain", lambda receipt: False)
            assert told(wanted, profile) == found


@pytest.mark.parametrize("ffd", list(FfdVersion), ids=str)
@virtual
async def test_the_register_makes_what_has_no_faults(ffd: FfdVersion) -> None:
    rich = replace(a_full_receipt(), operation=Operation.SELL)
    plain = receipt(item("Чай"), item("Хлеб", vat=Vat.VAT10), customer=Customer(email="b@example.ru"), internet=True)
    async with till(ffd=ffd) as one:
        for wanted in (plain, receipt(item("Чай", 10_000), additional="я" * 16)):
            assert one.driver.faults(wanted) == ()
            assert (await one.driver.fiscalise(wanted)).differences == ()
        with pytest.raises(Unmakeable) as refused:
            await one.driver.check(replace(rich, items=(item("//"),)))
        assert refused.value.faults == one.driver.faults(replace(rich, items=(item("//"),)))
        assert refused.value.code == refused.value.faults[0].code
