"""`fiscal-emulator scanner`: one scanner on real sockets, terminals or as a device of the kernel's."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence

from emulator.channels import Address
from emulator.scanners import kernel
from emulator.scanners.faults import Waiting
from emulator.scanners.scanner import EmulatedScanner
from emulator.scanners.setup import Setup


@contextlib.asynccontextmanager
async def running(
    setup: Setup,
    listen: Sequence[Address],
    faults: Sequence[Waiting],
    control_at: tuple[str, int] | None,
    *,
    device: bool,
) -> AsyncIterator[tuple[list[str], str | None]]:
    """A scanner that accepts connections: (its addresses, the control server's URL).

    OSError where an address is refused or the kernel makes no device, ValueError for a fault this kind cannot have.
    """
    async with contextlib.AsyncExitStack() as stack:
        made = kernel.make(setup.kind) if device else None
        if made is not None:
            stack.callback(made.close)
        scanner = EmulatedScanner(setup, outlets=[made.write] if made is not None else ())
        for fault in faults:
            scanner.faults.add(fault)
        stack.push_async_callback(scanner.close)
        await scanner.start(listen)
        url = None
        if control_at is not None:
            from emulator.scanners.control import ScannerControl  # aiohttp: a third of the start-up time

            control = ScannerControl(scanner)
            url = await control.start(*control_at)
            stack.push_async_callback(control.close)
        addresses = [str(listener.address) for listener in scanner.listeners]
        yield [*addresses, *([made.address] if made is not None else [])], url
