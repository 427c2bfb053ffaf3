"""docs/atol.md: ATOL's commands and errors, and what about them is not certain."""

from __future__ import annotations

from emulator.registers.atol import QUIRKS
from protocols.atol.commands import COMMANDS, Command
from protocols.atol.errors import ERRORS, EXTENDED
from protocols.atol.registers import REGISTERS
from protocols.atol.vat import VAT_ROWS
from protocols.refusals import ErrorRow
from protocols.wire import Message, names_of

#: What no source settles, and the one place that says how it is taken.
_DOUBTS = (
    ("C5h: which field comes first", "`tasks.ACK_ID_FIRST`", "the task to acknowledge"),
    ("how many tasks fit the buffer", "`task_buffer.CAPACITY`", "64"),
    (
        "whether the buffer outlives a power cut",
        "`task_buffer.SURVIVES_POWER`",
        "no: B3h proves nothing, the drive is asked",
    ),
    ('92h, "do not print"', "`commands.receipts.DO_NOT_PRINT`", "04h (two sources), not 02h (one)"),
    ("9Dh: where its data begin", "`commands.state.VERSION_AT`", "the third byte (one source; another has the fourth)"),
    ("75h: a full cut", "`commands.printing.CUT_FULL`", "0 (two sources), not 4 (one)"),
    ("B8h: bytes of the tax", "`commands.receipts.TaxSum`", "seven are sent, five are read too"),
    ("92h: corrections of refunds", "`statuses.ReceiptType`", "8 and 10, as the vendor's driver numbers them"),
    ("the drawer's flag in 3Fh", "`statuses.Flag`", "set is open"),
    ("tax numbers 3, 4 and 7 to 12", "`vat.VAT_ROWS`", "those of tag 1199"),
    ("who yields when both sides enquire (protocol 2)", "`exchange_v2.DeviceV2`", "the device; its answer is lost"),
    ("E8h: page of a tag's letters, bytes of a block", "`text`, `commands.receipts.MAX_BLOCK`", "cp866; 249"),
)

#: The same of the emulated register: `emulator/registers/atol`.
_EMULATED = (
    ("whether 92h and 4Fh open the shift", "`--quirk shift-by-receipt`", "no: D4h, the drive's own refusal"),
    ("from where a mode is entered", "`--quirk free-modes`", "from mode 0, without a receipt (66h, 9Bh)"),
    ("who may enter a mode", "`state.LOWEST`", "users 1 to 30 modes 1 to 3, 29 and 30 the others"),
    ("cash in and out with the shift closed", "`rules.REFUSALS`", "D4h"),
    ("E6h, 52h, 57h without field 2-109", "`receipts.register_item`", "taken; tax 0 is none, as A4J sends it"),
    ("positions of a correction", "`receipts.begin_item`", "one in ФФД 1.05 (EEh 0101h), any number later"),
    ("a receipt without 1055", "`closing`", "the lowest taxation registered"),
    ("tags by E8h with no receipt open", "`tags`", "those of the next document"),
    ("what is in RAM", "`core.Core`", "mode, open receipt and task buffer go with the power"),
    ("a document that broke off", "`device.AtolDevice`", "67h, yet made; printed on its own when there is paper again"),
    ("58h: sums of the last shift", "`state.get_shift_totals`", "less refunds, never below zero"),
    ("register 27", "`counters`", "TLV of 1018, 1037, 1048, 1062"),
)


