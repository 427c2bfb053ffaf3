"""What the server says no with, as the house's errors: HTTP statuses, failed subtasks, a queue that stands still."""

from __future__ import annotations

from devices.errors import DeviceError, GatewayError, LinkError, NeedsOperator, ProtocolError, Retryable
from devices.registers.refusals import ERRORS, refused
from protocols.atol_web import errors
from protocols.atol_web.errors import BlockReason
from protocols.atol_web.http import HttpAnswer
from protocols.atol_web.results import Status, Subtask, read_http_error
from protocols.atol_web.text import NotJson, read

UNAUTHORISED, FORBIDDEN, NOT_FOUND, CONFLICT = 401, 403, 404, 409
#: The server itself failed: it may have taken the request or not.
_SERVER_FAULT = 500


def task_error(task: str, ended: Subtask) -> GatewayError:
    """Of a subtask that is over and did not go well."""
    if ended.status is Status.CANCELED:
        return Retryable(
            f"{task} was taken out of the server's queue by somebody before it began",
            number=0,
            command=task,
            hint="Задание отменили в веб-сервере АТОЛ до начала: программа отправит его снова.",
            code="task_cancelled",
        )
    row = errors.error(ended.code)
    detail = f"{task} refused: error {ended.code} {row.code}" + (f" ({ended.description})" if ended.description else "")
    if row.blocks is BlockReason.CONNECTION:
        # What the server lost is no refusal: the register may have done it.
        return LinkError(detail, hint=f"{row.text_ru}. {row.hint_ru}", code="register_unreachable")
    return refused(row, detail, number=ended.code, command=task)


def blocked(reason: str, task: str = "") -> GatewayError:
    """The queue stands still until the server knows what became of a document."""
    who = f"the server's queue is blocked ({reason or 'no reason given'})" + (f", by {task}" if task else "")
    if reason == BlockReason.PAPER:
        return NeedsOperator(
            who,
            number=errors.NO_PAPER,
            hint="Очередь веб-сервера АТОЛ ждёт печати: вставьте бумагу и закройте крышку кассы.",
            code="queue_blocked_paper",
        )
    hint = (
        "Веб-сервер АТОЛ не знает, пробит ли документ: касса неисправна. Обратитесь в сервисный центр."
        if reason == BlockReason.DRIVE
        else "Веб-сервер АТОЛ потерял связь с кассой и выясняет, пробит ли документ. Проверьте, что касса включена и "
        "подключена."
    )
    return LinkError(who, hint=hint, code="queue_blocked")


def http_error(what: str, answer: HttpAnswer) -> GatewayError:
    """Of a status that is no success."""
    said = _said(answer)
    detail = f"{what}: HTTP {answer.status}" + (f", {said}" if said else "")
    if answer.status >= _SERVER_FAULT:
        return LinkError(detail, hint="Сбой веб-сервера АТОЛ. Перезапустите его.", code="server_fault")
    if answer.status == UNAUTHORISED:
        return _setting(
            detail,
            answer,
            "Веб-сервер АТОЛ не принимает имя и пароль: исправьте options.login и options.password.",
            "server_unauthorised",
        )
    if said is None:
        return ProtocolError(
            detail,
            hint="По этому адресу отвечает не веб-сервер АТОЛ, или у него другая версия (options.api).",
            code="answer_malformed",
        )
    if answer.status == NOT_FOUND:
        return _setting(
            detail,
            answer,
            "Веб-сервер АТОЛ не знает такого устройства: исправьте options.device.",
            "server_device_unknown",
        )
    if answer.status in {FORBIDDEN, CONFLICT}:
        return _setting(
            detail,
            answer,
            "Касса в веб-сервере АТОЛ не активна: включите её в его настройках.",
            "server_device_inactive",
        )
    return ERRORS[errors.error(errors.TASK_PARSE).kind](
        detail, number=answer.status, hint="Веб-сервер АТОЛ не принял задание.", code="server_refused"
    )


def not_an_answer(what: str, why: Exception) -> ProtocolError:
    """What came back is no answer of this server."""
    return ProtocolError(
        f"{what}: {why}",
        hint="Веб-сервер АТОЛ ответил непонятно. Передайте журнал обмена в поддержку.",
        code="answer_malformed",
    )


def _setting(detail: str, answer: HttpAnswer, hint: str, code: str) -> DeviceError:
    return NeedsOperator(detail, number=answer.status, hint=hint, code=code)


def _said(answer: HttpAnswer) -> str | None:
    """The server's own words: an error object of v2, a short text of v1; None where it said nothing of the kind."""
    try:
        error = read_http_error(read(answer.body))
    except NotJson:
        text = answer.body.decode("utf-8", "replace").strip()
        return text if text and "<" not in text and len(text) < 300 else None
    return None if error is None else error.description
