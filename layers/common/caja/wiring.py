"""The real adapters, each built once per function's life; the only room that knows them all.

An adapter is imported where it is built: a function that starts waits for its own libraries, not for everybody's.
"""

from __future__ import annotations

import os
import random
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError

from caja.config import SettingMissingError, Settings
from caja.report import LambdaReport
from caja.tables.calls import PATIENCE, make_dynamodb

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from caja.access_token import AccessToken
    from caja.batches import PatientProcessor
    from caja.mercadopago.calls import MercadoPago
    from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders
    from caja.mercadopago.payments import MercadoPagoPayments
    from caja.mercadopago.places import MercadoPagoPos, MercadoPagoStores
    from caja.queues import CheckQueue, RefundQueue
    from caja.tables.boxes import BoxesTable
    from caja.tables.health import HealthTable
    from caja.tables.ledger import LedgerTable
    from caja.tables.orders import OrdersTable
    from caja.tables.places import PlacesTable
    from caja.usecases.manage_orders import Desk
    from caja.usecases.refund_payment import Till
    from caja.usecases.settle_order import World

random_hex = secrets.token_hex
dynamodb = cache(make_dynamodb)
report = cache(LambdaReport)


def prepare(*adapters: Callable[[], object]) -> None:
    """Build `adapters` while a function starts, so that its first request finds them; raises nothing.

    Lambda may start a function ahead of its first request. What fails here fails again in the request, and is told there.
    """
    with suppress(BotoCoreError, SettingMissingError):
        for build in adapters:
            build()


def now() -> datetime:
    """The time, aware, UTC, to the millisecond as the tables keep it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def make_key() -> str:
    """128 random bits as URL-safe text."""
    return secrets.token_urlsafe(16)


@cache
def sqs() -> SQSClient:
    """The client of our queues, with our time-outs."""
    return boto3.client("sqs", config=PATIENCE)


@cache
def settings() -> Settings:
    """What template.yaml set."""
    return Settings(os.environ)


@cache
def boxes() -> BoxesTable:
    """The boxes, as their own routes see them."""
    from caja.tables.boxes import BoxesTable

    return BoxesTable(dynamodb(), settings().boxes_table)


@cache
def orders() -> OrdersTable:
    """The ledger, and the offers that go with it."""
    from caja.tables.orders import OrdersTable

    return OrdersTable(dynamodb(), orders=settings().orders_table, boxes=settings().boxes_table)


@cache
def due_orders() -> OrdersTable:
    """The ledger alone, for the sweep."""
    from caja.tables.orders import OrdersTable

    return OrdersTable(dynamodb(), orders=settings().orders_table, boxes="")


@cache
def ledger() -> LedgerTable:
    """The ledger, as the operator looks at it."""
    from caja.tables.ledger import LedgerTable

    return LedgerTable(dynamodb(), orders=settings().orders_table, boxes=settings().boxes_table)


@cache
def places() -> PlacesTable:
    """Branches and boxes, as the operator sees them."""
    from caja.tables.places import PlacesTable

    return PlacesTable(dynamodb(), settings().boxes_table)


@cache
def checks() -> CheckQueue:
    """The queue of checks."""
    from caja.queues import CheckQueue

    return CheckQueue(sqs, settings().check_queue_url)


@cache
def refund_requests() -> RefundQueue:
    """The queue of payments to give back."""
    from caja.queues import RefundQueue

    return RefundQueue(sqs, settings().refund_queue_url)


@cache
def health() -> HealthTable:
    """What is remembered of our calls to Mercado Pago."""
    from caja.tables.health import HealthTable

    return HealthTable(dynamodb(), settings().boxes_table)


@cache
def access_token() -> AccessToken:
    """The seller's token, read again every five minutes."""
    from caja.access_token import AccessToken

    return AccessToken(settings().access_token_secret)


@cache
def mercadopago() -> MercadoPago:
    """The line to Mercado Pago."""
    from caja.mercadopago.calls import MercadoPago

    return MercadoPago(settings().mercadopago_url, access_token())


def collector_id() -> int:
    """The seller's account; not kept, so that a rotated token counts."""
    from caja.access_token import collector_id as read_collector_id

    return read_collector_id(access_token()())


def merchant_orders() -> MercadoPagoMerchantOrders:
    """Mercado Pago's merchant orders."""
    from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders

    return MercadoPagoMerchantOrders(mercadopago())


def stores() -> MercadoPagoStores:
    """Mercado Pago's branches."""
    from caja.mercadopago.places import MercadoPagoStores

    return MercadoPagoStores(mercadopago(), collector_id())


@cache
def pos() -> MercadoPagoPos:
    """Mercado Pago's boxes."""
    from caja.mercadopago.places import MercadoPagoPos

    return MercadoPagoPos(mercadopago())


def payments() -> MercadoPagoPayments:
    """Mercado Pago's payments."""
    from caja.mercadopago.payments import MercadoPagoPayments

    return MercadoPagoPayments(mercadopago())


@cache
def batches() -> PatientProcessor:
    """What works off a batch of checks."""
    from caja.batches import PatientProcessor

    urls = (settings().notification_queue_url, settings().check_queue_url)
    return PatientProcessor(sqs(), urls)


@cache
def refund_batches() -> PatientProcessor:
    """What works off a batch of refunds."""
    from caja.batches import PatientProcessor

    return PatientProcessor(sqs(), (settings().refund_queue_url,))


def world() -> World:
    """What a check works with, now."""
    from caja.usecases.settle_order import World

    return World(
        orders=orders(),
        merchant_orders=merchant_orders(),
        checks=checks(),
        refund_requests=refund_requests(),
        health=health(),
        report=report(),
        now=now(),
        jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
    )


def till() -> Till:
    """What a refund works with, now."""
    from caja.usecases.refund_payment import Till

    return Till(
        orders=orders(),
        payments=payments(),
        health=health(),
        report=report(),
        make_key=make_key,
        now=now(),
    )


def desk(who: str) -> Desk:
    """What the operator `who` decides with, now."""
    from caja.usecases.manage_orders import Desk

    return Desk(
        ledger=ledger(),
        checks=checks(),
        refund_requests=refund_requests(),
        report=report(),
        who=who,
        now=now(),
    )
