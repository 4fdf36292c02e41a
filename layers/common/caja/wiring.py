"""The real adapters, each built once per function's life; the only room that knows them all."""

from __future__ import annotations

import os
import random
import secrets
from datetime import UTC, datetime
from functools import cache

import boto3

from caja import config
from caja.mercadopago.calls import MercadoPago
from caja.mercadopago.merchant_orders import MercadoPagoMerchantOrders
from caja.mercadopago.payments import MercadoPagoPayments
from caja.mercadopago.places import MercadoPagoPos, MercadoPagoStores
from caja.queues import CheckQueue, PatientProcessor, RefundQueue
from caja.report import LambdaReport
from caja.tables.boxes import BoxesTable
from caja.tables.calls import PATIENCE, make_dynamodb
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


def now() -> datetime:
    """The time, aware, UTC, to the millisecond as the tables keep it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def make_key() -> str:
    """128 random bits as URL-safe text."""
    return secrets.token_urlsafe(16)


@cache
def settings() -> config.Settings:
    """What template.yaml set."""
    return config.Settings(os.environ)


@cache
def boxes() -> BoxesTable:
    """The boxes, as their own routes see them."""
    return BoxesTable(dynamodb(), settings().boxes_table)


@cache
def orders() -> OrdersTable:
    """The ledger, and the offers that go with it."""
    return OrdersTable(dynamodb(), orders=settings().orders_table, boxes=settings().boxes_table)


@cache
def due_orders() -> OrdersTable:
    """The ledger alone, for the sweep."""
    return OrdersTable(dynamodb(), orders=settings().orders_table, boxes="")


@cache
def ledger() -> LedgerTable:
    """The ledger, as the operator looks at it."""
    return LedgerTable(dynamodb(), orders=settings().orders_table, boxes=settings().boxes_table)


@cache
def places() -> PlacesTable:
    """Branches and boxes, as the operator sees them."""
    return PlacesTable(dynamodb(), settings().boxes_table)


@cache
def checks() -> CheckQueue:
    """The queue of checks."""
    return CheckQueue(boto3.client("sqs", config=PATIENCE), settings().check_queue_url)


@cache
def refund_requests() -> RefundQueue:
    """The queue of payments to give back."""
    return RefundQueue(boto3.client("sqs", config=PATIENCE), settings().refund_queue_url)


@cache
def health() -> HealthTable:
    """What is remembered of our calls to Mercado Pago."""
    return HealthTable(dynamodb(), settings().boxes_table)


@cache
def access_token() -> config.AccessToken:
    """The seller's token, read again every five minutes."""
    return config.AccessToken(settings().access_token_secret)


@cache
def mercadopago() -> MercadoPago:
    """The line to Mercado Pago."""
    return MercadoPago(settings().mercadopago_url, access_token())


def collector_id() -> int:
    """The seller's account; not kept, so that a rotated token counts."""
    return config.collector_id(access_token()())


def merchant_orders() -> MercadoPagoMerchantOrders:
    """Mercado Pago's merchant orders."""
    return MercadoPagoMerchantOrders(mercadopago())


def stores() -> MercadoPagoStores:
    """Mercado Pago's branches."""
    return MercadoPagoStores(mercadopago(), collector_id())


@cache
def pos() -> MercadoPagoPos:
    """Mercado Pago's boxes."""
    return MercadoPagoPos(mercadopago())


@cache
def batches() -> PatientProcessor:
    """What works off a batch of checks."""
    urls = (settings().notification_queue_url, settings().check_queue_url)
    return PatientProcessor(boto3.client("sqs", config=PATIENCE), urls)


@cache
def refund_batches() -> PatientProcessor:
    """What works off a batch of refunds."""
    return PatientProcessor(boto3.client("sqs", config=PATIENCE), (settings().refund_queue_url,))


def world() -> World:
    """What a check works with, now."""
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
    return Till(
        orders=orders(),
        payments=MercadoPagoPayments(mercadopago()),
        health=health(),
        report=report(),
        make_key=make_key,
        now=now(),
    )


def desk(who: str) -> Desk:
    """What the operator `who` decides with, now."""
    return Desk(
        ledger=ledger(),
        checks=checks(),
        refund_requests=refund_requests(),
        report=report(),
        who=who,
        now=now(),
    )
