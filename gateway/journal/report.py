"""What was saved, what is lost, what a person must look at: a file in the data directory, and words for a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.journal.records import Loss


def facts(loss: Loss) -> dict[str, Any]:
    """The report as JSON holds it."""
    return {"id": loss.id, "at": loss.at.isoformat(), "cause": loss.cause, **loss.report}


def write(directory: Path, loss: Loss) -> Path:
    """Put the report beside the journal; later findings replace it whole."""
    path = directory / f"journal-report-{loss.at:%Y%m%dT%H%M%SZ}.json"
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(facts(loss), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


_CAUSES = {
    "damaged": "файл журнала был повреждён",
    "missing": "файл журнала пропал",
    "restored": "журнал восстановлен из резервной копии",
}


def words(report: Mapping[str, Any]) -> Iterator[str]:
    """For the person who must look at it."""
    yield f"{report['at']}: {_CAUSES.get(report['cause'], report['cause'])} ({report['reason']})."
    if "set_aside" in report:
        yield f"Прежний файл отложен: {report['set_aside']}."
        yield (
            f"Сохранено заданий: {report['jobs_saved']}, из них не завершено: {report['jobs_unfinished']}, "
            f"без содержания: {report['jobs_without_body']}; токенов: {report['tokens_saved']}; "
            f"проверок кодов маркировки: {report.get('verdicts_saved', 0)}."
        )
        if report.get("orders_saved"):
            yield f"Заказов сохранено: {report['orders_saved']}."
        if report.get("orders_doubted"):
            yield f"Заказы, у которых могли пропасть последние события: {', '.join(report['orders_doubted'])}."
        if report.get("orders_lost"):
            yield f"Заказы, которых больше нет (передайте состав и события заново): {', '.join(report['orders_lost'])}."
        yield f"Потеряно строк: {report['rows_lost']} (и то, что было после последней сохранившейся)."
        if report["keys_garbled"]:
            yield f"Испорченные ключи: {', '.join(report['keys_garbled'])}."
    if report.get("orders_open"):
        yield f"Открытых заказов: {report['orders_open']}. Передайте заново всё, что с ними было после копии."
    for name, found in report["registers"].items():
        yield (
            f"Касса {name}, ФН {found['fn']}: прочитаны документы {found['from']}–{found['to']}, "
            f"чеков без задания: {found['recovered']}."
        )
    if not report["registers"]:
        yield "Кассы ещё не прочитаны: это произойдёт при первой связи с ними."
    yield "Чеки, которые совпадут с найденными, ждут решения (состояние settling): сверьте их и ответьте resolve."
