"""What each word of an order's policy means and when to choose it, for docs/orders.md: from order_policy.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.orders.policy import Policy

TOLD = Path(__file__).with_suffix(".toml")

INTRO = """
## Политика · Policy

Политика магазина — `[orders] policy` в настройках ([operate.md](operate.md)), политика заказа — `policy` в `PUT`; каких
ключей в `PUT` нет, те берутся из настроек. Если не сказано ничего, действует значение, отмеченное **жирным**.

The shop's policy is `[orders] policy` of the configuration, an order's is `policy` of its `PUT`; keys that a `PUT`
leaves out are the shop's. **Bold** is the default.

| ключ · key | значение · value | что делает · what it does | когда выбирать · when to choose it |
|---|---|---|---|
"""


def policy() -> str:
    """The section's text; KeyError or ValueError when a key or a word of the policy is not told of."""
    return INTRO + "\n".join(_rows()) + "\n"


def _rows() -> Iterator[str]:
    told = tomllib.loads(TOLD.read_text(encoding="utf-8"))
    words = told.pop("words")
    for key, schema in Policy.model_json_schema()["properties"].items():
        default, choice = schema["default"], schema.get("enum", ())
        if key in words:
            others = ", ".join(f"`{word}`" for word in choice if word != default)
            yield f"| `{key}` | **`{default}`**{', ' + others if others else ''} | {_both(words[key])} | |"
            continue
        rows = told.pop(key)
        if list(rows) != choice:
            raise ValueError(f"policy {key}: {choice} are its words")
        for value, row in rows.items():
            shown = f"**`{value}`**" if value == default else f"`{value}`"
            yield f"| `{key}` | {shown} | {_both(row['does'])} | {_both(row['when'])} |"
    if told:
        raise ValueError(f"no such keys: {sorted(told)}")


def _both(words: Sequence[str]) -> str:
    russian, english = words
    return f"{russian} · {english}"
