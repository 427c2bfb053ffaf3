"""Marking codes of «Честный знак»: kinds, parts, damage and its repair, product groups, tags.

`parse` takes whatever a scanner, a keyboard or a program hands over and repairs what is provable; `read` sees a code as
a register does, byte for byte. Source: marking.md, the GS1 General Specifications, public codes and vendor examples.
"""

from protocols.marking.code import GS, LONGEST, Code, CodeError, Kind, Warning_
from protocols.marking.guesses import Guess, groups
from protocols.marking.parsing import LONGEST_INPUT, parse
from protocols.marking.recognise import read
from protocols.marking.tags import (
    code_type,
    control_code,
    equivalents,
    identifier,
    marking_code,
    product_code,
    product_code_bytes,
    unit_named,
)

__all__ = [
    "GS",
    "LONGEST",
    "LONGEST_INPUT",
    "Code",
    "CodeError",
    "Guess",
    "Kind",
    "Warning_",
    "code_type",
    "control_code",
    "equivalents",
    "groups",
    "identifier",
    "marking_code",
    "parse",
    "product_code",
    "product_code_bytes",
    "read",
    "unit_named",
]
