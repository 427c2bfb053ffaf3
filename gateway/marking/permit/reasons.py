"""Every verdict's reason once: stable code, English detail, what the person at the till should do (Russian)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One row. `allows`: the unit changes hands all the same."""

    code: str
    detail: str
    hint: str
    allows: bool = False


# --- refusals by the marking system's facts

NOT_VALID = Reason(
    code="permit_not_valid",
    detail="the code's structure is not valid",
    hint="Структура кода маркировки неверна. Отсканируйте код ещё раз; если не поможет, товар продавать нельзя.",
)
NOT_FOUND = Reason(
    code="permit_not_found",
    detail="the marking system does not know this code",
    hint="Код не найден в «Честном знаке». Продавать товар нельзя: отложите его и сообщите поставщику.",
)
NOT_APPLIED = Reason(
    code="permit_not_applied",
    detail="no report says that the code was put on the goods",
    hint="Нет сведений о нанесении кода на товар. Продавать нельзя: отложите товар и сообщите поставщику.",
)
NOT_GENUINE = Reason(
    code="permit_not_genuine",
    detail="the cryptographic part of the code is wrong",
    hint="Проверочный код не подлинный. Отсканируйте ещё раз; если не поможет, это подделка: продавать нельзя.",
)
BLOCKED = Reason(
    code="permit_blocked",
    detail="a state authority has blocked or suspended the sale of this unit",
    hint="Товар заблокирован решением органа власти. Продавать нельзя: снимите его с полки.",
)
SOLD = Reason(
    code="permit_sold",
    detail="the unit was sold already",
    hint="Товар с этим кодом уже продан. Продавать нельзя: возьмите другой экземпляр, этот отложите до выяснения.",
)
NOT_IN_CIRCULATION = Reason(
    code="permit_not_in_circulation",
    detail="the unit is not in circulation",
    hint="Товар не введён в оборот или выведен из него. Продавать нельзя: проверьте приёмку и сообщите поставщику.",
)
EXPIRED = Reason(
    code="permit_expired",
    detail="the unit's date is over",
    hint="Срок годности истёк. Продавать нельзя: снимите товар с полки.",
)
PRICE_TOO_LOW = Reason(
    code="permit_price_too_low",
    detail="the price is below the minimal one",
    hint="Цена ниже минимальной розничной. Исправьте цену товара и пробейте чек заново.",
)
PRICE_TOO_HIGH = Reason(
    code="permit_price_too_high",
    detail="the price is above the maximal one",
    hint="Цена выше максимальной розничной, указанной на упаковке. Исправьте цену и пробейте чек заново.",
)
UNREADABLE = Reason(
    code="permit_code_unreadable",
    detail="the code cannot be read, so nobody can be asked about it",
    hint="Код маркировки не распознан. Отсканируйте его ещё раз.",
)

# --- nobody answered

NO_ANSWER = Reason(
    code="permit_no_answer",
    detail="nobody answered whether the unit may be sold",
    hint="Проверить товар не удалось: нет ответа «Честного знака» и локального модуля. Проверьте интернет и повторите; "
    "если связи нет надолго, ответственный может включить аварийную продажу.",
)

#: The same hint where more is known of who did not answer, and what to do about each.
NO_ANSWER_BECAUSE: Final = (
    "Проверить товар не удалось. {} Если не помогает, ответственный может включить аварийную продажу."
)
CONNECTION: Final = "Проверьте интернет и повторите."

# --- sales

FINE = Reason(
    code="permit_granted",
    detail="the unit may be sold",
    hint="Продажа разрешена.",
    allows=True,
)
GREY = Reason(
    code="permit_grey_zone",
    detail="tobacco that is not traced yet may be sold though it is not in circulation",
    hint="Продажа разрешена: табачная продукция пока не прослеживается («серая зона»).",
    allows=True,
)
ELIMINATED = Reason(
    code="permit_eliminated",
    detail="the unit was withdrawn for a reason that lets it be sold",
    hint="Продажа разрешена: товар выведен из оборота по причине, допускающей продажу.",
    allows=True,
)
EMERGENCY = Reason(
    code="permit_emergency",
    detail="ТС ПИоТ is in its emergency mode: the sale goes without the requisite",
    hint="ТС ПИоТ в аварийном режиме: товар продан без проверки, реквизит 1260 не нужен.",
    allows=True,
)
BY_OPERATOR = Reason(
    code="permit_by_operator",
    detail="nobody answered, and a person has ordered emergency sale",
    hint="Ответа не было: товар продан без проверки, потому что ответственный включил аварийную продажу.",
    allows=True,
)
BY_RULE = Reason(
    code="permit_by_rule",
    detail="nobody answered, and the rule of this product group lets it be sold",
    hint="Ответа не было: товар продан без проверки по правилу его товарной группы.",
    allows=True,
)
NOT_ASKED = Reason(
    code="permit_not_asked",
    detail="permit mode does not concern this line",
    hint="Разрешительный режим этой позиции не касается.",
    allows=True,
)
RETURN_UNCHECKED = Reason(
    code="permit_return_unchecked",
    detail="nobody answered about a unit that a buyer brings back; it is taken back",
    hint="Ответа не было, но возврат это не запрещает.",
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
