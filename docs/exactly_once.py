"""The page about settling, around the two tables that the driver and the worker go by."""

from __future__ import annotations

from devices.registers.doubts import DOUBTS
from devices.registers.settling import SETTLING, Asked, Lost, Row
from devices.registers.shtrih.certainty import MOMENTS, Proof
from devices.registers.timing import SHORTEST, Timeouts

_ASKED = {
    None: "nothing",
    Asked.ARCHIVE: "the drive: every document since",
    Asked.CASH: "the register: count and sum of cash operations",
    Asked.REPORTS: "the register: count of X reports",
}
_LOST = {Lost.SETTLE: "settle", Lost.AGAIN: "do it again", Lost.GIVE_UP: "give up"}

_INTRO = """# Exactly once

**По-русски.** Ответ кассы может потеряться: оборвался кабель, пропало питание, зависла сеть. Чек при этом мог
пробиться, а мог и нет. Шлюз никогда не гадает и не повторяет вслепую. До первого байта он записывает в журнал, на
каком документе стоит фискальный накопитель. После потери ответа подключается заново, отменяет недоделанный документ и
читает из накопителя всё, что появилось с тех пор. Отказу кассы он верит со второго раза. Нашёлся документ с нашим
содержанием — задание выполнено. Не нашёлся — доказано, что его нет, и чек пробивается заново. Если доказать нельзя
(накопитель заменили, порт отдавали другой программе, одинаковых документов несколько), задание остаётся в состоянии
`settling`, предупреждение называет номера документов и суммы, которые нужно проверить человеку, и его ответ
(`resolve`) записывается. `failed` всегда значит: документа нет.

A register executes a command and then answers. When the answer does not come, the document may exist or not, and
neither repeating nor giving up is right. So the gateway asks the one witness that keeps everything: the fiscal drive.

1. **Bookmark.** Before the first byte of a command goes out, the journal holds where the drive stands: its number, its
   last document, the shift, and for cash and X reports the register's counters.
2. **Fence.** After any doubt a new connection first drains what the old one left behind, then cancels whatever is open.
   From there on nothing of the old attempt can become a document, on any line that keeps bytes in order.
3. **Ask.** Every document between the bookmark and the fence is read from the drive and compared by content: kind,
   operation, sums, payments, every line with every tag, the buyer, the correction's basis, each document in the ФФД
   version it names itself. The cashier is compared for shifts only: a register may put its own operator on a receipt.
4. **Judge.** One document with our content that no other job owns is ours. None: proven absent, so it may be sent
   again. More than one: somebody else works on the register, and a person decides.

What came of it all is in [the fault matrix](fault-matrix.md) (every command × every fault, one test a row) and in
[the campaigns](campaigns.md) (random faults by the hundred thousand).

## What is known after each byte

Of a Shtrih-M command, in both framings (v1: ENQ/ACK/NAK; v2: numbered packets). *Executed or refused* means that
nothing of it can still happen. The table is `devices/registers/shtrih/certainty.py`, and the driver keeps track of the
moment. A test breaks the line after every byte of the closing command in both directions, of the others after sampled
ones, and holds the emulated register against this table.

| moment | what the host has seen | proven, v1 | proven, v2 | asked next | what that proves |
|---|---|---|---|---|---|
"""

_TIMES = """
Of **Пирит** (Viki Print): each frame bears an id, answers come in the order of the requests and never a second time.

- Nothing came back: unknown. After `answer` a question for the state goes out behind the command; once that is
  answered, the command's own answer is lost or it never arrived. Questions themselves are asked again.
- Error 05 or 07 to the frame: **not executed**, it is sent again under a new id, at most 10 times.
- A spoilt answer: unknown, and it is never repeated. A whole one: **executed or refused**; of a document number that
  the drive does not have nothing is believed, it is settled like a lost answer.
- What a new connection clears away: work not begun (10, told the register's own time), a document in work (32), one
  that is in the drive and not on paper (31 again, which makes nothing new), an end of the shift that broke off (21
  again, only where the drive's shift is closed). 52 compares the total before anything is paid: a line that came late,
  twice or spoilt is cancelled.

Of **ATOL** on the wire: protocol 2 is a talk of single bytes (ENQ, ACK, EOT), protocol 3 has numbered packets and a
buffer of tasks.

- Protocol 3: B3 to a task (unknown) or a buffer that is not as it was left: unknown. A5 (a task before it failed):
  **not executed**, the buffer is emptied (C4) and the command sent anew. Only a packet whose task has not ended is
  ever repeated: its number is free afterwards, and the same bytes would be carried out twice.
- What a new connection clears away: C4 empties the buffer, and a question answered behind it proves that the old task
  is over; in protocol 2 the line comes to rest by its time-outs. Then the open document is cancelled.
- 4Ah carries no number, so the drive must stand exactly one document further; the register's own total (3Fh) is
  compared before anything is paid. What settling reads of the drive must be heard alike twice, for a packet's sum is
  one byte.

Of **ATOL's web server**: a call is a task under an id of ours, made of the drive's number, its last document and the
attempt, and the server carries it out whenever it can.

- No answer to a call: unknown. A harmless question is sent under the same id: 201 proves that the call never came
  (and under that id never can), 409 that it is there, and its end is waited for.
- A queue that is `blocked` (the server does not know itself what its register did): the job stays `settling` and says
  what to do there. A server that forgets its requests within the hour is not worked with.

Of Shtrih-M:

After a power failure a device has forgotten its answer, so it says NAK (v1) or counts packets afresh (v2): row `empty`.
A command is sent a second time on the same connection only in row `repelled`, and in v2, where a number is executed
once.

How fast it is noticed (`timeouts` per register, seconds): a silent register is asked after `answer` = {answer:g};
what an enquiry can tell is known after `confirm` = {confirm:g} more. On a network a register that says nothing at all
for `unheard` = {unheard:g} is given up, even while a proxy or a half-dead network module acknowledges in its name;
one that acknowledged the command and works has `busy` = {busy:g} (so has every making command in v2, which has no
ACK), a long report (Z, marking checks) the time of its table. On serial lines commands that make something keep the
table's time. Giving up is harmless, since settling finds the document; the next attempts to connect come 0.05 to 1.2
s apart. `answer` and `confirm` may not be shorter than {shortest:g}: an enquiry sooner than a register gives up half a
frame could take the place of lost bytes.

## How each command is settled

`devices/registers/settling.py` is this table; `devices/registers/verdicts.py` holds the judges, pure functions.

| command | known before | asked after a lost answer | exists | absent | others' | left to a person when |
|---|---|---|---|---|---|---|
"""

