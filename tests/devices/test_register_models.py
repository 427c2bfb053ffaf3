"""Models as rows, whatever the family, and how one is found by what a register says of itself."""

from __future__ import annotations

import dataclasses

import pytest

from devices.registers.factory import FAMILIES
from devices.registers.models import MODELS, find
from protocols.atol_web.words import UNCONFIRMED_VATS
from protocols.ffd.enums import Vat
from protocols.models import SOURCES, Model
from protocols.shtrih.models import CASHCORE, QUIRKS, TAGS_FIRST

ROWS = [(family, model) for family, models in MODELS.items() for model in models]


def test_every_family_that_is_spoken_has_its_models():
    assert set(FAMILIES) <= set(MODELS)


@pytest.mark.parametrize("family", MODELS)
def test_a_name_is_one_models(family):
    names = [name for model in MODELS[family] for name in (model.name, *model.says)]
    assert all(find(family, name=name) is not None for name in names)
    assert len({id(find(family, name=name)) for name in names}) == len(MODELS[family])


def test_rows_say_where_they_come_from():
    fields = {field.name for field in dataclasses.fields(Model)}
    for family, model in ROWS:
        assert model.sources, (family, model.name)
        assert set(model.sources) <= set(SOURCES), (family, model.name)
        assert model.doubts <= fields, (family, model.name)
        assert all(getattr(model, field) not in {None, ()} for field in model.doubts), (family, model.name)


def test_quirks_are_told_in_words():
    assert {quirk for model in MODELS["shtrih"] for quirk in model.quirks} == set(QUIRKS)


def test_the_name_goes_before_the_number():
    # the vendor's table: 250 is both ШТРИХ-М, 25 is ON-LINE and РР-04Ф
    assert find("shtrih", code=250, name="ШТРИХ-М-02Ф").name == "ШТРИХ-М-02Ф"
    assert find("shtrih", code=250).name == "ШТРИХ-М-01Ф"
    assert find("shtrih", code=25, name="РР-04Ф").name == "РР-04Ф"
    assert find("shtrih", code=250, name="ШТРИХ-М-77Ф").name == "ШТРИХ-М-01Ф"
    assert find("shtrih", code=1, name="") is None
    assert find("shtrih") is None


def test_spellings_of_a_name():
    assert find("shtrih", name="PAYONLINE").name == "PayOnline-01-ФА"
    assert find("shtrih", name="Payonline-01-фа ").name == "PayOnline-01-ФА"
    assert find("shtrih", name="PAY VKP-80К-ФА").name == "Pay VKP-80K-ФА"  # Cyrillic К, as one client has it
    assert find("shtrih", name="PP-03Ф").name == "РР-03Ф"
    assert find("atol", name="Атол 30Ф").code == 61


def test_relatives():
    # shtrih_m §9: "Cashcore" and ШТРИХ-МОБАЙЛ want tags of a line first
    assert find("shtrih", code=16).quirks == CASHCORE
    assert find("shtrih", code=19).quirks == {TAGS_FIRST}
    assert not find("shtrih", code=250).quirks
    # names that TerminalClient waits for
    for name in ("PAYONLINE", "PAY VKP-80K-ФА", "MSTAR-TK.2"):
        assert find("shtrih", name=name).code is None


def test_widths_of_the_vendors_driver():
    # javapos_shtrih, first font
    widths = {250: 48, 252: 24, 22: 42, 24: 48, 17: 44, 152: 42, 19: 48}
    assert {model.code: model.columns for model in MODELS["shtrih"] if model.columns} == widths


def test_the_web_server_drives_what_has_no_open_wire():
    assert MODELS["atol-web"] == MODELS["atol"]
    assert find("atol", code=93).differs == ("no description of its wire",)
    assert find("atol", code=61).differs == ()


def test_unsure_words_of_the_web_server():
    assert {Vat.VAT22, Vat.VAT122} == UNCONFIRMED_VATS
