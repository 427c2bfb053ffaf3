"""Refusals of the orders' calls: rows of the table in `problems`, which has them in docs/errors.md, too."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.api.problem_kind import Kind

_PROGRAM = "Исправьте программу или обратитесь к её авторам."

ORDER_KINDS: Mapping[str, Kind] = {
    "order_number_invalid": Kind(
        422, "No such number can be an order's", "send another number", f"Недопустимый номер заказа. {_PROGRAM}"
    ),
    "order_unknown": Kind(
        404,
        "No such order",
        "PUT what it consists of first",
        "Заказа с таким номером нет: проверьте номер или сначала передайте состав заказа.",
    ),
    "order_document_unknown": Kind(
        404,
        "The order has no such document",
        "read the order: `documents` lists their `receipt_id`s",
        "В заказе нет такого чека: запросите заказ, в нём перечислены его чеки.",
    ),
    "order_stale": Kind(
        409,
        "The order has another version by now",
        "read the order again and decide anew",
        "Заказ уже изменился: запросите его заново и повторите изменение.",
    ),
    "order_log_lost": Kind(
        409,
        "The order's log has lost entries, and receipts are in none of them",
        "tell the events that made those receipts first: the same ids, the same order",
        "Журнал потерял события заказа, чеки по которым уже есть: передайте эти события заново с теми же номерами.",
    ),
    "order_moved": Kind(
        409,
        "The order changed at the same moment",
        "send the same request again",
        "Заказ изменили в тот же момент: повторите запрос.",
    ),
    "event_conflict": Kind(
        409,
        "The event's id was used with another content",
        "give a new event a new id",
        "Событие с этим номером уже принято с другим содержанием: дайте новому событию новый номер.",
    ),
    "order_cancelled": Kind(
        409,
        "The order is cancelled",
        "take money and hand goods over by another order",
        "Заказ отменён: для новых оплат и выдачи создайте новый заказ.",
    ),
    "order_settled": Kind(
        409,
        "Everything was handed over: the composition is frozen",
        "post a return, or make another order",
        "Заказ закрыт: оформите возврат товара или новый заказ.",
    ),
    "line_settled": Kind(
        409,
        "What was handed over cannot be changed",
        "leave the lines that `errors` points at as they were",
        "Часть заказа уже выдана по чеку: её можно только вернуть.",
    ),
    "payment_exceeds_due": Kind(
        409,
        "More is paid at the hand-over than is due",
        "correct the sum",
        "Получено больше, чем должен покупатель: проверьте сумму, лишнее верните.",
    ),
    "credit_mismatch": Kind(
        409,
        "The credit is not the unpaid rest",
        "correct the sums",
        "Сумма кредита не равна неоплаченному остатку: проверьте суммы.",
    ),
    "delivery_unpaid": Kind(
        409,
        "The goods are not paid",
        "post the payment with the delivery, or allow credit by policy `unpaid_delivery`",
        "Товар не оплачен: примите оплату или оформите передачу в кредит.",
    ),
    "nothing_to_deliver": Kind(
        409,
        "Nothing is left to hand over",
        "read the order: its lines tell what was handed over",
        "В заказе не осталось товаров для выдачи: проверьте его состав и прежние выдачи.",
    ),
    "delivery_wrong": Kind(
        422,
        "The parcel has faults",
        "correct what `errors` points at",
        "Исправьте позиции, перечисленные в ошибке, и повторите выдачу.",
    ),
    "codes_missing": Kind(
        422,
        "Marked units lack their codes",
        "send the codes that `errors` lists, or scan them for the order",
        "Отсканируйте коды маркировки позиций, перечисленных в ошибке, и повторите выдачу.",
    ),
    "too_many_codes": Kind(
        422,
        "More marked units than one receipt holds codes",
        "hand over (or take back) in parts: an event for each, with 128 codes at most",
        "Кодов маркировки больше, чем помещается в чек: выдайте или примите товар по частям, не больше 128 за раз.",
    ),
    "nothing_to_return": Kind(
        409,
        "Nothing of the order is with the buyer",
        "post a refund when only money goes back",
        "По заказу нет выданных товаров: если товар не выдан, оформите возврат денег.",
    ),
    "return_wrong": Kind(
        422,
        "The return has faults",
        "correct what `errors` points at",
        "Исправьте позиции, перечисленные в ошибке, и повторите возврат.",
    ),
    "form_not_paid": Kind(
        409,
        "So much was not paid in this form",
        "leave the method out, or give one that was paid",
        "Деньги возвращают тем способом, которым платили: выберите другой или не указывайте его.",
    ),
    "refund_exceeds_held": Kind(
        409,
        "So much is not held",
        "correct the sum; after the hand-over post a return",
        "Вернуть можно не больше полученного: исправьте сумму; после выдачи оформите возврат товара.",
    ),
    "document_not_next": Kind(
        409,
        "This document is not the one that the bank's till issues next",
        "read the order: its documents are listed in their order",
        "Этот чек сейчас не ожидается от кассы банка: запросите заказ.",
    ),
    "document_recorded": Kind(
        409,
        "This document of a till is recorded for another receipt",
        "correct `fiscal`: one document is one receipt",
        "Этот фискальный документ уже записан за другим чеком: проверьте номер документа.",
    ),
    "scan_refused": Kind(
        422,
        "The scanned unit does not belong to the order",
        "do as `errors` says",
        "Этот экземпляр не подходит к заказу: смотрите подсказку.",
    ),
    "permit_denied": Kind(
        422,
        "Permit mode refuses units of the parcel",
        "leave out or replace the units that `errors` points at, and post the event again",
        "Часть товаров продавать нельзя: замените экземпляры, перечисленные в ошибке, и повторите выдачу.",
    ),
    "permit_no_answer": Kind(
        503,
        "Nobody answers whether the units may be sold",
        "post the same event again",
        "Проверить коды маркировки не удалось: проверьте интернет и повторите выдачу.",
    ),
}
