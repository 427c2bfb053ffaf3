"""Makes docs/orders.md: the rules as tables, and each chain as the engine plans it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from order_chains import CHAINS
from order_fields import fields
from order_policy import policy
from order_shown import chains

QUESTIONS = Path(__file__).with_name("order_questions.toml")

#: Row of the rules' reference, event, condition, documents; in Russian and in English.
RULES = (
    ("1–2", "выставлен счёт · invoice", "любая сумма · any sum", "нет · none"),
    (
        "3",
        "оплата · payment",
        "первые деньги, вся сумма неизменённого заказа · the first money, all of an order unchanged since its invoice",
        "`prepayment`",
    ),
    (
        "4",
        "оплата · payment",
        "цифровой заказ или `closing_trigger: payment`, оплачено всё · digital goods, all of it paid",
        "`full` (были авансы · after advances: `advance`, `closing`; оплачено больше · overpaid: `advance`, `closing`)",
    ),
    (
        "5",
        "оплата · payment",
        "иначе · else",
        "`advance` (политика `partial_policy: prepayment`: `partial_prepayment`)",
    ),
    (
        "6",
        "заказ изменён · PUT",
        "не закрыт · not settled",
        "нет; следующий чек — аванс · none; the next is an advance",
    ),
    ("7", "выдача · delivery", "денег столько же · money as goods", "`closing`"),
    (
        "7",
        "выдача · delivery",
        "всё выдано при оплате (строка 4) · all went with the payment (row 4)",
        "нет, ответ 200 · none, answered 200",
    ),
    (
        "8",
        "выдача с доплатой · delivery with payments",
        "денег меньше · less money than goods",
        "`advance`, `closing` (`courier: single`: `closing`)",
    ),
    (
        "9",
        "выдача без доплаты · delivery, nothing paid",
        "денег меньше · less money than goods",
        "отказ · refused (`unpaid_delivery: credit`, оплата `credit`: `closing` 1214 = 5 / 6, потом `credit_payment`)",
    ),
    (
        "10",
        "выдача · delivery",
        "денег больше · more money than goods",
        "`refund_…`, `closing` (`overpaid: keep`: `closing`)",
    ),
    ("11", "выдача с оплатой всего · all paid at delivery", "денег не было · no money before", "`full`"),
    ("12", "возврат всех денег · refund of everything", "до выдачи · before delivery", "`refund_…` каждого документа"),
    (
        "13",
        "возврат части · refund of a part",
        "до выдачи · before delivery",
        "`refund_advance`; сумма убранных позиций предоплаты: `refund_prepayment`",
    ),
    ("14", "возврат товара · return", "после выдачи · after delivery", "`refund_goods`"),
    ("15", "возврат денег · refund", "после выдачи · after delivery", "отказ · refused"),
    ("16–17", "отмена · cancel", "до выдачи · before delivery", "`refund_…` всего, что осталось"),
    (
        "18",
        "изменение, оплата · PUT, payment",
        "всё выдано · settled",
        "отказ, и на другую `taxation` · refused, another `taxation` too",
    ),
    (
        "19",
        "обмен · exchange",
        "после выдачи · after delivery",
        "`return` (строка 14), затем новый заказ · a `return` (row 14), then a new order",
    ),
    ("20", "то же событие ещё раз · same event again", "тот же id", "нет: ответ прежний · none"),
)

INTRO = """# Заказы · Orders

**Коротко.** Программа сообщает только то, что произошло с заказом: выставлен счёт, пришли деньги, товар выдан, деньги
или товар вернулись. Какие чеки и в каком порядке пробить, решает шлюз, и каждый чек пробивается ровно один раз.

**In short.** A program says only what happened to an order: an invoice was sent, money came, goods were handed over,
money or goods came back. Which receipts that takes, and in which order, is the gateway's business; each is made exactly
once.

