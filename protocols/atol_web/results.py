"""What a web server answers about tasks: states of subtasks, the queue, errors, fiscal data (§1, §3), both directions.

A model is made of JSON values by the wire's names (amounts as rubles, moments as ISO 8601 text) whichever side it is
on; `json` writes it. v1 has the error of a subtask flat, v2 nested: `Subtask` reads either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from protocols.atol_web import errors
from protocols.atol_web.errors import BlockReason
from protocols.atol_web.fields import Instant, Sum, Whole


class NotAResult(ValueError):
    """The JSON is no such answer; the text says what of it is wrong."""


class Result(BaseModel):
    """Anything of an answer; what a server says besides is left alone."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    def json_values(self) -> dict[str, Any]:
        """By the wire's names, without what there is nothing to say of."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Status(StrEnum):
    """State of one subtask (§3)."""

    WAIT = "wait"
    IN_PROGRESS = "inProgress"
    READY = "ready"
    ERROR = "error"
    INTERRUPTED = "interrupted"  # not run, because one before it failed
    BLOCKED = "blocked"  # nobody knows yet; the queue stands still
    CANCELED = "canceled"

    @property
    def final(self) -> bool:
        return self not in {Status.WAIT, Status.IN_PROGRESS, Status.BLOCKED}


class FiscalParams(Result):
    """Of a document that was made. `total` of receipts, `receipts_count` of a shift's close."""

    fiscal_document_number: Whole
    fiscal_document_sign: str
    fiscal_document_date_time: Instant
    shift_number: Whole
    fn_number: str
    registration_number: str
    fns_url: str | None = None
    total: Sum | None = None
    fiscal_receipt_number: Whole | None = None
    receipts_count: Whole | None = None


class Warnings(Result):
    """`not_printed`: the document exists and waits for `continuePrint`."""

    not_printed: bool = False
    data_for_send_is_empty: bool | None = None


class Made(Result):
    """The result of a task that makes a document; after a recovery it may lack the warnings (§3.5)."""

    fiscal_params: FiscalParams
    warnings: Warnings | None = None


class Subtask(Result):
    """One task of a request."""

    status: Status
    code: Whole = 0
    description: str = ""
    result: Any = None

    def nested(self) -> dict[str, Any]:
        """As v2 says it."""
        error = {"code": self.code, "description": self.description}
        return {"status": str(self.status), "error": error, "result": self.result}

    def both(self) -> dict[str, Any]:
        """As v1 says it, which v2's clients understand too: several poll the one after posting to the other."""
        return {**self.nested(), "errorCode": self.code, "errorDescription": self.description}


def ended(number: int, description: str | None = None, status: Status = Status.ERROR) -> Subtask:
    """A subtask that came to this error, in the driver's words unless there are others."""
    return Subtask(status=status, code=number, description=description or errors.error(number).text_ru)


def ready(result: Any) -> Subtask:
    return Subtask(status=Status.READY, code=errors.OK, description=errors.error(errors.OK).text_ru, result=result)


def read_subtasks(answer: Any) -> list[Subtask]:
    """The subtasks of `{"results": […]}`, flat or nested; NotAResult."""
    results = answer.get("results") if isinstance(answer, Mapping) else None
    if not isinstance(results, Sequence) or isinstance(results, str):
        raise NotAResult("an answer about a request has a list `results`")
    return [_subtask(one) for one in results]


def _subtask(given: Any) -> Subtask:
    if not isinstance(given, Mapping):
        raise NotAResult("a subtask is a JSON object")
    error = given.get("error")
    nested = error if isinstance(error, Mapping) else {}
    values = {
        "status": given.get("status"),
        "code": nested.get("code", given.get("errorCode")) or 0,
        "description": nested.get("description", given.get("errorDescription")) or "",
        "result": given.get("result"),
    }
    return read(Subtask, values)


R = TypeVar("R", bound=Result)


def read(kind: type[R], given: Any) -> R:
    """A model of JSON values; NotAResult."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise NotAResult("; ".join(faults)) from error


class QueueStatus(Result):
    """`getRequestsQueueStatus` of v2: `number` waits, `ready` and `canceled` are over."""

    number: Whole = 0
    ready: Whole = 0
    canceled: Whole = 0
    is_blocked: bool = False
    blocked_uuid: str = Field("", validation_alias="blockedUUID", serialization_alias="blockedUUID")
    block_reason: BlockReason | str = ""

    def flat(self) -> dict[str, Any]:
        """`/stat/requests` of v1."""
        return {
            "ready_count": self.ready,
            "not_ready_count": self.number,
            "canceled_count": self.canceled,
            "is_blocked": self.is_blocked,
            "block_request_uuid": self.blocked_uuid,
        }


class Accepted(Result):
    """The answer to a POST of v2: a request is queued, also while the queue is blocked."""

    number: Whole
    uuid: str
    is_blocked: bool = False
    blocked_uuid: str = Field("", validation_alias="blockedUUID", serialization_alias="blockedUUID")
    block_reason: BlockReason | str = ""


class HttpError(Result):
    """`{"error": {"code", "description"}}` beside an HTTP status."""

    code: Whole = errors.REQUEST_ERROR
    description: str = ""

    def body(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "description": self.description}}


def read_http_error(answer: Any) -> HttpError | None:
    """None where the body is none of these: v1's errors are pages of a servlet container."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    try:
        return HttpError.model_validate(dict(error))
    except ValidationError:
        return None
