"""Branches: create, look up, change, delete (protocol §6; Mercado Pago calls them stores)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from simulator import instants
from simulator.api import answer, page_of, read_id, read_object
from simulator.errors import FORBIDDEN, RefusedError, not_found, refuse_store
from simulator.exact_json import is_number

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from simulator.account import Account

LONGEST_EXTERNAL_ID = 60
MOST_HOURS_A_DAY = 4
PAGE = 50
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIELDS = ("name", "external_id", "business_hours", "location")
ADDRESS = ("street_number", "street_name", "city_name", "state_name")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass
class Store:
    """One branch; ``fields`` is its body as the seller sent it, ``id`` Mercado Pago's number."""

    id: int
    fields: dict[str, Any]
    created_at: datetime

    @property
    def external_id(self) -> str | None:
        """The seller's own id of the branch."""
        value: str | None = self.fields.get("external_id")
        return value

    def shown(self) -> dict[str, Any]:
        """Return the branch as it is answered: the address comes back as one line, as documented."""
        place = self.fields["location"]
        line = f"{place['street_name']} {place['street_number']}, {place['city_name']}, {place['state_name']}"
        return {
            "id": str(self.id),
            "name": self.fields["name"],
            "date_creation": instants.show(self.created_at),
            "business_hours": self.fields.get("business_hours") or {},
            "location": {
                "address_line": line,
                "reference": place.get("reference"),
                "latitude": place["latitude"],
                "longitude": place["longitude"],
            },
            "external_id": self.external_id,
        }


def create(account: Account, body: dict[str, Any]) -> Store:
    """Keep a new branch; ``RefusedError`` lists everything that is wrong with it."""
    _check(account, body, None)
    store = Store(account.next_id("store"), body, account.now())
    account.stores[store.id] = store
    return store


def change(account: Account, store: Store, body: dict[str, Any]) -> None:
    """Change the fields that are given; a given location replaces the old one as a whole."""
    fields = {**store.fields, **body}
    _check(account, fields, store)
    store.fields = fields


def by_external_id(account: Account, external_id: str) -> Store | None:
    """Find a branch by the seller's own id."""
    return next((store for store in account.stores.values() if store.external_id == external_id), None)


def _check(account: Account, body: dict[str, Any], itself: Store | None) -> None:
    wrong = [f"unknown field: {name}" for name in body if name not in FIELDS]
    if not isinstance(body.get("name"), str) or not body["name"]:
        wrong.append("name must be a string")
    wrong += _wrong_external_id(account, body.get("external_id"), itself)
    wrong += _wrong_hours(body.get("business_hours"))
    wrong += _wrong_location(account, body.get("location"))
    if wrong:
        raise refuse_store(wrong)


def _wrong_external_id(account: Account, external_id: Any, itself: Store | None) -> list[str]:
    if external_id is None:
        return []
    if not isinstance(external_id, str):
        return ["external_id must be a string"]
    if len(external_id) > LONGEST_EXTERNAL_ID:
        return [f"external_id is too long: at most {LONGEST_EXTERNAL_ID} characters"]
    holder = by_external_id(account, external_id)
    if holder and holder is not itself:
        return [f"external id '{external_id}' is already assigned to this user {account.collector_id}"]
    return []


def _wrong_hours(hours: Any) -> list[str]:
    if hours is None:
        return []
    if not isinstance(hours, dict):
        return ["business_hours must be a json_object"]
    wrong = [f"business_hours: {day} is not a day" for day in hours if day not in DAYS]
    for day, spans in hours.items():
        if not isinstance(spans, list) or not all(_is_span(span) for span in spans):
            wrong.append(f"{day} must be a list of open and close, each as 08:00, close after open")
            continue
        if len(spans) > MOST_HOURS_A_DAY:
            wrong.append(f"{day} exceeds the maximum length of {MOST_HOURS_A_DAY} for opening hours")
        ordered = sorted((span["open"], span["close"]) for span in spans)
        if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
            wrong.append(f"{day} has overlapping hours")
    return wrong


def _is_span(span: Any) -> bool:
    if not isinstance(span, dict) or set(span) != {"open", "close"}:
        return False
    ends = (span["open"], span["close"])
    return all(isinstance(end, str) and CLOCK.fullmatch(end) for end in ends) and ends[0] < ends[1]


def _wrong_location(account: Account, place: Any) -> list[str]:
    if not isinstance(place, dict):
        return ["location must be a json_object"]
    wrong = [f"location.{name} must be a string" for name in ADDRESS if not isinstance(place.get(name), str)]
    if not isinstance(place.get("reference", ""), str):
        wrong.append("location.reference must be a string")
    cities = account.country.cities
    state, city = place.get("state_name"), place.get("city_name")
    if isinstance(state, str) and state not in cities:
        wrong.append(f"location.state_name was invalid. Valid values are: {', '.join(cities)}")
    elif isinstance(state, str) and isinstance(city, str) and city not in cities[state]:
        wrong.append(f"location.city_name was invalid. Valid values are: {', '.join(cities[state])}")
    latitude, longitude = place.get("latitude"), place.get("longitude")
    numbers = is_number(latitude) and is_number(longitude)
    if not numbers or not account.country.contains(latitude, longitude):  # type: ignore[arg-type]  # `numbers` says that they are
        wrong.append(f"Store coordinates (latitude {latitude} and longitude {longitude}) are invalid")
    return wrong


def routes(account: Account) -> list[Route]:
    """Lay the branches' routes."""

    def own(request: Request) -> None:
        if read_id(request.path_params["user_id"]) != account.collector_id:
            raise RefusedError(FORBIDDEN, "forbidden", "the token does not belong to this user")

    def wanted(request: Request) -> Store:
        store = account.stores.get(read_id(request.path_params["id"]))
        if store is None:
            raise not_found("store not found")
        return store

    async def post(request: Request) -> Response:
        own(request)
        return answer(create(account, await read_object(request)).shown(), 201)

    async def search(request: Request) -> Response:
        own(request)
        external_id = request.query_params.get("external_id")
        found = [store for store in account.stores.values() if external_id in (None, store.external_id)]
        offset, limit = page_of(request, largest=PAGE)
        page = [store.shown() for store in found[offset : offset + limit]]
        return answer({"paging": {"total": len(found), "offset": offset, "limit": limit}, "results": page})

    async def get(request: Request) -> Response:
        return answer(wanted(request).shown())

    async def put(request: Request) -> Response:
        own(request)
        store = wanted(request)
        change(account, store, await read_object(request))
        return answer(store.shown())

    async def delete(request: Request) -> Response:
        own(request)
        del account.stores[wanted(request).id]
        return answer({"message": "Store deleted"})

    return [
        Route("/users/{user_id}/stores", post, methods=["POST"]),
        Route("/users/{user_id}/stores/search", search, methods=["GET"]),
        Route("/stores/{id}", get, methods=["GET"]),
        Route("/users/{user_id}/stores/{id}", put, methods=["PUT"]),
        Route("/users/{user_id}/stores/{id}", delete, methods=["DELETE"]),
    ]
