"""What a masked trace of Пирит shows: shapes and numbers of the register, nothing of people."""

from __future__ import annotations

import pytest

from gateway import masking
from protocols.pirit.commands import COMMANDS, Command
from protocols.pirit.commands.base import Echo
from protocols.pirit.explain import Sender, explain
from protocols.pirit.framing import Reply, Request, encode_reply, encode_request

#: A number that no pattern knows for what it is.
NAME, NUMBER = "Пётр Петров", "77712"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.label)
def test_no_word_that_a_host_sends_or_a_register_answers_is_shown(command: Command) -> None:
    number = "" if command.sub is None else f"{command.sub}\x1c"
    data = (number + f"{NAME}\x1c" * 20).encode("cp866")
    asked = encode_request(Request(0x20, command.code, data))
    told = encode_reply(Reply(0x20, command.code, 0, data if command.echo is not Echo.NONE else data[len(number) :]))
    refused = encode_reply(Reply(0x20, command.code, 1, data))
    for raw, sender in ((asked, Sender.HOST), (told, Sender.DEVICE), (refused, Sender.DEVICE), (asked[:-1], None)):
        shown = "\n".join(masking.explanation(explain(raw, sender)))
        assert shown
        assert "Пет" not in shown
        assert NAME.encode("cp866")[:3].hex(" ") not in shown


@pytest.mark.parametrize(
    ("command", "before"),
    [(0x31, 1), (0x31, 9), (0x24, 4), (0x24, 7), (0x24, 8), (0x58, 18)],
)
def test_numbers_of_people_are_hidden(command: int, before: int) -> None:
    fields = {0x58: ["Петров", *["0"] * 5, "0", "230124", "1"], 0x31: ["2"]}.get(command, [])
    data = "".join(f"{field}\x1c" for field in [*fields, *[""] * (before - len(fields)), NUMBER])
    shown = "\n".join(masking.explanation(explain(encode_request(Request(0x20, command, data.encode("cp866"))))))
    assert NUMBER not in shown
    assert "не разобрано" not in shown
