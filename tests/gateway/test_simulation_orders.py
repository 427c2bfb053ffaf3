"""Orders in the simulation: the worlds that have them, and that their judge sees what it is to see.

Seeds 2, 7, 20, 21, 22 and 45 of `test_simulation` have orders, too; 7 happens again exactly.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import Any

import pytest
from simulation import chains, life
from simulation.life import live

from gateway.journal import Journal
from gateway.orders.book import Book
from gateway.orders.chains import Chains
from gateway.orders.service import Orders

#: Three orders and little else; six whose gateway is killed three times; six of which documents are given up.
SMALL, KILLED, GIVEN_UP = 608015, 608060, 608239


def found(seed: int) -> set[str]:
    try:
        return {finding.kind for finding in live(seed).findings}
    except ValueError:  # as a long run counts it
        return {"broke off"}


def test_worlds_have_orders_by_chances_of_their_own() -> None:
    drawn = [many for seed in range(400) if (many := chains.drawn(seed))]
    assert 80 < len(drawn) < 160
    assert set(drawn) == set(chains.MANY)


def test_orders_whose_documents_fail_and_are_given_up() -> None:
    result = live(GIVEN_UP)
    assert result.findings == [], f"python -m simulation {GIVEN_UP} --story"
    assert min(result.chains[what] for what in ("documents", "given up", "refused")) > 0


def test_the_judge_sees_a_document_whose_key_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    job_of = Chains._job

    async def otherwise(self: Chains, number: str, made: Any) -> Any:
        name = made.document.id
        key = f"{name}.{id(self)}"  # another one in each life of the gateway
        job = await job_of(self, number, replace(made, document=replace(made.document, id=key)))
        return job and replace(job, id=name)

    monkeypatch.setattr(Chains, "_job", otherwise)
    assert found(KILLED) >= {"doubled", "lost"}


def test_the_judge_sees_an_answer_before_its_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    append = Journal.append_order

    async def early(self: Journal, *arguments: Any) -> None:
        writing = asyncio.ensure_future(append(self, *arguments))
        writing.add_done_callback(lambda task: task.cancelled() or task.exception())

    monkeypatch.setattr(Journal, "append_order", early)
    assert "chain" in found(KILLED)


def test_the_judge_sees_what_is_planned_on_the_true_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    get = Orders.get

    async def true(self: Orders, number: str) -> Book:
        book = await get(self, number)
        if sys._getframe(1).f_code.co_name == "_happen":
            book = replace(book.copy(), order=replace(book.order, ledger=book.ledger))
        return book

    monkeypatch.setattr(Orders, "get", true)
    assert found(GIVEN_UP) & {"chain", "broke off"}


def test_the_judge_sees_an_order_that_stands_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    last_word = Chains._last_word

    def deaf(self: Chains, book: Any, made: Any, job: Any) -> Any:
        return None if job.state == "done" else last_word(self, book, made, job)

    monkeypatch.setattr(Chains, "_last_word", deaf)
    monkeypatch.setattr(life, "PATIENCE", 300.0)
    assert "silent" in found(SMALL)