The calls are in [integrate.md](integrate.md#orders), the refusals in [errors.md](errors.md). This page is generated
from the engine: each chain below is what `gateway/orders` plans.

## Правила · The rules

| row | что произошло · event | условие · condition | чеки · documents |
|---|---|---|---|
"""

DECISIONS = """
## Что ещё решено · What else is decided

- **Оплата не равна счёту.** Чек на аванс (строка 5) и тревога `payment_unexpected`: оплачивают счёт целиком. Денег
  больше, чем стоит заказ, — тревога `overpaid` с суммой лишнего.

  **A payment that is not the open invoice's sum** makes an advance (row 5) and the alarm `payment_unexpected`: an
  invoice is paid whole. More money than the order costs: the alarm `overpaid` tells how much.
- **Цифровой заказ оплачен с лишком** (строка 4). Товар выдан: аванс на все деньги, закрывающий чек на сумму заказа;
  лишнее остаётся у магазина с тревогой `money_left`, пока не придёт событие `refund`: сам шлюз деньги не возвращает,
  ему о возврате говорят.

  **Digital goods overpaid** (row 4). The goods have gone: an advance of all the money, a closing of the order's sum;
  the rest is held with the alarm `money_left` until a `refund` tells that it went back.
- **`digital: by_product_type`, заказ смешанный.** Хоть одна обычная позиция — обычный заказ: одна предоплата на всё,
  закрывающий чек при выдаче. Цифровое выдаётся раньше отдельным событием `delivery` с его позициями.

  **`digital: by_product_type`, a mixed order.** With one thing among the files it is an ordinary order: one
  prepayment of it all, the closing at the hand-over; a `delivery` of the files alone settles them earlier.
- **Возврат части денег** (строка 13) идёт от последнего чека к первому. Был аванс после предоплаты — сначала весь он;
  остаток предоплаты возвращается строками, только если равен сумме убранных позиций. Убрали товара на 700, позже
  доплатили 300, вернули 700: `refund_advance` 300 и `refund_advance` 400.

  **A part goes back** (row 13) from the newest document to the oldest. An advance that is newer than the prepayment
  goes first, and what is then left of the sum names lines only where it is exactly that of dropped ones: 700 of goods
  dropped, 300 paid later, 700 refunded: `refund_advance` 300 and `refund_advance` 400.
- **Новая цена позиции, часть которой выдана.** Выданное остаётся по своей цене, остаток продаётся по новой. PUT, где
  это не сходится (цена × количество с выданным), — 409 `line_settled`: оставьте в позиции выданное, а остаток по
  новой цене передайте отдельной позицией (или скидкой позиции скажите разницу). Скидка на весь заказ после частичной
  выдачи ложится на остаток.

  **A new price for a line that is partly handed over.** Units sold keep theirs, the rest sells at the new one. A PUT
  that does not add up so (price × quantity, the sold ones included) is a 409 `line_settled`: leave in the line what
  was handed over and give the rest a line of its own (or take the difference off by the line's `discount`). A
  discount of the order after a first parcel is borne by the rest.
- **Больше 128 маркированных единиц.** Заказ принимается; в чек входит 128 кодов, поэтому выдача (и возврат) большего
  — 422 `too_many_codes`: сообщайте о ней частями.

  **More than 128 marked units.** The order is accepted; a receipt holds 128 codes, so a hand-over (or return) of more
  is a 422 `too_many_codes`: tell of it in parts.
- **Система налогообложения изменилась.** Возврат (и при отмене) пробивается по системе (1055) того чека, который он
  отменяет; деньги, принятые по двум системам, возвращаются отдельными чеками.

  **Another tax system.** A refund (a cancellation's, too) bears the system (1055) of the receipt that it undoes; money
  taken under two systems goes back by a receipt of each.
- **`plan`** судит событие так же, как его примут (уже сообщённое — пустой список чеков), но разрешительный режим не
  спрашивает: его ответ узнают при самом событии или через `POST /api/v1/marking/check`.

  **`plan`** judges an event as it will be judged (one that was told already makes no document), but does not ask permit
  mode: that answer comes with the event itself, or from `POST /api/v1/marking/check`.
- **Сканирование.** Код занимает место в позиции с тем же GTIN; если такой позиции нет — в позиции, где GTIN не указан
  (у меха и алкоголя GTIN в коде нет: не указывайте его). Каждой штуке нужен код экземпляра: штрихкод (EAN), код без
  серийного номера (объёмно-сортовой учёт) и любой другой текст заказ не примет (`marking_code_no_unit`), и при
  `on_marking_failure: sell` тоже: такой чек передают сами (`POST /receipts`). Для товара на вес код без серийного
  номера годится. Код, повреждённый сканером или раскладкой, исправляется так же, как в чеке.
- **Коды из события.** Коды из `shipment` (или из `delivery`, если заказ закрывает отгрузка) занимают места так же, как
  отсканированные, и так же проверяются; повторный или опоздавший рассказ о тех же кодах ничего не меняет. При выдаче
  сначала идут названные коды, остальные — из отсканированных.
- **Лишние единицы.** Единица возвращается на полку тем же вызовом с `"remove": true`; чего не отбирали, того не убрать
  (`unit_not_picked`). Если после изменения, выдачи или отмены заказа для отсканированной единицы нет места, она
  снимается, и тревога `units_left_over` называет её, пока её не уберут так же или не придёт следующее событие.

  **Scans.** A code takes a place in the line of its GTIN; where the order has none, in the line that names no GTIN
  (codes of furs and alcohol bear none: leave it out). Each piece needs the code of a unit: a bar code (EAN), a code
  without a serial number (volume accounting, ОСУ) and any other text are refused (`marking_code_no_unit`), also with
  `on_marking_failure: sell`: who sells such goods posts the receipt (`POST /receipts`). Goods by weight may bear the
  code of the goods. What a scanner or a keyboard has done to a code is undone as in a receipt.

  **Codes of an event.** Those of a `shipment` (of a `delivery`, where the shipment closes) take places as scans do, and
  are judged alike; told late or again they change nothing. At the hand-over the codes named go first, the rest are
  those scanned.

  **Units left over.** The same call with `"remove": true` puts a unit back; one that was not picked is
  `unit_not_picked`. A unit that a change, a hand-over or a cancellation leaves no place for is dropped, and the alarm
  `units_left_over` names it until it is put back by that call, or the order's next event.
"""

ASKED = """
## Вопросы бухгалтера · An accountant's questions

| вопрос · question | ответ · answer | цепочка · chain |
|---|---|---|
"""

#: What a PUT changes, whether it is an edit, and what becomes of the version.
EDITS = (
    (
        "any other key of a line (its name, too), another cost by `discount` or `total`, a line more or less",
        "yes",
        "rises",
    ),
    ("the first lines of an order that had none", "no", "rises"),
    ("the same lines in another order; another `type` or `internet`", "no", "rises"),
    ("another `policy`, `taxation`, `customer`, `register` or what else receipts bear", "no", "stays; the last wins"),
    ("no `policy` where it had one", "no", "stays; the shop's policy holds again"),
    (
        "exactly what the order is already",
        "no",
        "stays; 200 whatever `version` it names: one that timed out is repeated",
    ),
)

VERSION = """
## Версия и изменение · Version, and what an edit is

`PUT` каждый раз передаёт заказ целиком. Изменение (строка 6: следующий чек — аванс, открытые счета недействительны) —
это другой состав. `version` растёт с составом, `type` и `internet` и защищает от чужой правки только их: политика,
система налогообложения и покупатель остаются за последним `PUT`.

A `PUT` says all of the order each time. An edit (row 6: the next receipt is an advance, open invoices are over) is
another composition. `version` rises with the lines, `type` and `internet` and protects them alone: of policy, tax
system and buyer the last `PUT` wins.

| a `PUT` with | is an edit | `version` |
|---|---|---|
"""

LAW = """
## Аванс или чек с товарами · What the tax service says

ФНС (письмо от 19.03.2021 № АБ-3-20/2062@): аванс (1214 = 3) — когда товар ещё нельзя назвать; если состав известен, чек
на деньги до выдачи — предоплата (1 или 2). Правило «после любого изменения заказа — аванс» и «аванс на разницу у двери»
строже этого не требует, но и не всегда с ним совпадает: у двери товар известен. Кому важнее буква письма, включает
`courier: single` (доплата у двери — в самом закрывающем чеке), `partial_policy: prepayment` и
`after_change: prepayment`.

The tax service reads 1214 = 3 as money for goods that cannot be named yet. At the door they can: `courier: single`
puts that money into the closing receipt itself and is the safer policy for who follows the letter. With
`partial_policy: prepayment` parts of the sum name their goods, too, and with `after_change: prepayment` a new invoice
for the changed order does.
"""

#: Event, and what it is after its documents were given up, but for those that are registered.
GIVEN_UP = (
    (
        "payment",
        "деньги не получены, счёт снова открыт; если заказ перед ней изменили, следующий чек — аванс",
        "the money counts as not received, its invoice is open; a change before it counts still",
    ),
    (
        "delivery",
        "товар не выдан; отсканированные коды остаются за заказом, названные в ней свободны; её аванс остаётся",
        "the goods are not handed over; scanned codes stay picked, those it named are free; its advance stays",
    ),
    ("refund", "деньги остаются у магазина", "the money is held still"),
    ("return", "товар у покупателя", "the goods are with the buyer"),
    (
        "cancel",
        "заказ не отменён: снова открыт, с позициями и с деньгами, которые ещё не возвращены",
        "the order is open again, with its lines and with the money that is not refunded yet",
    ),
)

ABANDONED = """
## Чек отменён вручную · A document given up

Отменён чек события — отменены и остальные его чеки, а само событие считается не бывшим, кроме того, что уже
зарегистрировано. Всё, что сообщили позже, планируется заново, как если бы этого события не было (повторная отмена
заказа уходит вместе с первой); что стало невозможным, перечислено в `refused`. Чтобы сообщить событие ещё раз, дайте
ему новый id.

Giving up a document gives up the rest of its event's documents, and the event counts as not told but for what is
registered already. What was told later is planned anew as if it had not been (a repeated cancellation goes with the
first); what became impossible stands in `refused`. To tell the event again give it a new id.

| событие · event | что после этого · what it is then |
|---|---|
"""

ATTENTION = """
## Требует внимания · What needs a look

`attention` заказа и список `GET /api/v1/orders?attention=1` составляются в момент запроса и не расходятся. Деньги без
движения дольше `[orders] idle_days` дней (30, если не сказано иное) — `money_idle`; все поводы — в
[operate.md](operate.md).

An order's `attention` and the list `GET /api/v1/orders?attention=1` are both made when asked for, so they agree. Money
that lies longer than `[orders] idle_days` days (30 unless said otherwise) is `money_idle`; the codes are in
[operate.md](operate.md).
"""


def page() -> str:
    """The page's text."""
    rules = "\n".join(f"| {' | '.join(row)} |" for row in RULES)
    given_up = "".join(f"| `{event}` | {russian} · {english} |\n" for event, russian, english in GIVEN_UP)
    edits = "".join(f"| {' | '.join(row)} |\n" for row in EDITS)
    rest = (ASKED, _asked(), VERSION, edits, LAW, ABANDONED, given_up, ATTENTION, policy(), chains(), fields())
    return INTRO + rules + "\n" + DECISIONS + "".join(rest)


def _asked() -> str:
    titles = {chain.name: chain.title for chain in CHAINS}
    told = tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["questions"]
    return "".join(
        f"| {' · '.join(one['asked'])} | {' · '.join(one['answer'])} | «{titles[one['chain']]}» |\n" for one in told
    )
