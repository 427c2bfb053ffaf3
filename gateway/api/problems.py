"""Refusals as RFC 9457 problems, from one table that is also the documentation (`docs/errors.md`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web

from devices.errors import DeviceError, GatewayError, LinkError, ProtocolError, Rejected, RequestError
from gateway.receipts.fault_codes import FAULT_CODES, hint_of
from gateway.receipts.faults import BodyFaults
from protocols.ffd.faults import Fault

CONTENT_TYPE = "application/problem+json"
DOCUMENTATION = "/docs/errors#"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row: HTTP status, English title, what the person at the till should do (Russian)."""

    status: int
    title: str
    hint: str


TABLE: Mapping[str, Kind] = {
    "json_invalid": Kind(
        400, "The body is not JSON", "Программа прислала испорченный запрос: обратитесь к её авторам."
    ),
    "body_incomplete": Kind(400, "The body ended early", "Связь с программой прервалась: отправьте запрос снова."),
    "token_missing": Kind(401, "A token is needed", "Укажите токен: его выдаёт команда fiscal-gateway token create."),
    "token_invalid": Kind(401, "The token is not known", "Токен неверен или отозван: выдайте новый."),
    "origin_refused": Kind(
        403, "This web page may not call the gateway", "Добавьте адрес страницы в server.origins настроек шлюза."
    ),
    "scope_missing": Kind(403, "The token lacks the scope", "У токена нет нужного права: выдайте другой токен."),
    "not_found": Kind(404, "No such address", "Такого адреса нет: сверьтесь с описанием на странице /docs."),
    "job_unknown": Kind(404, "No such document", "Документа с таким ключом нет: проверьте ключ."),
    "register_unknown": Kind(404, "No such register", "Кассы с таким именем нет: проверьте имя в настройках."),
    "register_not_found": Kind(404, "No such register", "Кассы с таким именем нет: проверьте имя в настройках."),
    "scanner_not_found": Kind(404, "No such scanner", "Сканера с таким именем нет: проверьте имя в настройках."),
    "token_not_found": Kind(404, "No such token", "Такого токена нет или он уже отозван."),
    "document_missing": Kind(
        404, "There is no fiscal document yet", "Чек ещё не оформлен: дождитесь его или узнайте его состояние."
    ),
    "trace_missing": Kind(404, "No bytes are kept for this document", "Обмен с кассой по этому чеку не сохранился."),
    "method_not_allowed": Kind(405, "The address exists, the method does not", "Обратитесь к авторам программы."),
    "request_timeout": Kind(408, "The body came too slowly", "Связь слишком медленная: отправьте запрос снова."),
    "key_conflict": Kind(
        409,
        "The key was used for another document",
        "Под этим ключом уже принят другой документ: отправьте новый документ с новым ключом.",
    ),
    "state_conflict": Kind(409, "The document's state does not allow this", "Сначала узнайте состояние документа."),
    "body_too_large": Kind(413, "The body is larger than 1 MiB", "Запрос слишком велик: разделите чек на несколько."),
    "content_type_invalid": Kind(
        415, "The body must be application/json", "Программа шлёт не JSON: обратитесь к её авторам."
    ),
    "content_encoding_refused": Kind(
        415, "The body must not be compressed", "Программа шлёт сжатые данные: обратитесь к её авторам."
    ),
    "host_refused": Kind(
        421, "The Host header is not this gateway's", "Добавьте имя компьютера в server.hosts настроек шлюза."
    ),
    "body_invalid": Kind(
        422,
        "The body has faults",
        "Запрос не принят, ничего не напечатано. Исправьте перечисленные поля и отправьте снова.",
    ),
    "query_invalid": Kind(422, "The query has faults", "Исправьте перечисленные параметры адреса."),
    "request_invalid": Kind(
        422, "The register cannot make this document", "Касса не может оформить такой чек: смотрите подробности."
    ),
    "internal_error": Kind(
        500, "The gateway failed", "Сбой шлюза: узнайте состояние чека по ключу, прежде чем отправлять его снова."
    ),
    "queue_full": Kind(503, "The register's queue is full", "Касса не успевает: повторите позже с тем же ключом."),
    "too_many_connections": Kind(
        503, "Every connection is at work", "Слишком много программ обращаются к шлюзу: повторите через минуту."
    ),
    "permit_off": Kind(409, "Permit mode is off", "Разрешительный режим не настроен: менять нечего."),
    "too_many_bodies": Kind(503, "Too many large bodies at once", "Шлюз занят: повторите через секунду."),
    "too_many_pictures": Kind(503, "Too many pictures at once", "Шлюз занят: повторите через секунду."),
    "picture_broken": Kind(422, "The picture cannot be decoded", "Снимок повреждён: сфотографируйте код ещё раз."),
    "picture_too_small": Kind(422, "The picture is too small", "Снимок слишком мал: сфотографируйте код крупнее."),
    "picture_animated": Kind(422, "Several frames in one file", "Сохраните один кадр как JPEG или PNG."),
    "picture_timeout": Kind(422, "The picture took too long", "Сфотографируйте один код крупно и резко."),
    "picture_too_large": Kind(413, "The picture is too large", "Снимок слишком велик: уменьшите его."),
    "picture_format_refused": Kind(415, "No picture that is read here", "Сохраните снимок как JPEG или PNG."),
    "picture_engines_missing": Kind(503, "No library reads pictures here", "Установите библиотеку zxing-cpp."),
    "form_invalid": Kind(400, "The form holds no picture", "Программа неверно передаёт файл: обратитесь к её авторам."),
    "too_many_readers": Kind(503, "Too many event readers", "Закройте лишние программы, следящие за событиями."),
    "stopping": Kind(503, "The gateway is stopping", "Шлюз останавливается: повторите через минуту с тем же ключом."),
    "journal_failed": Kind(
        503, "The journal cannot be written", "Диск не принимает запись: освободите место и перезапустите шлюз."
    ),
    "register_unreachable": Kind(
        503, "The register does not answer", "Касса не отвечает: проверьте питание и кабель, затем повторите."
    ),
}

