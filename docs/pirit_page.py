"""docs/pirit.md: commands, errors and VAT rows of Viki Print / Пирит, and what about them is not certain."""

from __future__ import annotations

from emulator.registers.pirit import QUIRKS
from protocols.pirit.commands import COMMANDS, Command, Echo, Line
from protocols.pirit.errors import ERRORS
from protocols.pirit.extended import EXTENDED
from protocols.pirit.messages import Texts, versions
from protocols.pirit.vat import VAT_ROWS
from protocols.wire import names_of

#: What no source settles, and the one place that says how it is taken.
_DOUBTS = (
    ("how a literal `$` travels in a marking code", "`fields.ESCAPE_DOLLAR`", "`$24`"),
    ("letters above F0h («ё», «№»)", "`fields.LAST_CHARACTER`", "sent, though the manual's range ends at F0h"),
    (
        "whether replies with hexadecimal blocks (78/11, 12, 13, 16, 21) begin with the query's number",
        "`commands.base.Echo.EITHER`",
        "both are read (the manual says yes, the vendor's library no)",
    ),
    ("size of the device's buffer (error 04)", "`framing.MAX_REQUEST`", "8192 bytes"),
    ("VAT rows of 5, 7 and 22 %", "`vat.VAT_ROWS`", "6 to 11; what settings 40 and 41 say wins"),
    ("paper of Viki Mini and Viki Tower", "`models.MODELS`, `doubts`", "57 mm; query 02/16 says what is in it"),
    (
        "what 31's flags are",
        "`statuses.CloseFlag`",
        "bit 0: settlement on the Internet (1125), as the vendor's library says",
    ),
    (
        "how long a marking code may be",
        "`commands.marking.MarkingCode`",
        "256 bytes; the manual says 128, real ones have 129",
    ),
    (
        "that requests are carried out and answered in their order in asynchronous mode too",
        "`devices/registers/pirit/exchange.py`",
        "relied on: a later answer proves that an earlier one is lost",
    ),
    (
        "what 24 wants as 1162 in ФФД 1.05",
        "`devices/registers/pirit/plan.py`",
        "the code as scanned; the Viki manual has a table of first bytes that fits the tag's own",
    ),
    ("Punix 1.05: two address parameters in 30 and 71", "`commands.receipts`, `commands.shifts`", "not sent"),
)
#: The same of the emulated register: `emulator/registers/pirit`.
_EMULATED = (
    ("what wants the beginning of work", "`rules.check`", "whatever makes, opens or prints something (01, extended 1)"),
    ("a lost clock", "`state.begin_work`", "10 is wanted again and sets it, however far it is off"),
    ("whether 32 wants paper", "`receipts.cancel_document`", "no: it prints nothing then"),
    ("a refusal in packet mode, then 31", "`closing.close_document`", "31 ends packet mode; the document stays open"),
    (
        "printing that broke off",
        "`core.unprinted`, `rules`",
        "08 or 09, yet made: a receipt goes on by 31 (state 8), a shift's end by 21 (flag 100h), the rest by paper",
    ),
    (
        "what of a receipt a power cut leaves",
        "`core.Core`",
        "nothing, nor of checked codes; 01/7 does not count it",
    ),
    ("45 and 64", "`receipts`", "the total (1020) is less, the items stay as they are"),
    (
        "when a drawer that holds too little refuses",
        "`closing`, `receipts.cash_in_out`",
        "at 31 of a receipt, at 48 (0E)",
    ),
    ("the type of a correction with items (ФФД 1.05)", "`corrections`", "as in ФФД 1.2: 9 to 12"),
    ("79/15: what the host says of the check", "`marking.attach_code`", "the drive's own word counts; 7E without one"),
    ("79/1: an answer that the drive does not take", "`marking.check_code`", "as none: 2005, 2105 and 2109 are empty"),
    ("31: citizenship 0", "`item_tags.buyer`", "none: the vendor's own client sends it with every receipt"),
    ("63 with a drive of the real kind", "`registering.zero`", "42; a test drive is made new with the register"),
    (
        "setting 2: expired shifts opened anew, numbers of receipts by the host",
        "`protocols.pirit.settings`",
        "kept, without effect",
    ),
)
_LINES = {Line.FM16: "Viki", Line.PIRIT_2F: "2Ф", Line.PUNIX: "2СФ"}


