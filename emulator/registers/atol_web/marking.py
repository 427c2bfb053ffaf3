"""Tasks of marking codes: a check step by step, or all of a receipt at once (§4.7)."""

from __future__ import annotations

from typing import Any, Final

from emulator.fiscal_drive.checks import Check
from emulator.fiscal_drive.checks import Reason as Why
from emulator.registers.atol_web.core import Core, Handlers
from emulator.registers.atol_web.receipts import measure_of, planned_status
from emulator.registers.marking import Heard, Online, ask
from emulator.registers.refusals import Refusal
from protocols.atol_web import errors
from protocols.atol_web.marking import (
    CODE_TYPES,
    ITEM_STATUS,
    NOTICE_MEMORY,
    RESPONSES,
    AskError,
    DriverError,
    OfflineValidation,
    OnlineValidation,
    OperatorResponse,
    Reason,
    Validation,
    check_result,
)
from protocols.atol_web.till_tasks import BeginValidation, CodeParams, Plain, Validate

_REASONS: Final = {
    Why.CHECKED: Reason.CHECKED,
    Why.NOT_CHECKABLE: Reason.TYPE,
    Why.NO_KEY: Reason.NO_KEYS,
    Why.MALFORMED: Reason.NO_GS1,
}
_CHECKED, _POSITIVE, _STATUS_FITS = 1, 2, 8


def _begin(core: Core, params: CodeParams) -> Check:
    marking = core.drive.marking
    marking.require()
    if marking.pending is not None:
        raise Refusal(errors.MARKING_RUNNING)
    if not params.imc:
        raise Refusal(errors.BAD_MARK)
    status = planned_status(params.item_estimated_status, 0)
    return marking.begin(params.imc, status, params.imc_mode_processing, measure_of(params))


def _offline(check: Check) -> OfflineValidation:
    return OfflineValidation(
        fm_check=bool(check.local & _CHECKED),
        fm_check_result=bool(check.local & _POSITIVE),
        fm_check_error_reason=_REASONS[check.reason],
    )


def _heard(heard: Heard) -> Validation:
    """What the marking system's part of a check came to."""
    error = DriverError(code=0, description=errors.error(0).text_ru)
    match heard.online:
        case Online.NOT_ASKED:
            return Validation(ready=True, driver_error=error)
        case Online.SILENT:
            number = 421
            silent = DriverError(code=number, error=AskError.TIMEOUT, description=errors.error(number).text_ru)
            return Validation(ready=True, sent_imc_request=True, driver_error=silent)
        case Online.NOT_TAKEN:
            number = 411
            wrong = DriverError(code=number, error=AskError.BROKEN_OFF, description=errors.error(number).text_ru)
            return Validation(ready=True, sent_imc_request=True, driver_error=wrong)
    return Validation(ready=True, sent_imc_request=True, driver_error=error, online_validation=_online(heard.check))


def _online(check: Check) -> OnlineValidation:
    answer = check.answer
    assert answer is not None, "it was taken"
    result = answer.result or 0
    return OnlineValidation(
        item_info_check_result=check_result(check.flags),
        mark_operator_item_status=None if answer.status is None else ITEM_STATUS.get(answer.status),
        mark_operator_response=OperatorResponse(
            response_status=bool(result & _POSITIVE), item_status_check=bool(result & _STATUS_FITS)
        ),
        mark_operator_response_result=RESPONSES.get(answer.outcome),
        imc_type=None if answer.kind is None else CODE_TYPES.get(answer.kind),
        imc_barcode=answer.product,
        imc_mode_processing=answer.mode or 0,
    )


def begin(core: Core, task: BeginValidation, name: str) -> Any:
    """The question goes out while other tasks run; `register` brings what came of it."""
    check = _begin(core, task.code)
    core.heard = None
    if check.offline or task.code.not_send_to_server or task.code.not_form_request:
        core.heard = Heard(check, Online.NOT_ASKED)
    else:
        asking = ask(core, check, lambda heard: heard)
        core.question, core.hear = asking.message, asking.then
    return {"offlineValidation": _offline(check).json_values()}


