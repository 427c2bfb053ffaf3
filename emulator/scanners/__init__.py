"""Emulated barcode scanners: what a code becomes on the wire, with the faults that real ones have.

`playing` makes bytes of a code, `scanner` hands them to whoever listens, `control` is the tester's trigger finger;
`kernel` makes a real input device where the system has uinput or uhid.
"""

from emulator.scanners.scanner import EmulatedScanner
from emulator.scanners.setup import Setup, parse_setup

__all__ = ["EmulatedScanner", "Setup", "parse_setup"]
