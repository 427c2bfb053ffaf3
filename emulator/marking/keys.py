"""The crypto part of codes: a test key that signs the labels the emulator draws, so that a spoilt one is found out.

Real codes are signed with keys that nobody outside has; their key ids (AI 91) are unknown to an emulated drive, which
then says so (reason 2) and leaves the judgement to the marking system. A code signed under `KEY_ID` is checked, by the
drive and by the emulated ОИСМ alike: 88 characters as the real ones of two curves' points, 44 as the short ones.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import blake2b
from typing import Final

#: AI 91 of codes signed with the test key.
KEY_ID: Final = b"7E57"
_KEY: Final = b"fiscal-emulator, test marking key"
#: Length of AI 92 -> bytes under its Base64.
_SIZES: Final = {88: 64, 44: 32}
_TAIL = re.compile(rb"\x1d91([^\x1d]*)\x1d92([^\x1d]*)\Z")


def tail(cis: bytes, length: int = 88) -> bytes:
    """`GS 91 key GS 92 signature` for a code's identification part; the signature has 88 or 44 characters."""
    return b"\x1d91" + KEY_ID + b"\x1d92" + _signature(cis, length)


def signed(cis: bytes, length: int = 88) -> bytes:
    """A whole genuine code."""
    return cis + tail(cis, length)


def genuine(code: bytes) -> bool | None:
    """Whether the crypto part fits the code; None when the test key has nothing to say about it."""
    found = _TAIL.search(code)
    if found is None or found[1] != KEY_ID:
        return None
    return len(found[2]) in _SIZES and _signature(code[: found.start()], len(found[2])) == found[2]


def _signature(cis: bytes, length: int) -> bytes:
    return b64encode(blake2b(cis, digest_size=_SIZES[length], key=_KEY).digest())
