"""The operator says: this branch exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from caja.places import Branch
from caja.provision_schemas import PutStore, show_branch
from caja.usecases.decide_anew import deciding_anew

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from caja.places import StoreWish
    from caja.usecases.provision_protocols import Places, StoreCatalog


@deciding_anew
def provision_store(
    places: Places, stores: StoreCatalog, *, body: Mapping[str, Any], now: datetime
) -> tuple[int, dict[str, Any]]:
    """`POST /admin/stores`: (201, branch), or (200, branch) when it was known, changed where it differs.

    Mercado Pago first: what it refuses changes nothing here, and a crash is healed by the same call, which finds the
    store by its external_id.
    """
    wish = PutStore.read(body).wish()
    known = places.branch(wish.external_id)
    store_id = _settle_store(stores, known, wish)
    if known is None:
        branch = Branch(wish=wish, store_id=store_id, created_at=now, updated_at=now)
    elif (known.wish, known.store_id) == (wish, store_id):
        return 200, show_branch(known)
    else:
        branch = known.changed(now, wish=wish, store_id=store_id)
    places.save_branch(branch)
    return (200 if known else 201), show_branch(branch)


def _settle_store(stores: StoreCatalog, known: Branch | None, wish: StoreWish) -> str:
    """Have the store at Mercado Pago as wished; its id."""
    store_id = stores.find(wish.external_id)
    if store_id is None:
        return stores.create(wish)
    if known is None or known.wish != wish:
        stores.update(store_id, wish)
    return store_id
