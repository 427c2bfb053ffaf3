"""Another program on the same register, as a cashier's till or a vendor's tool: it makes receipts of its own."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from devices.errors import GatewayError
from devices.links.pair import PairLink
from devices.registers.base import Shift
from devices.registers.factory import create
from protocols.ffd.enums import Operation, PaymentMethod, PaymentObject, Taxation, Vat
from protocols.ffd.receipt import Item, Payments, Receipt
from simulation.world import World

#: What the book of misfortunes calls it.
STRANGERS = "another program on the register"
#: Kopecks of its receipts: no caller asks for so much.
FIRST_TOTAL = 500_000_000
#: Seconds after which it gives up, whatever it was doing.
_PATIENCE = 20.0


async def visit(world: World, register: str, number: int) -> None:
    """Take the line, sell one thing, leave. What goes wrong on the way is nobody's business."""
    family = world.conditions.family
    link = PairLink(lambda: world.cables[register].connect()[0], name=f"stranger:{register}", web=family.web)
    driver = create(family.name, link, options=world.conditions.options)
    world.story.tell("stranger", f"takes {register}")
    try:
        async with asyncio.timeout(_PATIENCE):
            await driver.connect()
            if (await driver.state()).shift is Shift.OPEN:
                made = await driver.fiscalise(_receipt(FIRST_TOTAL + number))
                world.story.tell("stranger", f"made document {made.fiscal.document}")
    except (GatewayError, TimeoutError) as error:
        world.story.tell("stranger", f"gives up: {error!r}")
    finally:
        await driver.close()


def _receipt(total: int) -> Receipt:
    item = Item(
        name="Сигареты",
        price=total,
        quantity=Decimal(1),
        sum=total,
        vat=Vat.VAT22,
        payment_method=PaymentMethod.FULL_PAYMENT,
        payment_object=PaymentObject.COMMODITY,
    )
    return Receipt(operation=Operation.SELL, taxation=Taxation.OSN, items=(item,), payments=Payments(electronic=total))
