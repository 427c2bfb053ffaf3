"""The page about marked goods, around the tables that the driver goes by."""

from __future__ import annotations

from collections.abc import Iterator

from devices.registers.marking import (
    ANSWER_FAULTS,
    EXPECTED,
    LOCAL_REASONS,
    MINUS,
    REASONS,
    UNMOVED,
    letter,
    planned_status,
    reason_of,
)
from devices.registers.shtrih.oism_wait import AFTER_SILENCE
from devices.registers.waiting import NOTICED
from gateway.jobs.units import BEING_SOLD, OFD_TO_SYSTEM, SOLD_HERE
from protocols.ffd.enums import Operation
from protocols.ffd.limits import MAX_MARKING_CODES
from protocols.shtrih.commands import COMMANDS
from protocols.shtrih.commands.marking import CheckCode

_CHECK_SECONDS = COMMANDS.of(CheckCode).timeout

_INTRO = f"""# Marked goods: from the code to [M+]

**По-русски.** Чек с маркированным товаром шлюз пробивает сам целиком: проверяет каждый код в фискальном накопителе и в
«Честном знаке», и только если плохих кодов нет, открывает чек. Строка с [M-] по умолчанию останавливает весь чек: он
`failed`, ничего не напечатано, в ответе названы строка, причина и что делать кассиру. Если владелец решил продавать и
такие товары, в чеке пишут `"on_marking_failure": "sell"`: чек пробьётся с [M-] и предупреждением. Если связи с «Честным
знаком» нет, товар продаётся с [M] и предупреждением. Где бы ни оборвалась связь, ни погас свет и ни упала программа,
в накопителе не остаётся наполовину принятых кодов, а проданный код уходит в «Честный знак» ровно один раз. Один и тот
же экземпляр шлюз дважды не продаст, даже если «Честный знак» о первой продаже ещё не знает.

A receipt with marked lines needs nothing but the codes; the sequence below runs by itself.

```json
{{"name": "Ботинки", "price": "4990.00", "quantity": 1, "payment_method": "full_payment",
 "payment_object": "commodity_with_marking", "vat": "vat22", "marking": {{"code": "0104600439931256215…"}}}}
```

- `marking.code` is text with GS as U+001D, `marking.code_base64` the bytes. One code is one piece: `quantity` 1, a line
  for each piece. The same unit in two lines is refused (`marking_code_twice`), and so are more than
  {MAX_MARKING_CODES} codes in a receipt. A code that names goods and no unit (volume accounting, ОСУ) may repeat.
- The code of a case or pallet and a plain bar code are refused (`marking_code_no_unit`), and so is a piece of a code:
  no tail, and a serial number of a length that no product group prints (`marking_code_cut`). КИ alone is sold as [M].
  `on_marking_failure: sell` takes them all but a pallet's SSCC.
- Part of a packaged piece: `"marking": {{"code": …, "numerator": 1, "denominator": 3}}` with quantity 1 (tag 1291).
  A register of ФФД 1.05 or 1.1 has no tag for it and refuses the line (`fraction_not_in_ffd`): it would sell the whole.
  Goods by weight or volume: a `measure` other than `piece` and the quantity in it (tags 2108, 1023).
- A gift is a line with the price `0.00` and its code, beside a line that is paid.
- Prepayments have no code: `commodity_without_marking`, `excise_without_marking`.
- The answer has a verdict for each marked line, also when these checks made the receipt fail:
  `"marking": [{{"item": 0, "result": "M+", "flags": 15}}]`; what is not M+ has `reason`, `detail` and `hint` besides.

## The sequence

ФФД 1.2, Shtrih-M names of the commands:

1. **Permit mode**, where it is configured, asks about all codes first ([permit.md](permit.md)); then the journal is
   asked whether this gateway has sold the unit already (below).
2. **Bookmark.** The journal holds where the drive stands ([exactly-once.md](exactly-once.md)).
3. **Check**, for each code: FF61 with the planned status (2003), and for measured or partial goods the measure. The
   drive checks the signature if it has the key, the register asks the marking server (ОИСМ). A code that is [M-] is
   asked about a second time at once: the line may have spoilt it; of a correction a third time, with 2003 = 255
   (below). Then FF69 accepts or rejects it. FF69's answer is the final 2106.
4. **Decide.** Any [M-] line, unless `on_marking_failure` is `sell`: the drive's table of accepted codes is emptied
   (FF69 with 2), the receipt is `failed` with the reason of the first bad line; no document was opened. All lines are
   checked even then, so that all bad ones are known at once.
5. **Receipt.** 8Dh; for each line FF46, FF4D (2108, 1260, 1291 …), FF67 with the same bytes that were checked; FF0C;
   FF45. FF67 answering that it had to check the code anew means that the drive forgot the code or the line spoilt it:
   the receipt starts anew (`marking_check_lost`); when it happens again, that verdict counts, and may still refuse.
6. **Read back.** 1163 must name the unit that was posted, 2106 what FF69 answered, 2102 is 0, 2107 is 1 exactly when a
   line is [M-]; a difference is the warning `read_back_differs`.
7. The drive's notification of the sale (document 82) goes to the ОИСМ by itself. A register that is registered as
   autonomous keeps them: `fiscal-gateway notifications LINK --out DIR` takes them out into files, and the drive forgets
   one when its file is on disk (FF71–FF73). `diagnose` says how many wait; after 30 days the drive sells no marked
   goods any more.

`POST /api/v1/marking/check` does step 3 alone and rejects the code, so that nothing stays in the drive's table. It
takes what the receipt's line will say (`operation`, `quantity`, `measure`, `numerator`, `denominator`) and asks with
the same planned status; what a receipt would refuse by pointer is refused there too ([permit.md](permit.md)).

ФФД 1.05 and 1.1 know no check: the code is written into tag 1162, the verdict is [M] with `marking_not_in_ffd`, of a
check without a receipt too.

## One unit leaves once

The drive and the ОИСМ cannot know of a sale before its notification has arrived, and before ФФД 1.2 there is none. So
the journal remembers by КИ (never with the tail) what each of its jobs moves, and a line that leaves the shop (`sell`,
`buy_refund`) is held against it before anything is sent, before a shift is opened for it even:

| of this unit, through any register of this gateway | the line |
|---|---|
| nothing is out, or what went out came back | goes on |
| more than one whole would be out: it was sold, or its parts were (the third half of a pack) | \
`{SOLD_HERE.code}`: names receipt, register, document and time of each sale |
| a receipt that moves it is under way on another register, or its fate is not settled | `{BEING_SOLD.code}` |

- What comes back (`sell_refund`, `buy`) is always taken, also if it was never sold here; from then on it is here, once.
- `failed` is proven absent, so it sold nothing. Documents that no job owns ([journal.md](journal.md)) count as sales.
- `on_marking_failure: sell` sells all the same, with the same code as a warning. Corrections tell of what is over: they
  are remembered and not judged.
- Not limited: goods by weight or volume (`measure` other than `piece`), since nobody knows how much a code holds; codes
  that name no unit or are of no known kind.
- An emulated register's sales are none of a real one's.
- A code without its tail is held against every unit that it is the beginning of: a piece of a sold code sells nothing.

The unit may have come back elsewhere. Then an authority that has had time to hear of our sale knows better: the ОИСМ,
asked about this very line at once (ФФД 1.2), or permit mode online. Its word that the unit may be sold counts when the
OFD has confirmed each sale in question, as the drive that made it says, and {OFD_TO_SYSTEM.days} day has passed since
each (UNCONFIRMED how long the ОИСМ takes). That a notification was delivered proves nothing: what the ОИСМ cannot read
it throws away. Before that a return posted here frees the unit at once, and `on_marking_failure: sell` sells it. Only
whole units: nobody but the journal counts parts, so of a unit of which a part was sold or is asked nobody's word frees
more. After an autonomous register, or one whose drive was replaced since, nothing is confirmed.

Another register is asked for this only while it is idle, and for a second at most. What was seen of a unit must still
be so in the commit that begins the receipt: of two registers at once, one sells it.

## When the marking server is silent

The register asks the ОИСМ itself, one code after another, and waits as long as its own table 19 field 7 says (the
emulated register: 15 s). No mode of FF61 leaves the ОИСМ out, so with nothing set every line of a receipt costs that
wait, and what is posted behind it waits too: 20 lines are 5 minutes. The driver gives FF61 {_CHECK_SECONDS:g} s in all.
Integrators: take `202` and ask again. The job stays `running`, after {NOTICED:g} s with the warning
`marking_waiting`, until the answer comes. Nothing is lost: the receipt is sold with [M] and `marking_server_silent`.

`options = {{ marking_wait = "5" }}` of the register lets the gateway set that wait: 5 s for the first line, and when
the ОИСМ was silent, {AFTER_SILENCE} s for each further line of that receipt (20 lines: {5 + 19 * AFTER_SILENCE} s).
The next receipt begins with 5 s again. It is written into the register only if stated, and put right at every
connection. UNCONFIRMED on real registers: that the field counts seconds, and that it covers the whole question. A wait
that is too short costs [M+] on a slow line.

## Nothing is left half accepted

| what happens | what is done |
|---|---|
| the link breaks, the power fails or the gateway is killed anywhere before FF45 | the next connection cancels an open \
receipt, asks FF70 and empties the table unless it is empty; then the drive is asked for the document, it is proven \
absent, and the whole receipt starts anew with new checks |
| the same after FF45 | the document is found in the drive; its 2106 are the verdicts of the answer |
| the register refuses any command | an open receipt is cancelled, the table emptied |
| FF61 is refused with A1h (somebody else's code waits for its decision) or A3h (table full) | the table is emptied, \
the checks begin anew, once |
| FF61 is refused with A2h (blocked: notifications wait too long) | tried again for three seconds, then the receipt is \
refused with `fn_marking_blocked`: goods without marking must not wait behind it |
| firmware without FF70 | the table is emptied at each connection |

Each of these is a row of [the fault matrix](fault-matrix.md) (`sell, marked`) or a test of its own.
"""

