"""An operator with a stack: the places in moto's BoxesTable, Mercado Pago simulated, every call counted and cut at will."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from caja.bodies import read_json_object
from caja.instants import write_instant
from caja.keys import is_known
from caja.mercadopago.places import MercadoPagoPos, MercadoPagoStores
from caja.poll_answers import INVALID, decide, read_poll
from caja.tables.places import PlacesTable
from caja.usecases import provision_keys, provision_pos, provision_store, provision_views
from tests.builders import LOCATION
from tests.cutting import Cutter
from tests.tokens import client

if TYPE_CHECKING:
    from simulator.server import Simulator

API_URL = "http://127.0.0.1/pay"
STORE_BODY = {"external_id": "STORE001", "name": "Sucursal Norte", "location": LOCATION}
BOX_BODY = {"box_id": "CAJA0001", "name": "Surtidor 1", "external_store_id": "STORE001", "mode": "postpay"}


class Operator:
    """Calls the use-cases as the function does."""

    def __init__(self, dynamodb: Any, simulator: Simulator) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.api_url = API_URL
        self.currency = "ARS"
        self.simulator = simulator
        self.dynamodb = dynamodb
        self.table = PlacesTable(dynamodb, "BoxesTable")
        self.cutter = Cutter()
        mercadopago = client(simulator.url)
        self.places = self.cutter.watch(self.table)
        self.pos = self.cutter.watch(MercadoPagoPos(mercadopago))
        self.stores = self.cutter.watch(MercadoPagoStores(mercadopago, simulator.collector_id))
        self._chance = count()

    def random_hex(self, size: int) -> str:
        """Different every time, the same in every run."""
        return hashlib.sha256(str(next(self._chance)).encode()).hexdigest()[: 2 * size]

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    def put_store(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        body = {**STORE_BODY, **changes}
        return provision_store.provision_store(self.places, self.stores, body=as_read(body), now=self.now)

    def put_box(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        body = {name: value for name, value in {**BOX_BODY, **changes}.items() if value is not ...}
        return provision_pos.provision_box(
            self.places,
            self.pos,
            body=as_read(body),
            currency=self.currency,
            collector_id=self.simulator.collector_id,
            api_url=self.api_url,
            random_hex=self.random_hex,
            now=self.now,
        )

    def get_box(self, box_id: str = "CAJA0001") -> dict[str, Any]:
        return provision_views.get_box(self.places, box_id=box_id, api_url=self.api_url)

    def retire(self, box_id: str = "CAJA0001") -> dict[str, Any]:
        return provision_pos.retire_box(
            self.places, self.pos, box_id=box_id, api_url=self.api_url, now=self.now
        )

    def renew(self, box_id: str = "CAJA0001") -> dict[str, Any]:
        return provision_pos.renew_poll_url(
            self.places,
            self.pos,
            box_id=box_id,
            api_url=self.api_url,
            random_hex=self.random_hex,
            now=self.now,
        )

    def create_key(self, box_id: str = "CAJA0001") -> dict[str, Any]:
        return provision_keys.create_box_key(
            self.places, box_id=box_id, random_hex=self.random_hex, now=self.now
        )

    def delete_key(self, key_id: str, box_id: str = "CAJA0001") -> dict[str, Any]:
        return provision_keys.delete_box_key(self.places, box_id=box_id, key_id=key_id, now=self.now)

    def create_store_key(self, external_id: str = "STORE001") -> dict[str, Any]:
        return provision_keys.create_store_key(
            self.places, external_id=external_id, random_hex=self.random_hex, now=self.now
        )

    def item(self, item: str = "BOX", box_id: str = "CAJA0001") -> dict[str, Any] | None:
        """An item as stored, numbers as int."""
        key = {"box_id": {"S": box_id}, "item": {"S": item}}
        found = self.dynamodb.get_item(TableName="BoxesTable", Key=key).get("Item")
        if found is None:
            return None
        read = {name: TypeDeserializer().deserialize(value) for name, value in found.items()}
        return {name: int(value) if isinstance(value, Decimal) else value for name, value in read.items()}

    def key_hashes(self, item: str = "BOX", box_id: str = "CAJA0001") -> dict[str, str]:
        stored = self.item(item, box_id)
        assert stored is not None
        return {key_id: record["sha256"] for key_id, record in stored["keys"].items()}

    def is_key_good(self, box_key: str, item: str = "BOX", box_id: str = "CAJA0001") -> bool:
        return is_known(box_key, self.key_hashes(item, box_id))

    def forget_box(self, box_id: str = "CAJA0001") -> None:
        """The box as another stack sees it: not at all."""
        for item in ("BOX", "profile"):
            key = {"box_id": {"S": box_id}, "item": {"S": item}}
            self.dynamodb.delete_item(TableName="BoxesTable", Key=key)

    def put_item(self, **item: Any) -> None:
        typed = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        self.dynamodb.put_item(TableName="BoxesTable", Item=typed)

    def offer(self, state: str = "ready", *, seconds: float = 600) -> None:
        """An order at the box, as a submit leaves it."""
        self.put_item(
            box_id="CAJA0001",
            item="READY",
            order_id="ORDER234567ORDER234567ORDE",
            state=state,
            expires_at=write_instant(self.now + timedelta(seconds=seconds)),
        )

    def pos_at_mercadopago(self, box_id: str = "CAJA0001") -> Any:
        return next((p for p in self.simulator.account.pos.values() if p.external_id == box_id), None)

    def is_polled(self, url: str | None = None) -> bool:
        """Whether a poll of the URL that Mercado Pago holds, or of `url`, reaches the box."""
        poll = read_poll(urlsplit(url or self.pos_at_mercadopago().url).query)
        assert poll is not None
        return decide(self.item(box_id=poll.position_id), None, None, poll=poll, now=self.now) != INVALID


def as_read(body: Any) -> Any:
    """The body as `bodies` reads it off the wire."""
    return read_json_object(json.dumps(body), content_type="application/json", is_base64=False)