_REST = """
Cash operations leave no document. Count and sum decide together: one operation more whose sum is ours is ours; one of
another sum is a cashier's; when the sum grew by less than ours and a kopeck for each other one, ours is not among them.

A shift that is opened or closed for a receipt has no job: after a lost answer the shift's own state tells.

When the register refuses, its word is not enough either: the drive is asked before anybody hears `failed` or `held`. A
refusal that comes late, or contradicts the drive, is settled like a lost answer.

A refusal for good is believed **when it comes twice**. What a register refuses is what arrived: a v1 frame is checked
by one byte (XOR), so one in 256 spoilt commands passes the check, and a good receipt is answered with a wrong
password, length or parameter. So after the first refusal, with proof that nothing exists, the job is `queued` again
without a word and is attempted once more from its start behind a new connection; refused again, whatever with, it is
`failed` with the second error. This holds for a shift opened on the way and for questions asked before too. It does
not hold for what the gateway refuses by itself (the same data give the same answer) nor for text and copies, which
would be printed twice. Refusals to be spoken to at all (a wrong password while connecting) fail no job: it is `held`.

## When a person is asked

The job stays `settling` with the warning `cannot_be_proven`, blocks nobody, and says which documents or sums to look
at. `POST /api/v1/receipts/{id}/resolve` takes the verdict, which is kept in `result.resolved` with its moment and the
name of the token that it came with. Should the drive show the document after all, the drive outranks the verdict.

Only `other_drive` may end without a person: when a connection finds the drive of the job's bookmark on the port again,
the job is settled at once, before newer ones (event `drive_returned` with the drive and the jobs). Documents are proof
however long the drive was away; counters are not, so cash stays in doubt (`drive_away`). A register that is exchanged
behind a converter breaks no line: the drive's number is compared before each command that is settled and at each look
(`drive_changed` connects anew).

| reason | look at |
|---|---|
"""

_LIMITS = """
## Limits, said plainly

- Two programs that make *exactly* the same receipt on one register, while ours is in doubt and never arrived: the other
  one's is taken for ours. One document with our content exists, and nothing in it says whose it is. So it is with a
  register that was exchanged for another one and worked elsewhere until it was back.
- Firmware that cannot read documents back (FF3A): kind, operation and total are all there is to compare.
- A line that lets a hundred later frames overtake an old one (no network or converter is known to): in v1 a closing
  command held back that long may close a half-made receipt. It is reported as `foreign_documents`; ours is made whole.
- A spoilt command that passes the one-byte check *and* means something is executed: the register makes another
  document than was asked for (a price with two changed digits, of which the payment is enough). The document is
  read back and compared as always, so the job is `done` with the warning `read_back_differs`, which names both
  values; what follows is a correction, and a person's affair. When
  the answer is lost as well, the drive shows a document that is nearly ours, and a person decides. v2 has a two-byte
  checksum.
- What is only printed may be on the tape twice or not at all; nothing fiscal hangs on it.
"""


def page() -> str:
    """docs/exactly-once.md."""
    times = Timeouts()
    named = {"answer": times.answer, "confirm": times.confirm, "unheard": times.unheard, "busy": times.busy}
    named["shortest"] = SHORTEST
    moments = [
        f"| `{moment}` | {row.seen} | {_proof(row.v1)} | {_proof(row.v2)} | {row.asked} | {row.then} |"
        for moment, row in MOMENTS.items()
    ]
    commands = [f"| `{command}` | {_command(row)} |" for command, row in SETTLING.items()]
    doubts = [f"| `{doubt}`: {row.title} | {row.look} |" for doubt, row in DOUBTS.items()]
    return (
        _INTRO
        + "\n".join(moments)
        + "\n"
        + _TIMES.format(**named)
        + "\n".join(commands)
        + "\n"
        + _REST
        + "\n".join(doubts)
        + "\n"
        + _LIMITS
    )


def _proof(proof: Proof | None) -> str:
    return "–" if proof is None else f"**{proof}**" if proof is not Proof.UNKNOWN else str(proof)


def _command(row: Row) -> str:
    doubts = ", ".join(f"`{doubt}`" for doubt in DOUBTS if doubt in row.doubts) or "–"
    asked = _ASKED[row.asked] if row.lost is Lost.SETTLE else _LOST[row.lost]
    return f"{row.known} | {asked} | {row.exists} | {row.absent} | {row.foreign} | {doubts}"