#: Values of 2106 that occur, and what they mean (marking.md 3.3).
_FLAGS = {
    0: "nobody checked",
    1: "the drive: bad signature; the ОИСМ was not asked",
    3: "the drive: good signature; the ОИСМ was not asked",
    5: "bad signature",
    7: "good signature, the ОИСМ: status wrong",
    15: "good signature, the ОИСМ: status right",
    16: "autonomous register, nobody checked",
    17: "autonomous register, bad signature",
    19: "autonomous register, good signature",
}
_BAD = "refused, or sold with a warning as the receipt says"


def page() -> str:
    """The whole page."""
    lines = [_INTRO, "## What the paper says", "", "| 2106 | letter | meaning | the receipt is |", "|---|---|---|---|"]
    lines += [f"| {flags} | [{letter(flags)}] | {what} | {_sold(flags)} |" for flags, what in _FLAGS.items()]
    lines += ["", "## Reasons", "", *_reasons(), "", "## What is told to the drive", "", *_planned(), ""]
    lines += ["## What the drive answers besides", "", "Why it did not check the signature by itself (FF61):", ""]
    lines += [f"- {number}: {what}" for number, what in LOCAL_REASONS.items()]
    lines += ["", "Why it rejected the server's answer (`marking_answer_rejected`):", ""]
    lines += [f"- {number}: {what}" for number, what in ANSWER_FAULTS.items()]
    return "\n".join(lines) + "\n"