#: Errors of deeper layers keep their own code and share a row; the first class that fits decides.
_ROWS: Sequence[tuple[type[GatewayError], str]] = (
    (RequestError, "request_invalid"),
    (Rejected, "request_invalid"),
    (LinkError, "register_unreachable"),
    (ProtocolError, "register_unreachable"),
    (DeviceError, "register_unreachable"),
)


class Problem(GatewayError):
    """A refusal; `errors` are faults by pointer, `headers` go with the answer, a 503 says when to come back."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        hint: str = "",
        retry_after: int = 5,
    ) -> None:
        super().__init__(detail, hint=hint, code=code)
        self.retry_after = retry_after
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def row(error: GatewayError) -> str:
    """The key of the table's row for any error of ours."""
    if isinstance(error, Problem | BodyFaults):
        return error.code
    for kind, code in _ROWS:
        if isinstance(error, kind):
            return code
    return error.code if error.code in TABLE else "internal_error"


def document(error: GatewayError) -> dict[str, Any]:
    """The problem object."""
    code = row(error)
    kind = TABLE[code]
    faults = error.errors if isinstance(error, Problem) else error.faults if isinstance(error, BodyFaults) else ()
    return {
        "type": DOCUMENTATION + code,
        "title": kind.title,
        "status": kind.status,
        "code": error.code,
        "detail": error.detail,
        "hint": error.hint or kind.hint,
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "message": fault.message, "hint": hint_of(fault)}
            for fault in faults
        ],
    }


def answer(error: GatewayError) -> web.Response:
    """The HTTP answer of a refusal."""
    body = document(error)
    headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    if body["status"] == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="fiscal-gateway"'
    if body["status"] == 503:
        headers["Retry-After"] = str(getattr(error, "retry_after", 5))
    if isinstance(error, Problem):
        headers.update(error.headers)
    # A refused body may hold lone surrogates, which UTF-8 cannot carry: they become "?".
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(status=body["status"], body=text, headers=headers)


def raw_answer(error: GatewayError) -> bytes:
    """The answer on the wire, for a connection that is refused before its request is read."""
    response = answer(error)
    body = response.body
    assert isinstance(body, bytes)
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name != "Content-Length"]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def markdown() -> str:
    """The page `docs/errors.md`."""
    lines = [
        "# Errors",
        "",
        "Refusals are `application/problem+json` (RFC 9457). `code` is stable; `detail` is for programmers, `hint` is",
        "for the person at the till. This page is generated from the table in `gateway/api/problems.py`.",
        "",
        "| code | status | meaning | hint |",
        "|---|---|---|---|",
        *(f"| `{code}` | {kind.status} | {kind.title} | {kind.hint} |" for code, kind in TABLE.items()),
        "",
        "## Faults of a body (`errors[].code`)",
        "",
        "Each has its `pointer`, and a `hint` of its own; the problem's `hint` tells all of them by their positions.",
        "",
        "| code | meaning | hint |",
        "|---|---|---|",
        *(f"| `{code}` | {fault.meaning} | {fault.hint} |" for code, fault in FAULT_CODES.items()),
    ]
    return "\n".join(lines) + "\n"
