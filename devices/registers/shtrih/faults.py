"""What keeps a Shtrih-M register from making a receipt, all at once and before a byte goes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devices.registers.base import Identity
from devices.registers.faults import RateFault, registration_faults, unfit
from devices.registers.shtrih.plan import Planner, sums_only
from devices.registers.shtrih.profile import DeviceSettings, Profile
from devices.registers.shtrih.rates import rate_fault
from protocols.ffd.arithmetic import FLAT_TAGS
from protocols.ffd.enums import Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.rules import document_faults, is_plain, pointer_of
from protocols.ffd.tags import TAGS
from protocols.ffd.tlv import Element, TlvError, encode
from protocols.shtrih.commands import encode_request

#: Bytes of a tag's number and length.
_TLV_HEAD = 4

#: Values of table 1 field 14 that are known: the register computes the taxes, or the host does.
_TAX_BY_HOST = frozenset({0, 1})


class Judge:
    """Remembers its last answer: a receipt is judged when its turn comes, and again right before it is sent."""

    def __init__(self) -> None:
        self._last: tuple[Receipt, DeviceSettings, Identity, int] | None = None
        self._found: tuple[Fault, ...] = ()

    def faults(self, receipt: Receipt, profile: Profile, *, year: int) -> tuple[Fault, ...]:
        """`faults` of the module; whether it is the same question is seen by identity, everything being immutable."""
        last, settings, identity = self._last, profile.settings, profile.identity
        if last is None or receipt is not last[0] or settings is not last[1] or (identity, year) != last[2:]:
            self._last, self._found = (receipt, settings, identity, year), faults(receipt, profile, year=year)
        return self._found


def faults(receipt: Receipt, profile: Profile, *, year: int) -> tuple[Fault, ...]:
    """Every fault of a receipt on this register; `year` of the register's clock."""
    identity = profile.identity
    plain = is_plain(receipt)
    found = [] if plain else document_faults(receipt, identity.ffd)
    rates = _rate_fault(receipt, profile, year)
    found += registration_faults(receipt, identity, marking=identity.marking, rate_fault=rates)
    found += _settings(profile)
    if not sums_only(receipt, identity.ffd):
        found += _names(receipt)
    if plain:
        return tuple(found)
    planner = Planner(receipt, profile, password=0, year=year)
    if not found:
        found += _commands(planner)
    found += _long_tags(receipt, planner, profile.settings.max_tlv)
    return tuple(found)


def _rate_fault(receipt: Receipt, profile: Profile, year: int) -> RateFault:
    settings, without_items = profile.settings, sums_only(receipt, profile.identity.ffd)

    def fault(vat: Vat) -> Fault | None:
        if without_items and vat not in FLAT_TAGS:
            return Fault(
                "",
                "correction_vat_impossible",
                f"FF4A has no place for {vat}",
                "Чек коррекции ФФД 1.05 на этой кассе не может содержать ставки 5, 7 и 22 %.",
            )
        if settings.tax_by_host and not without_items and vat in {Vat.VAT22, Vat.VAT122}:
            return Fault(
                "",
                "register_setting",
                f"table 1 field 14 = 1: the host computes the taxes, but FF45 has no place for the sum of {vat}",
                "Установите в таблице 1 поле 14 («Начисление налогов») в 0: сумму НДС 22 % считает касса.",
            )
        return rate_fault(vat, rows=settings.tax_rows, replace=settings.replace_vat20, year=year)

    return fault


def _settings(profile: Profile) -> Iterator[Fault]:
    if profile.settings.tax_by_host not in _TAX_BY_HOST:
        yield Fault(
            "",
            "register_setting",
            f"table 1 field 14 = {profile.settings.tax_by_host}: who computes the taxes is not known",
            "Установите в таблице 1 поле 14 («Начисление налогов») в 0.",
        )


def _names(receipt: Receipt) -> Iterator[Fault]:
    for index, item in enumerate(receipt.items):
        if item.name.startswith("//"):
            yield Fault(
                f"/items/{index}/name",
                "name_is_a_command",
                "the register takes a leading // for a command not to print the line",
                "Название товара не должно начинаться с //.",
            )


def _long_tags(receipt: Receipt, planner: Planner, limit: int) -> Iterator[Fault]:
    yield from _long("", planner.receipt_tags(), limit)
    if not sums_only(receipt, planner.ffd):
        for index, item in enumerate(receipt.items):
            yield from _long(f"/1059/{index}", planner.item_tags(item), limit)


def _long(path: str, elements: Iterable[Element], limit: int) -> Iterator[Fault]:
    for element in elements:
        if (TAGS[element.tag].max_len or limit) <= limit - _TLV_HEAD:
            continue
        try:
            size = len(encode((element,)))
        except TlvError:
            continue  # ФФД's limits name it
        if size > limit:
            yield Fault(
                pointer_of(f"{path}/{element.tag}"),
                "tag_too_long",
                f"tag {element.tag} takes {size} bytes, the register's command carries {limit}",
                f"Слишком длинное значение тега {element.tag}: сократите текст.",
            )


def _commands(planner: Planner) -> Iterator[Fault]:
    commands = [(f"/items/{code.item}/marking", code.check) for code in planner.checks()]
    return unfit((*commands, *planner.lines(), ("/payments", planner.close())), encode_request)
