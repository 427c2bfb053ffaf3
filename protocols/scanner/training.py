"""How a scanner is set up, learnt from one scan of a code whose content is known.

What it sent is laid over the known code: what stands before is the prefix, what stands where GS should be is its
substitute, what stands behind is the suffix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocols.scanner import keys
from protocols.scanner.aim import split_aim
from protocols.scanner.keyboard import END, GS, Typist, character

#: A code with separators and letters of both cases to be printed and scanned for training: a unit that does not exist.
SAMPLE: Final = b'0104600000000008215Trn-"Aa%\x1d91Test\x1d92aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789+/aBcDe='

#: Tokens of one scan at most.
_MOST: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What was learnt; `ok`: with this the codes will be right.

    `gs` is the chord or text sent for GS, "" when it is lost, None when GS comes as itself; `prefix` and `suffix` are
    text, `symbology` is the AIM id when the prefix ends with one, `advice` Russian sentences.
    """

    ok: bool
    gs: str | None = None
    caps_lock: bool = False
    prefix: str = ""
    symbology: str | None = None
    suffix: str = ""
    advice: tuple[str, ...] = ()


def learn_bytes(heard: bytes, known: bytes = SAMPLE) -> Training:
    """From what a serial or HID-POS scanner sent for `known` (GS as 1Dh, no AIM id)."""
    return _learn([chr(byte) for byte in heard[:_MOST]], known, caps_lock=False)


def learn_keys(packed: bytes, known: bytes = SAMPLE) -> Training:
    """From the key events (`keys.Event.pack`) of one scan of `known`."""
    first = _learn(_tokens(packed, caps_lock=False), known, caps_lock=False)
    return (
        first
        if first.ok or first.gs == ""
        else _better(first, _learn(_tokens(packed, caps_lock=True), known, caps_lock=True))
    )


def _better(first: Training, second: Training) -> Training:
    return second if second.ok else first


def _tokens(packed: bytes, *, caps_lock: bool) -> list[str]:
    typist = Typist(caps_lock=caps_lock)
    found = [typist.token(event) for event in keys.events(packed)]
    return [token for token in found if token][:_MOST]


def _learn(tokens: Sequence[str], known: bytes, *, caps_lock: bool) -> Training:
    parts = known.decode("latin-1").split(GS)
    for start in range(len(tokens)):
        end = start + len(parts[0])
        if tuple(tokens[start:end]) != tuple(parts[0]):
            continue
        laid = _lay(tokens, end, parts[1:])
        if laid is not None:
            return _told(tokens[:start], laid[0], tokens[laid[1] :], caps_lock=caps_lock)
    return Training(ok=False, advice=(_NOT_THE_CODE,))


def _lay(tokens: Sequence[str], at: int, parts: Sequence[str]) -> tuple[tuple[str, ...] | None, int] | None:
    """What stands for GS (the same every time) and where the code ends; None when the rest of it is not there."""
    if not parts:
        return None, at
    for length in range(len(tokens) - at - sum(map(len, parts)) + 1):
        between = tuple(tokens[at : at + length])
        place = at
        for part in parts:
            if tuple(tokens[place : place + length]) != between:
                break
            place += length
            if tuple(tokens[place : place + len(part)]) != tuple(part):
                break
            place += len(part)
        else:
            return between, place
    return None


def _told(before: Sequence[str], between: tuple[str, ...] | None, after: Sequence[str], *, caps_lock: bool) -> Training:
    prefix = _text(before)
    symbology, prefix = _aim_in(prefix)
    suffix = _text(after)
    lost = between == ()
    natural = between is None or _text(between) == GS
    advice = [
        *((_LOST,) if lost else ()),
        *((_CHORD.format("".join(between or ())),) if not lost and not natural else ()),
        *((_NO_END,) if not suffix else ()),
        *((_NO_AIM,) if symbology is None else ()),
    ]
    return Training(
        ok=not lost,
        gs=None if natural else "".join(between or ()),
        caps_lock=caps_lock,
        prefix=prefix,
        symbology=symbology,
        suffix=suffix,
        advice=tuple(advice),
    )


def _aim_in(prefix: str) -> tuple[str | None, str]:
    """The AIM id before or behind a prefix of the shop's own, and that prefix."""
    for at in (0, max(len(prefix) - 3, 0)):
        symbology, _ = split_aim(prefix[at:].encode("latin-1", "replace"))
        if symbology is not None:
            return symbology, prefix[:at] + prefix[at + 3 :]
    return None, prefix


def _text(tokens: Sequence[str]) -> str:
    """Tokens as the characters they are by their nature; a chord without one keeps its name."""
    return "".join(character(token, frozenset()) or token for token in tokens).replace(END + "\n", END)


_LOST: Final = "Сканер не передаёт разделитель GS. Включите передачу FNC1/GS настроечным кодом из руководства сканера."
_CHORD: Final = "Вместо GS сканер шлёт {}. Запишите это в настройку gs сканера или включите передачу GS."
_NO_END: Final = "Сканер не шлёт суффикс. Включите суффикс CR (Enter)."
_NO_AIM: Final = "Сканер не шлёт идентификатор AIM. Включите префикс «AIM ID»: так видно, GS1 это или нет."
_NOT_THE_CODE: Final = (
    "Пришёл не тот код или сканер меняет буквы. Отсканируйте учебный код целиком; для клавиатурного режима поставьте"
    " раскладку США."
)
