"""What the demo says, in English and in Spanish; the nine steps are those of Mercado Pago's own document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One language. `steps` are the nine steps, by the label Mercado Pago's document gives them."""

    title: str
    opening: str
    watch: str
    steps: Mapping[str, str]
    box: str
    merchant: str
    mercadopago: str
    phone_waits: str
    phone_amount: str
    phone_paid: str
    receipt: str
    total: str
    paid_with: str
    order: str
    seen_after: str
    stays_up: str
    goes_down: str
    went_down_too: str
    not_paid: str
    not_filled: str
    no_answer: str
    too_late: str
    where_to_look: str
    where_to_look_once: str
    interrupted: str
    still_up: str
    thousands: str
    point: str

    def number(self, value: Decimal | float, digits: int) -> str:
        """A number as people write it in this language."""
        return f"{value:,.{digits}f}".translate(str.maketrans(",.", self.thousands + self.point))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount as people write it; the demo sells in pesos and cents."""
        return f"{self.number(amount, 2)} {currency}"


ENGLISH = Texts(
    title="A customer pays for fuel",
    opening="One sale through the real template: caja on emulated AWS, a pump, a phone, Mercado Pago's simulator.",
    watch="Watch it, and play on: {page_url}",
    steps={
        "1": "The customer scans the pump's QR.",
        "2": "Mercado Pago looks for an order at the pump's URL.",
        "3A": "The pump tells caja what it is doing: filling.",
        "3B": "Nothing to pay yet: HTTP 400. The phone waits (3C), and Mercado Pago asks again (3D).",
        "4A": "The customer hangs up the nozzle; the pump submits the order.",
        "4B": "The order is ready: HTTP 200. Mercado Pago reads what is to be paid.",
        "5A": "The phone shows the amount.",
        "5B": "Mercado Pago notifies caja of the merchant order; caja confirms (5C) once the hint is safe in a queue.",
        "5+": "As after every notification, caja asks Mercado Pago itself (8A, 8B): opened, not paid.",
        "6": "The customer pays.",
        "7A": "The phone confirms the payment.",
        "7B": "Mercado Pago notifies caja again; caja confirms (7C).",
        "8A": "caja believes no notification: it asks for the merchant order, by its id or by our reference (8A), and checks the answer (8B).",
        "9": "Closed, ours, and really paid: the pump sees it and prints the receipt.",
    },
    box="pump",
    merchant="caja",
    mercadopago="Mercado Pago",
    phone_waits="Please wait…",
    phone_amount="Pay {amount}?",
    phone_paid="You paid {amount}.",
    receipt="RECEIPT",
    total="Total",
    paid_with="Paid with Mercado Pago, payment",
    order="Order",
    seen_after="Order {order_id}, {amount}: the pump saw it paid {seconds} s after the customer tapped.",
    stays_up=(
        "The stack is still up.\n"
        "Page         {page_url} (pump, vending machine, phones)\n"
        "API          {api_url}\n"
        "Mercado Pago {mercadopago_url}/sim/wire (all it said and heard)\n"
        "Play again: `make demo`. Look around: `.venv/bin/caja local status`.\n"
        "Stop: `make down`. Deploy it for real: README.md."
    ),
    goes_down="Taking everything down.",
    went_down_too="The stack was up before; ONCE=1 leaves nothing up, so it goes down too.",
    not_paid="The pump did not see the order paid: it is {state}.",
    not_filled="No fuel came: the pump is {phase}.",
    no_answer="Step {step} did not happen: {reason}",
    too_late="nothing came within {seconds} s.",
    where_to_look="Look into the logs: `.venv/bin/caja local logs`, `.venv/bin/caja local logs --of simulator`.",
    where_to_look_once="Look into the logs: .caja/log/functions.log, .caja/log/simulator.log.",
    interrupted="Stopped at step {step}.",
    still_up="The stack is still up; stop it with `make down`.",
    thousands=",",
    point=".",
)

SPANISH = Texts(
    title="Un cliente paga el combustible",
    opening="Una venta con la plantilla real: caja en AWS emulado, un surtidor, un teléfono y el simulador de Mercado Pago.",
    watch="Para verla y seguir jugando: {page_url}",
    steps={
        "1": "El cliente escanea el QR del surtidor.",
        "2": "Mercado Pago busca una orden en la URL del surtidor.",
        "3A": "El surtidor informa a caja qué está haciendo: cargando.",
        "3B": "Todavía no hay nada que pagar: HTTP 400. El teléfono espera (3C) y Mercado Pago vuelve a preguntar (3D).",
        "4A": "El cliente cuelga la manguera; el surtidor envía la orden.",
        "4B": "La orden está lista: HTTP 200. Mercado Pago lee lo que hay que pagar.",
        "5A": "El teléfono muestra el importe.",
        "5B": "Mercado Pago notifica a caja la orden; caja confirma (5C) cuando el aviso está a salvo en una cola.",
        "5+": "Como después de cada aviso, caja consulta a Mercado Pago (8A, 8B): abierta, sin pagar.",
        "6": "El cliente paga.",
        "7A": "El teléfono confirma el pago.",
        "7B": "Mercado Pago vuelve a notificar a caja; caja confirma (7C).",
        "8A": "caja no le cree al aviso: consulta la orden en Mercado Pago, por su id o por nuestra referencia (8A), y revisa la respuesta (8B).",
        "9": "Cerrada, nuestra y pagada de verdad: el surtidor lo ve e imprime el comprobante.",
    },
    box="surtidor",
    merchant="caja",
    mercadopago="Mercado Pago",
    phone_waits="Espere, por favor…",
    phone_amount="¿Pagar {amount}?",
    phone_paid="Pagó {amount}.",
    receipt="COMPROBANTE",
    total="Total",
    paid_with="Pagado con Mercado Pago, pago",
    order="Orden",
    seen_after="Orden {order_id}, {amount}: el surtidor la vio pagada {seconds} s después de que el cliente confirmó.",
    stays_up=(
        "Todo queda funcionando.\n"
        "Página       {page_url} (surtidor, máquina, teléfonos)\n"
        "API          {api_url}\n"
        "Mercado Pago {mercadopago_url}/sim/wire (todo lo que dijo y oyó)\n"
        "Para repetirla: `make demo`. Para mirar: `.venv/bin/caja local status`.\n"
        "Para detener todo: `make down`. Para instalarlo de verdad: README.es.md."
    ),
    goes_down="Deteniendo todo.",
    went_down_too="Ya estaba funcionando; ONCE=1 no deja nada funcionando, así que también se detiene.",
    not_paid="El surtidor no vio la orden pagada: está en {state}.",
    not_filled="No salió combustible: el surtidor está en {phase}.",
    no_answer="El paso {step} no ocurrió: {reason}",
    too_late="no llegó nada en {seconds} s.",
    where_to_look="Mire los registros: `.venv/bin/caja local logs`, `.venv/bin/caja local logs --of simulator`.",
    where_to_look_once="Mire los registros: .caja/log/functions.log, .caja/log/simulator.log.",
    interrupted="Detenido en el paso {step}.",
    still_up="Todo sigue funcionando; deténgalo con `make down`.",
    thousands=".",
    point=",",
)


def choose_texts(environment: Mapping[str, str]) -> Texts:
    """The language of the locale, by the variables POSIX names in their order; English unless it is Spanish."""
    locale = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), ""
    )
    return SPANISH if locale.lower().startswith("es") else ENGLISH
