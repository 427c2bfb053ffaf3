"""Several hints as one text that a cashier can read: each says where it belongs, what is the same is told once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: What the cashier calls the parts of a body by the first step of their pointers; and several entries of a list.
_NOUNS: Final = {
    "items": ("Позиция", "Позиции"),
    "payments": ("Оплата", "Оплаты"),
    "cashless_payments": ("Безналичная оплата", "Безналичные оплаты"),
    "customer": ("Покупатель", ""),
    "cashier": ("Кассир", ""),
    "correction": ("Коррекция", ""),
    "total": ("Итог чека", ""),
    "operation": ("Операция", ""),
    "taxation": ("Система налогообложения", ""),
}

#: Nobody reads past so many at the till; all of them stand beside their places in the answer.
_MOST: Final = 5


def joined(hints: Iterable[tuple[str, str]]) -> str:
    """Of (JSON pointer, Russian hint): "Позиции 1–3, 7: Отсканируйте код ещё раз. Оплата 2: …"."""
    found: dict[tuple[str, str], list[int]] = {}
    for pointer, hint in hints:
        head, entry = (*pointer.split("/")[1:3], "", "")[:2]
        numbers = found.setdefault((head if head in _NOUNS else "", hint), [])
        if head in _NOUNS and _NOUNS[head][1] and entry.isdecimal() and int(entry) + 1 not in numbers:
            numbers.append(int(entry) + 1)
    texts = [_text(head, numbers, hint) for (head, hint), numbers in found.items() if hint]
    rest = [f"И ещё замечаний: {len(texts) - _MOST}."] if len(texts) > _MOST else []
    return " ".join(texts[:_MOST] + rest)


def _text(head: str, numbers: list[int], hint: str) -> str:
    if not head:
        return hint
    one, many = _NOUNS[head]
    where = f"{many if len(numbers) > 1 else one} {_ranges(sorted(numbers))}".rstrip()
    return f"{where}: {hint}"


def _ranges(numbers: list[int]) -> str:
    """ "1–3, 7" of 1, 2, 3, 7."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
