"""What checks of marking codes answer (§4.7): bits of tag 2106, the drive's own check, the marking system's."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from protocols.atol_web.fields import Whole
from protocols.atol_web.results import Result
from protocols.atol_web.tasks import CheckResult

#: Field of `itemInfoCheckResult` -> its bit of tag 2106.
BITS: Final[Mapping[str, int]] = {
    "imc_check_flag": 1,
    "imc_check_result": 2,
    "imc_status_info": 4,
    "imc_estimated_status_correct": 8,
    "ecr_stand_alone_flag": 16,
}


def check_result(flags: int) -> CheckResult:
    """`itemInfoCheckResult` of a tag 2106."""
    return CheckResult(**{name: bool(flags & bit) for name, bit in BITS.items()})


def flags_of(result: CheckResult) -> int:
    """And back."""
    return sum(bit for name, bit in BITS.items() if getattr(result, name))


class Reason(StrEnum):
    """Why the drive did not check a code itself; `other` where it says nothing of these."""

    CHECKED = "checked"
    TYPE = "typeIncorrect"
    NO_KEYS = "noKeys"
    NO_GS1 = "noGS1"
    OTHER = "other"


class AskError(StrEnum):
    """`driverError.error`: why the marking system was not heard."""

    RUNNING = "imcCheckIsRun"
    NO_SERVER = "serverNoConnect"
    BROKEN_OFF = "imcCheckBreak"
    WRONG_STATE = "imcCheckWrongState"
    TIMEOUT = "responseTimeout"


class OfflineValidation(Result):
    """The drive's own check (2004)."""

    fm_check: bool = False
    fm_check_result: bool = False
    fm_check_error_reason: Reason = Reason.OTHER


class OperatorResponse(Result):
    response_status: bool = False
    item_status_check: bool = False


class OnlineValidation(Result):
    """The marking system's check (2105, 2109, 2005)."""

    item_info_check_result: CheckResult | None = None
    mark_operator_item_status: str | None = None
    mark_operator_response: OperatorResponse | None = None
    mark_operator_response_result: str | None = None
    imc_type: str | Whole | None = None
    imc_barcode: str | None = None
    imc_mode_processing: Whole | None = None


class DriverError(Result):
    code: Whole = 0
    error: AskError | str | None = None
    description: str = ""


class Validation(Result):
    """getMarkingCodeValidationStatus, and one row of validateMarks, which adds the last two."""

    ready: bool = False
    sent_imc_request: bool = False
    driver_error: DriverError | None = None
    online_validation: OnlineValidation | None = None
    offline_validation: OfflineValidation | None = None
    item_info_check_result: CheckResult | None = None


#: Tag 2109 and 2105 in their words.
ITEM_STATUS: Final[Mapping[int, str]] = {
    1: "itemEstimatedStatusCorrect",
    2: "itemEstimatedStatusIncorrect",
    3: "itemSaleStopped",
}
RESPONSES: Final[Mapping[int, str]] = {0: "correct", 1: "incorrect", 2: "unrecognized"}
#: Tag 2100 in the words of `imcType`.
CODE_TYPES: Final[Mapping[int, str]] = {
    0: "imcUnrecognized",
    1: "imcShort",
    2: "imcFmVerifyCode88",
    3: "imcVerifyCode44",
    4: "imcFmVerifyCode44",
    5: "imcVerifyCode4",
}
#: Most percent of the area of notices -> what checkImcWorkState calls it.
NOTICE_MEMORY: Final = ((49, "less50"), (80, "50to80"), (90, "80to90"), (99, "more90"), (100, "outOfMemory"))