def _sold(flags: int) -> str:
    if letter(flags) == MINUS:
        return _BAD
    return "sold" if reason_of(flags) in {"", *EXPECTED} else "sold, with a warning"


def _reasons() -> Iterator[str]:
    yield "`reason` of a line, and the code of the job's error ([M-], refused) or warning (sold). Of a wrong status the"
    yield "marking system tells registers no cause (tag 2109 is 2 for all of them): the reason names those that go with"
    yield "the movement that was asked for. Permit mode is told the cause itself ([permit.md](permit.md))."
    yield ""
    yield "| reason | letter | meaning | что делать |"
    yield "|---|---|---|---|"
    for row in REASONS.values():
        yield f"| `{row.code}` | [{row.result}] | {row.detail} | {row.hint} |"


def _planned() -> Iterator[str]:
    yield "The planned status (tag 2003) follows from the operation. A correction tells the movement of its operation"
    yield "too, because the sale that nobody recorded has moved nothing yet. Where the marking system finds that wrong,"
    yield f"the sale that is put right has moved the unit: then {UNMOVED} is told, and its status stays as it is (that"
    yield "the value is for this is UNCONFIRMED by a second source)."
    yield ""
    yield "| operation | whole piece | measured, or part of a piece |"
    yield "|---|---|---|"
    for operation in Operation:
        whole, measured = planned_status(operation, measured=False), planned_status(operation, measured=True)
        yield f"| `{operation}` | {whole} | {measured} |"
