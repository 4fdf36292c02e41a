"""What provisioning needs of the world: where places are kept, and Mercado Pago's stores and POS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from caja.places import Branch, PlacedBox, PlaceView, Pos, PosWish, StoreWish

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Listed]):
    """One page of a list in the order of names; `last` is the name the next page begins after, None on the last."""

    items: tuple[Listed, ...]
    last: str | None


class Places(Protocol):
    """The boxes' table as the operator uses it. Every method raises StorageError.

    A save raises StaleVersionError unless the stored version is the one before (none for version 1).
    """

    def box(self, box_id: str) -> PlaceView | None:
        """The box, retired ones too, strongly consistent."""
        ...

    def save_box(self, box: PlacedBox) -> None:
        """Write the box."""
        ...

    def list_boxes(self, after: str | None) -> Listing[PlacedBox]:
        """At most 100 boxes without name, category and QR links; eventually consistent."""
        ...

    def branch(self, external_id: str) -> Branch | None:
        """The branch, strongly consistent."""
        ...

    def save_branch(self, branch: Branch) -> None:
        """Write the branch."""
        ...

    def list_branches(self, after: str | None) -> Listing[Branch]:
        """At most 100 branches; eventually consistent."""
        ...


class StoreCatalog(Protocol):
    """Mercado Pago's stores of our seller; every method raises MercadoPagoError."""

    def find(self, external_id: str) -> str | None:
        """The id of the store with this external_id, None if there is none."""
        ...

    def create(self, wish: StoreWish) -> str:
        """A new store; its id."""
        ...

    def update(self, store_id: str, wish: StoreWish) -> None:
        """The store, changed into what is wished."""
        ...


class PosCatalog(Protocol):
    """Mercado Pago's POS of our seller; every method raises MercadoPagoError."""

    def find(self, external_id: str) -> Pos | None:
        """The POS with this external_id in any case, None if there is none."""
        ...

    def create(self, wish: PosWish) -> Pos:
        """A new POS; MercadoPagoRefusedError with status 409 if its external_id is taken."""
        ...

    def update(self, pos_id: str, wish: PosWish) -> Pos:
        """The POS, changed into what is wished."""
        ...

    def delete(self, pos_id: str) -> None:
        """No POS with this id any longer; done as well if there was none."""
        ...
