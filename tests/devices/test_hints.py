"""Several hints as one text for the till."""

import pytest

from devices.hints import joined


@pytest.mark.parametrize(
    ("hints", "text"),
    [
        ([], ""),
        ([("/items/2/marking", "Скан."), ("", "")], "Позиция 3: Скан."),
        ([("/items/4/price", "Б."), ("/items/0/name", "А.")], "Позиция 5: Б. Позиция 1: А."),
        ([(f"/items/{n}", "А.") for n in (6, 0, 1, 2, 1)], "Позиции 1–3, 7: А."),
        ([("/payments/1/sum", "А."), ("/payments/0", "А.")], "Оплаты 1–2: А."),
        ([("/payments", "А."), ("/items", "Б."), ("/total", "В.")], "Оплата: А. Позиция: Б. Итог чека: В."),
        ([("/customer/phones/0", "А."), ("/cashier/inn", "Б.")], "Покупатель: А. Кассир: Б."),
        ([("/colour", "А."), ("", "А."), ("/items~15", "А.")], "А."),
        ([(f"/x/{n}", f"{n}.") for n in range(7)], "0. 1. 2. 3. 4. И ещё замечаний: 2."),
    ],
)
def test_each_hint_says_where_it_belongs(hints: list[tuple[str, str]], text: str) -> None:
    assert joined(hints) == text