def page() -> str:
    lines = [
        "# Viki Print / Пирит: commands, errors",
        "",
        "Generated from `protocols/pirit`, which driver and emulator share. 57600 8N1, or TCP through the vendor's",
        "service (port 50003). Fields are in wire order after password, id and number; `?` may be left off, (1.2) and",
        "(1.05) exist in that ФФД only. Time-outs are seconds. What a lost answer means says *effect*: `read` may be",
        "asked again, `draft` is undone by 32, `fiscal` is settled by the drive (03/2, 78/3, 78/15). *silent*: no",
        "reply to success in packet mode. *stages*: ACK, raw bytes, then the reply.",
        "",
        "| command | name | request | reply | effect | | time-out | models | название |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_command(row) for row in sorted(COMMANDS.values(), key=_order)),
        "",
        "## What is not certain",
        "",
        "Sources disagree or are silent. Each doubt is one row or one switch in `protocols/pirit`.",
        "",
        "| what | where | taken as |",
        "|---|---|---|",
        *(f"| {what} | {where} | {taken} |" for what, where, taken in _DOUBTS),
        "",
        "## The emulated register",
        "",
        "`fiscal-emulator pirit` is a Viki Print 80+ (`Viki` in the table above): commands of other models are",
        "answered 02. Documents are those that the emulated Shtrih-M makes of the same receipt, tag by tag; the one",
        "difference is 20 %, which a Shtrih-M turns into 22 % from 2026 on and this register leaves alone.",
        "It works in ФФД 1.05 and 1.2.",
        "Faults name a query by its row (`drop_answer:command=select_document`) or by both numbers (`780F` is 78/15).",
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
        "| row | rate | sure |",
        "|---|---|---|",
        *(f"| {row.row} | `{row.vat}` | {'no' if row.unconfirmed else 'yes'} |" for row in VAT_ROWS),
        "",
        "## Errors",
        "",
        "*concludes*: what became of the command. Errors 01 and 03 have an extended code, below.",
        "",
        "| number | code | kind | concludes | значение | что делать |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.number:02X} | `{row.code}` | {row.kind.value} | {row.conclusion.value} "
            f"| {row.text_ru} | {row.hint_ru} |"
            for row in ERRORS.values()
        ),
        "",
        "## Extended codes (06/1)",
        "",
        "| number | code | kind | значение | что делать |",
        "|---|---|---|---|---|",
        *(
            f"| {number} | `{row.code}` | {row.kind.value} | {row.text_ru} | {row.hint_ru} |"
            for number, row in sorted(EXTENDED.items())
        ),
    ]
    return "\n".join(lines) + "\n"


def _order(row: Command) -> tuple[int, int]:
    return row.code, -1 if row.sub is None else row.sub


def _command(row: Command) -> str:
    marks = [word for word, is_so in (("silent", row.silent), ("stages", row.two_stage)) if is_so]
    marks += [f"ФФД {row.ffd}"] if row.ffd else []
    marks += ["no number"] if row.echo is Echo.NONE else []
    lines = "all" if row.lines is Line.ALL else ", ".join(word for line, word in _LINES.items() if line in row.lines)
    return (
        f"| {row.label} | `{row.name}` | {_fields(row.request)} | {_fields(row.reply)} | {row.effect.value} "
        f"| {', '.join(marks)} | {row.timeout:g} | {lines} | {row.title_ru} |"
    )


def _fields(shape: type[Texts]) -> str:
    only = versions(shape)
    return (
        ", ".join(
            f"{name}{'?' if hasattr(shape, name) else ''}{f' ({only[name]})' if name in only else ''}"
            for name in names_of(shape)
        )
        or "–"
    )
