"""Refusals as RFC 9457 problems, from one table that is also the documentation (`docs/errors.md`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from devices.errors import DeviceError, GatewayError, LinkError, ProtocolError, Rejected, RequestError
from devices.registers.factory import FAMILIES
from gateway.api.order_kinds import ORDER_KINDS
from gateway.api.problem_kind import Kind
from gateway.receipts.fault_codes import FAULT_CODES, hint_of
from gateway.receipts.faults import BodyFaults
from protocols.ffd.faults import Fault

CONTENT_TYPE = "application/problem+json"
DOCUMENTATION = "/docs/errors#"


_AGAIN = "post the same body with the same key after `Retry-After`"
_NEVER = "correct the program; the same request will always be refused"
_AUTHORS = "обратитесь к авторам программы."
_WAIT = "подождите несколько секунд и повторите: второго чека не будет."

TABLE: Mapping[str, Kind] = {
    # --- what was sent
    "json_invalid": Kind(400, "The body is not JSON", _NEVER, f"Программа прислала испорченный запрос: {_AUTHORS}"),
    "body_incomplete": Kind(
        400,
        "The body ended early",
        "post the same body with the same key",
        "Связь с программой прервалась, ничего не напечатано: отправьте чек снова.",
    ),
    "form_invalid": Kind(400, "The form holds no picture", _NEVER, f"Программа неверно передаёт снимок: {_AUTHORS}"),
    "body_too_large": Kind(
        413,
        "The body is larger than 1 MiB",
        "split the document",
        "Чек слишком велик, ничего не напечатано: разделите его на несколько.",
    ),
    "request_timeout": Kind(
        408,
        "The body came too slowly",
        "post the same body with the same key",
        "Связь слишком медленная, ничего не напечатано: отправьте чек снова.",
    ),
    "content_type_invalid": Kind(
        415,
        "The body must be application/json",
        _NEVER,
        f"Программа не указала, что шлёт JSON (Content-Type): {_AUTHORS}",
    ),
    "content_encoding_refused": Kind(
        415,
        "The body must not be compressed",
        _NEVER,
        f"Программа шлёт сжатые данные, их шлюз не принимает: {_AUTHORS}",
    ),
    "body_invalid": Kind(
        422,
        "The body has faults",
        "correct what `errors` points at; the key is still free",
        "Запрос не принят, ничего не напечатано. Исправьте перечисленное и отправьте снова.",
    ),
    "query_invalid": Kind(
        422,
        "The query has faults",
        _NEVER,
        f"В адресе запроса ошибка, ничего не сделано: исправьте параметры или {_AUTHORS}",
    ),
    # --- who sent it
    "token_missing": Kind(
        401,
        "A token is needed",
        "send `Authorization: Bearer …`",
        "В программе не указан токен шлюза. Его выдаёт администратор: fiscal-gateway token create.",
    ),
    "token_invalid": Kind(
        401,
        "The token is not known",
        "have a new token made",
        "Токен неверен или отозван. Администратор выдаст новый: fiscal-gateway token create.",
    ),
    "scope_missing": Kind(
        403,
        "The token lacks the scope",
        "have a token made with the scope that `detail` names",
        "У токена программы нет нужного права. Администратор выдаст другой: fiscal-gateway token create --scope.",
    ),
    "origin_refused": Kind(
        403,
        "This web page may not call the gateway",
        "have the page's origin allowed in `server.origins`",
        "Этой странице шлюз не доверяет. Администратор добавит её адрес в server.origins настроек шлюза.",
    ),
    "host_refused": Kind(
        421,
        "The Host header is not this gateway's",
        "call it by a name of `server.hosts`",
        "Программа обращается к шлюзу по незнакомому имени. Администратор добавит его в server.hosts настроек.",
    ),
    # --- what is not there
    "not_found": Kind(
        404, "No such address", _NEVER, f"Такого адреса у шлюза нет (все — на странице /docs): {_AUTHORS}"
    ),
    "method_not_allowed": Kind(
        405, "The address exists, the method does not", _NEVER, f"Программа неверно обращается к шлюзу: {_AUTHORS}"
    ),
    "job_unknown": Kind(
        404,
        "No such document",
        "compare the key; what was never answered 2xx may be posted",
        "Чека с таким ключом шлюз не принимал: проверьте ключ.",
    ),
    "register_unknown": Kind(
        404,
        "No such register",
        "take a name of `GET /registers`",
        "Кассы с таким именем нет: проверьте имя в настройках программы и шлюза.",
    ),
    "register_not_found": Kind(
        404,
        "No such register",
        "take a name of `GET /registers`",
        "Кассы с таким именем нет: проверьте имя в настройках программы и шлюза.",
    ),
    "scanner_not_found": Kind(
        404,
        "No such scanner",
        "take a name of `GET /scanners`",
        "Сканера с таким именем нет: проверьте имя в настройках программы и шлюза.",
    ),
    "token_not_found": Kind(
        404,
        "No such token",
        "take an id of `GET /tokens`",
        "Такого токена нет или он уже отозван: сверьтесь со списком.",
    ),
    "document_missing": Kind(
        404,
        "There is no fiscal document yet",
        "ask for the job's state first",
        "Фискального документа нет, или касса его не отдаёт: узнайте, в каком состоянии чек.",
    ),
    "trace_missing": Kind(
        404,
        "No bytes are kept for this document",
        "nothing: they are kept for 30 days, and none are where nothing was sent",
        "Обмен с кассой по этому чеку не сохранился: он хранится 30 дней.",
    ),
    # --- what the state does not allow
    "key_conflict": Kind(
        409,
        "The key was used for another document",
        "give a new document a new key",
        "Под этим ключом уже принят другой документ. Найдите его в журнале; новый отправьте с новым ключом.",
    ),
    "state_conflict": Kind(
        409,
        "The document's state does not allow this",
        "read the job again and decide by its state",
        "С этим чеком так уже нельзя: посмотрите, что с ним стало.",
    ),
    "permit_off": Kind(
        409,
        "Permit mode is off",
        "configure `[permit]` first",
        "Разрешительный режим не настроен, менять нечего. Его включает администратор в разделе permit настроек.",
    ),
    "request_invalid": Kind(
        422,
        "The register cannot make this document",
        "correct the document by `code` and `detail`",
        "Касса не может оформить такой документ, ничего не напечатано: исправьте его или позовите техника.",
    ),
    # --- orders
    **ORDER_KINDS,
    # --- pictures
    "picture_empty": Kind(
        422,
        "The picture has no bytes",
        "send the picture's file whole",
        "Файл снимка пуст: передайте его ещё раз.",
    ),
    "picture_truncated": Kind(
        422,
        "The picture ends too early",
        "send the picture's file whole",
        "Файл снимка передан не целиком: передайте его ещё раз.",
    ),
    "picture_broken": Kind(
        422, "The picture cannot be decoded", "take another picture", "Снимок повреждён: сфотографируйте код ещё раз."
    ),
    "picture_too_small": Kind(
        422, "The picture is too small", "take it nearer", "Снимок слишком мал: сфотографируйте код крупнее."
    ),
    "picture_animated": Kind(
        422,
        "Several frames in one file",
        "send one frame",
        "В файле несколько кадров: сохраните один как JPEG или PNG.",
    ),
    "picture_timeout": Kind(
        422,
        "The picture took too long",
        "cut it, or send a smaller one",
        "Снимок слишком сложен: сфотографируйте один код крупно и резко.",
    ),
    "picture_reader_died": Kind(
        500,
        "The process that reads pictures ended over this one",
        "send it once more, then another picture of the code",
        "Сбой при чтении снимка. Повторите; если не поможет, сохраните его как JPEG или возьмите сканер.",
    ),
    "picture_too_large": Kind(
        413,
        "The picture is too large",
        "scale it down",
        "Снимок слишком велик: уменьшите его или сфотографируйте один код крупно.",
    ),
    "picture_format_refused": Kind(
        415, "No picture that is read here", "convert it", "Этот формат не читается: сохраните снимок как JPEG или PNG."
    ),
    "picture_engines_missing": Kind(
        503,
        "No library reads pictures here",
        "have zxing-cpp installed",
        "Чтение снимков не установлено: администратор поставит библиотеку zxing-cpp. Пока сканируйте сканером.",
    ),
    # --- what is not possible just now
    "queue_full": Kind(503, "The register's queue is full", _AGAIN, f"Касса не успевает: {_WAIT}"),
    "too_many_connections": Kind(
        503, "Every connection is at work", _AGAIN, f"К шлюзу обращается слишком много программ: {_WAIT}"
    ),
    "too_many_bodies": Kind(503, "Too many large bodies at once", _AGAIN, f"Шлюз занят: {_WAIT}"),
    "too_many_pictures": Kind(
        503, "Too many pictures at once", _AGAIN, "Шлюз занят: повторите через несколько секунд."
    ),
    "too_many_readers": Kind(
        503,
        "Too many event readers",
        "close streams that nobody reads",
        "Слишком много программ следят за событиями: закройте лишние.",
    ),
    "stopping": Kind(503, "The gateway is stopping", _AGAIN, "Шлюз останавливается: повторите через минуту."),
    "journal_failed": Kind(
        503,
        "The journal cannot be written",
        _AGAIN,
        "Диск шлюза не принимает запись, чеки не принимаются. Администратор освободит место и перезапустит шлюз.",
    ),
    "register_unreachable": Kind(
        503,
        "The register does not answer",
        "look at the register, then try again",
        "Касса не отвечает: проверьте питание и кабель, затем повторите.",
    ),
    "internal_error": Kind(
        500,
        "The gateway failed",
        "post the same body with the same key: what was accepted is not made twice",
        "Сбой шлюза. Узнайте состояние чека по ключу, прежде чем пробивать его снова, и сообщите администратору.",
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
    families = (f"{family.replace('-', '_')}.md" for family in FAMILIES)
    pages = ", ".join(f"[{page}]({page})" for page in ("job_codes.md", *families))
    lines = [
        "# Errors",
        "",
        "Refusals are `application/problem+json` (RFC 9457). `code` is stable, `detail` for programmers, `hint` for",
        "the person at the till. Nothing is made of what was refused (of `internal_error` the key tells). Errors of",
        f"registers and links keep their own code ({pages}) under the",
        "status of `request_invalid` (the register refuses) or `register_unreachable` (it does not answer). This page",
        "is generated from the tables in `gateway/api/problems.py`, `gateway/api/order_kinds.py` and",
        "`gateway/receipts/fault_codes.py`.",
        "",
        "| code | status | meaning | what a program does | что делать |",
        "|---|---|---|---|---|",
        *(f"| `{code}` | {kind.status} | {kind.title} | {kind.step} | {kind.hint} |" for code, kind in TABLE.items()),
        "",
        "## Faults of a body (`errors[].code`)",
        "",
        "Each has its `pointer`, and a `hint` of its own; the problem's `hint` tells all of them by their positions.",
        "What the register itself cannot make is told so too, with codes of [job_codes.md](job_codes.md).",
        "",
        "| code | meaning | что делать |",
        "|---|---|---|",
        *(f"| `{code}` | {fault.meaning} | {fault.hint} |" for code, fault in FAULT_CODES.items()),
    ]
    return "\n".join(lines) + "\n"
