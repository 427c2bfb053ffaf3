"""Replies that several commands share."""

from __future__ import annotations

from protocols.pirit.fields import Kopecks, Kopecks4, Kopecks6, Kopecks16, Moment, Number, Numbers16, Text
from protocols.pirit.messages import Texts
from protocols.wire import message


@message
class NumberReply(Texts):
    value: Number


@message
class TextReply(Texts):
    value: Text


@message
class KopecksReply(Texts):
    value: Kopecks


@message
class SumsOfPayments(Texts):
    """By payment types 0…15."""

    values: Kopecks16


@message
class CountsOfPayments(Texts):
    """By payment types 0…15."""

    values: Numbers16


@message
class SumsOfVat(Texts):
    """By rows of the VAT table."""

    values: Kopecks6


@message
class FourSums(Texts):
    values: Kopecks4


@message
class MomentReply(Texts):
    at: Moment


@message
class FiscalReply(Texts):
    """A registration or the end of a drive: ФД and ФП of the report."""

    document: Number
    sign: Number
    at: Moment
