"""Links that note every byte that goes over them, with the job it went for."""

from __future__ import annotations

from collections.abc import Callable

from devices.errors import LinkError
from devices.links.base import Link

#: `record(register, job id or None, direction, data)`, as `gateway.journal.traces.Traces.record`.
Record = Callable[[str, str | None, str, bytes], None]


class Tracer:
    """Knows which job each register is working on (`Shop(on_job=tracer.working_on)`)."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._jobs: dict[str, str | None] = {}

    def working_on(self, register: str, job_id: str | None) -> None:
        self._jobs[register] = job_id

    def note(self, register: str, direction: str, data: bytes) -> None:
        self._record(register, self._jobs.get(register), direction, data)

    def link(self, register: str, inner: Link) -> Link:
        """`inner`, traced."""
        return TracedLink(inner, register, self)


class TracedLink(Link):
    """Behaves as the link it wraps."""

    def __init__(self, inner: Link, register: str, tracer: Tracer) -> None:
        self.name = inner.name
        self.reliable = inner.reliable
        self._inner = inner
        self._register = register
        self._tracer = tracer

    async def open(self) -> None:
        try:
            await self._inner.open()
        except LinkError as error:
            self._remark(error.detail)
            raise
        self._remark(f"opened {self.name}")

    async def close(self) -> None:
        await self._inner.close()

    async def write(self, data: bytes) -> None:
        self._tracer.note(self._register, ">", data)
        await self._inner.write(data)

    async def read(self, timeout: float) -> bytes:
        try:
            data = await self._inner.read(timeout)
        except LinkError as error:
            self._remark(error.detail)
            raise
        if data:
            self._tracer.note(self._register, "<", data)
        return data

    def _remark(self, text: str) -> None:
        self._tracer.note(self._register, "!", text.encode())