def status(core: Core, task: Plain, name: str) -> Any:
    if core.drive.marking.pending is None:
        raise Refusal(errors.MARKING_STATE)
    if core.heard is None:
        return Validation(sent_imc_request=True).json_values()
    return _heard(core.heard).json_values()


def _over(core: Core) -> None:
    core.question = core.hear = None


def accept(core: Core, task: Plain, name: str) -> Any:
    if core.drive.marking.pending is None:
        raise Refusal(errors.MARKING_STATE)
    if core.heard is None:
        raise Refusal(errors.CHECK_RUNNING)
    flags = core.drive.marking.decide(accept=True)
    _over(core)
    return {"itemInfoCheckResult": check_result(flags).model_dump(by_alias=True)}


def decline(core: Core, task: Plain, name: str) -> None:
    """A cancelled check is forgotten too; there may be none to cancel, none to decline is a wrong state."""
    if core.drive.marking.pending is not None:
        core.drive.marking.decide(accept=False)
    elif name == "declineMarkingCode":
        raise Refusal(errors.MARKING_STATE)
    _over(core)


def clear(core: Core, task: Plain, name: str) -> None:
    core.drive.marking.clear()
    _over(core)


def validate(core: Core, task: Validate, name: str) -> Any:
    """Every code is checked, accepted and told of; addMarksToBuffer asks nobody."""
    core.patience = task.timeout / 1000
    return _rest(core, list(task.params), [], asks=name == "validateMarks")


def _rest(core: Core, left: list[CodeParams], done: list[Any], *, asks: bool) -> Any:
    if not left:
        return done
    params = left.pop(0)
    check = _begin(core, params)

    def decided(heard: Heard) -> Any:
        flags = core.drive.marking.decide(accept=True)
        found = _heard(heard).model_copy(
            update={"offline_validation": _offline(check), "item_info_check_result": check_result(flags)}
        )
        done.append(found.json_values())
        return _rest(core, left, done, asks=asks)

    silent = not asks or params.not_send_to_server or params.not_form_request
    return decided(Heard(check, Online.NOT_ASKED)) if silent else ask(core, check, decided)


def all_ready(core: Core, task: Plain, name: str) -> Any:
    return {"validationReady": core.question is None}


def work_state(core: Core, task: Plain, name: str) -> Any:
    marking = core.drive.marking
    marking.require()
    words = ("blocked", "noImcForCheck", "receivedImc", "requestedImcStatus", "receivedImcStatus")
    return {
        "fm": {
            "status": words[int(marking.step)],
            "checkingCount": len(marking.table),
            "soldImcCount": 0,
            "noticeIsBegin": False,
            "noticeFreeMemory": next(word for limit, word in NOTICE_MEMORY if marking.fill <= limit),
            "noticeCount": marking.unsent,
        },
        "ecr": {"status": "notExecuted" if core.question is None else "executed"},
    }


def ping(core: Core, task: Plain, name: str) -> Any:
    core.drive.marking.require()
    return {"ready": True, "time": 0}


def times(core: Core, task: Plain, name: str) -> Any:
    core.drive.marking.require()
    return {"fmCheckTime": 0, "sendingTime": 0, "serverExchangeTime": 0, "fullTime": 0}


HANDLERS: Handlers = {
    "beginMarkingCodeValidation": begin,
    "getMarkingCodeValidationStatus": status,
    "acceptMarkingCode": accept,
    "declineMarkingCode": decline,
    "cancelMarkingCodeValidation": decline,
    "clearMarkingCodeValidationResult": clear,
    "checkMarkingCodeValidationsReady": all_ready,
    "validateMarks": validate,
    "addMarksToBuffer": validate,
    "checkImcWorkState": work_state,
    "pingIsm": ping,
    "checkImcTime": times,
}
