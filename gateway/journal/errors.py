"""What the journal refuses."""

from __future__ import annotations

from devices.errors import GatewayError


class KeyConflict(GatewayError):
    """The same id was accepted before with other content (HTTP 409)."""

    code = "key_conflict"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"job {job_id!r} was accepted before with other content; post the new content under a new id",
            hint="Под этим ключом уже принят другой документ: отправьте новый документ с новым ключом.",
        )


class UnknownJob(GatewayError):
    """No job has this id (HTTP 404)."""

    code = "job_unknown"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job has the id {job_id!r}", hint="Документа с таким ключом нет: проверьте ключ.")


class IllegalTransition(GatewayError):
    """A change that the job's state does not allow (HTTP 409)."""

    code = "state_conflict"


class UnitsMoved(GatewayError):
    """Another job took up a unit of this one between the look at its moves and the commit: look again."""

    code = "units_moved"

    def __init__(self, job_id: str) -> None:
        super().__init__(
            f"a marked unit of job {job_id!r} has just been taken up by another job",
            hint="Этот товар одновременно пробивает другая касса: чек сейчас проверяется заново.",
        )


class JournalFailed(GatewayError):
    """The disk did not take a commit. Nothing more is accepted: the daemon stops and is started anew."""

    code = "journal_failed"


class JournalDamaged(GatewayError):
    """The file is not a journal, or of a newer version of this program."""

    code = "journal_damaged"


class DirectoryInUse(GatewayError):
    """Another process owns the data directory."""

    code = "data_directory_in_use"


class DirectoryUnusable(GatewayError):
    """The data directory cannot be made or written."""

    code = "data_directory_unusable"