def page() -> str:
    lines = [
        "# ATOL: commands, errors",
        "",
        "Generated from `protocols/atol`, which driver and emulator share. Registers of the vendor's platform 2.5",
        "speak it, by protocol 3 (any link, TCP port 5555) or protocol 2 (RS-232, USB). Of newer ones nobody has",
        "described the wire: they are reached by the vendor's own web server. Marking (ФФД 1.2) is in no source.",
        "",
        "Fields are in wire order after the password (2 BCD) and the code. Time-outs are seconds. What a lost",
        "answer means says *effect*: `read` may be asked again, `draft` is undone by 59h, `fiscal` is settled by",
        "the drive.",
        "",
        "| code | name | request | answer | modes | effect | time-out | название |",
        "|---|---|---|---|---|---|---|---|",
        *(_command(COMMANDS[code]) for code in sorted(COMMANDS)),
        "",
        "## What is not certain",
        "",
        "Sources disagree or are silent. Each doubt is one row or one switch in `protocols/atol`.",
        "",
        "| what | where | taken as |",
        "|---|---|---|",
        *(f"| {what} | {where} | {taken} |" for what, where, taken in _DOUBTS),
        "",
        "## The driver",
        "",
        "Family `atol`; options `protocol` = auto, 2 or 3; `password` of the user who enters modes (30);",
        "`access`, the password before every command (0); `no_print` = 04 or 02. Behind each new connection",
        "the task buffer is cleared (C4h), and a question that is answered behind it proves that the task of",
        "before is over. Silence is met by C3h; a task that the buffer does not know (B3h) is never sent",
        "again: the drive tells. A packet is repeated only while its task has not ended. Before payments the",
        "register's own total (3Fh) is compared. 4Ah is answered without a number: the drive must stand",
        "exactly one document further. Cash in and out are settled by registers 4, 5, 8 and 9.",
        "",
        "## The emulated register",
        "",
        "`fiscal-emulator atol` is an АТОЛ 30Ф behind both protocols. The first byte that means anything fixes the",
        "protocol of a connection; the F0h packet of a task is the answer that faults strike. Documents are those that",
        "the emulated Shtrih-M makes of the same receipt, tag by tag and in the same order, but for corrections of",
        "ФФД 1.05, whose tags come in another order, the cashier's name where the host sends none, and 20 %, which a",
        "Shtrih-M turns into 22 % from 2026 on and this register leaves alone.",
        "",
        "ФФД 1.2 goes without marking: commands that the table lacks are refused with 7Ah, tags of marking with 93h.",
        "Registration has no commands on this wire either: the drive comes registered.",
        "",
        "| `--quirk` | what it changes |",
        "|---|---|",
        *(f"| `{word}` | {meaning} |" for word, meaning in QUIRKS.items()),
        "",
        "| what | where | taken as |",
        "|---|---|---|",
        *(f"| {what} | {where} | {taken} |" for what, where, taken in _EMULATED),
        "",
        "## Taxes",
        "",
        "| number | rate | sure |",
        "|---|---|---|",
        *(f"| {row.number} | `{row.vat}` | {'no' if row.unconfirmed else 'yes'} |" for row in VAT_ROWS),
        "",
        "## Registers of 91h",
        "",
        "| number | name | first | second | value | что это |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.number} | `{row.name}` | {row.first or '–'} | {row.second or '–'} | {_fields(row.value)} "
            f"| {row.title_ru} |"
            for row in REGISTERS.values()
        ),
        "",
        "## Errors",
        "",
        "| number | code | kind | meaning | значение | что делать |",
        "|---|---|---|---|---|---|",
        *(_error(f"{number:02X}h", row) for number, row in sorted(ERRORS.items())),
        *(_error(f"EEh {number:04X}h", row) for number, row in sorted(EXTENDED.items())),
    ]
    return "\n".join(lines) + "\n"


def _error(number: str, row: ErrorRow) -> str:
    return f"| {number} | `{row.code}` | {row.kind.value} | {row.detail} | {row.text_ru} | {row.hint_ru} |"


def _command(row: Command) -> str:
    modes = "any" if row.modes is None else ", ".join(str(int(mode)) for mode in sorted(row.modes))
    legacy = " (ФФД 1.0)" if row.legacy else ""
    return (
        f"| {row.label} | `{row.name}` | {_fields(row.request)} | {_fields(row.reply)} | {modes} | {row.effect.value} "
        f"| {row.timeout:g} | {row.title_ru}{legacy} |"
    )


def _fields(shape: type[Message]) -> str:
    return ", ".join(names_of(shape)) or "–"
