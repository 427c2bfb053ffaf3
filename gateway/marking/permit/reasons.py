"""Every verdict's reason once: stable code, English detail, what the person at the till should do (Russian)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """One row. `cloud` is the number that one cloud kassa gives the same refusal (0-6), None where it has none."""

    code: str
    detail: str
    hint: str
    allows: bool = False
    cloud: int | None = None


# --- refusals by the marking system's facts

NOT_VALID = Reason(
    "permit_not_valid",
    "the code's structure is not valid",
    "Структура кода маркировки неверна. Отсканируйте код ещё раз; если не поможет, товар продавать нельзя.",
    cloud=0,
)
NOT_FOUND = Reason(
    "permit_not_found",
    "the marking system does not know this code",
    "Код не найден в «Честном знаке». Продавать товар нельзя: отложите его и сообщите поставщику.",
    cloud=1,
)
NOT_APPLIED = Reason(
    "permit_not_applied",
    "no report says that the code was put on the goods",
    "Нет сведений о нанесении кода на товар. Продавать нельзя: отложите товар и сообщите поставщику.",
    cloud=2,
)
NOT_GENUINE = Reason(
    "permit_not_genuine",
    "the cryptographic part of the code is wrong",
    "Проверочный код не подлинный. Отсканируйте ещё раз; если не поможет, товар похож на подделку, продавать нельзя.",
    cloud=3,
)
BLOCKED = Reason(
    "permit_blocked",
    "a state authority has blocked or suspended the sale of this unit",
    "Товар заблокирован решением органа власти. Продавать нельзя: снимите его с полки.",
    cloud=6,
)
SOLD = Reason(
    "permit_sold",
    "the unit was sold already",
    "Товар с этим кодом уже продан. Продавать нельзя: возьмите другой экземпляр, этот отложите до выяснения.",
    cloud=4,
)
NOT_IN_CIRCULATION = Reason(
    "permit_not_in_circulation",
    "the unit is not in circulation",
    "Товар не введён в оборот или выведен из него. Продавать нельзя: проверьте приёмку и сообщите поставщику.",
    cloud=5,
)
EXPIRED = Reason(
    "permit_expired",
    "the unit's date is over",
    "Срок годности истёк. Продавать нельзя: снимите товар с полки.",
)
PRICE_TOO_LOW = Reason(
    "permit_price_too_low",
    "the price is below the minimal one",
    "Цена ниже минимальной розничной. Исправьте цену товара и пробейте чек заново.",
)
PRICE_TOO_HIGH = Reason(
    "permit_price_too_high",
    "the price is above the maximal one",
    "Цена выше максимальной розничной, указанной на упаковке. Исправьте цену и пробейте чек заново.",
)
UNREADABLE = Reason(
    "permit_code_unreadable",
    "the code cannot be read, so nobody can be asked about it",
    "Код маркировки не распознан. Отсканируйте его ещё раз.",
)

# --- nobody answered

NO_ANSWER = Reason(
    "permit_no_answer",
    "nobody answered whether the unit may be sold",
    "Проверить товар не удалось: нет ответа «Честного знака» и локального модуля. Проверьте интернет и повторите; "
    "если связи нет надолго, ответственный может включить аварийную продажу.",
)

# --- sales

FINE = Reason("permit_granted", "the unit may be sold", "Продажа разрешена.", allows=True)
GREY = Reason(
    "permit_grey_zone",
    "tobacco that is not traced yet may be sold though it is not in circulation",
    "Продажа разрешена: табачная продукция пока не прослеживается («серая зона»).",
    allows=True,
)
ELIMINATED = Reason(
    "permit_eliminated",
    "the unit was withdrawn for a reason that lets it be sold",
    "Продажа разрешена: товар выведен из оборота по причине, допускающей продажу.",
    allows=True,
)
EMERGENCY = Reason(
    "permit_emergency",
    "ТС ПИоТ is in its emergency mode: the sale goes without the requisite",
    "ТС ПИоТ в аварийном режиме: товар продан без проверки, реквизит 1260 не нужен.",
    allows=True,
)
BY_OPERATOR = Reason(
    "permit_by_operator",
    "nobody answered, and a person has ordered emergency sale",
    "Ответа не было: товар продан без проверки, потому что ответственный включил аварийную продажу.",
    allows=True,
)
BY_RULE = Reason(
    "permit_by_rule",
    "nobody answered, and the rule of this product group lets it be sold",
    "Ответа не было: товар продан без проверки по правилу его товарной группы.",
    allows=True,
)
NOT_ASKED = Reason(
    "permit_not_asked",
    "permit mode does not concern this line",
    "Разрешительный режим этой позиции не касается.",
    allows=True,
)
RETURN_UNCHECKED = Reason(
    "permit_return_unchecked",
    "nobody answered about a unit that a buyer brings back; it is taken back",
    "Ответа не было, но возврат это не запрещает.",
    allows=True,
)

REASONS: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        one.code: one
        for one in (
            *(NOT_VALID, NOT_FOUND, NOT_APPLIED, NOT_GENUINE, BLOCKED, SOLD, NOT_IN_CIRCULATION, EXPIRED),
            *(PRICE_TOO_LOW, PRICE_TOO_HIGH, UNREADABLE, NO_ANSWER),
            *(FINE, GREY, ELIMINATED, EMERGENCY, BY_OPERATOR, BY_RULE, NOT_ASKED, RETURN_UNCHECKED),
        )
    }
)

#: Sold without an answer: the job's answer says so in a warning.
UNCHECKED: Final = frozenset({EMERGENCY.code, BY_OPERATOR.code, BY_RULE.code})

#: `errorCode` of the marking system, as its client libraries list it.
SYSTEM_ERRORS: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "the code did not pass validation",
        2: "the code holds no GTIN",
        3: "the code holds no serial number",
        4: "the code holds forbidden characters",
        5: "the form of the cryptographic part does not fit the kind of code",
        6: "the signature is not valid",
        7: "the verification key is not valid",
        8: "the code did not pass verification in the country of its emitter",
        9: "application identifiers of the code are not supported",
        10: "the code is not in ГИС МТ",
        11: "the code is not in the cross-border base",
    }
)
