"""Which box is calling: its key or its branch's, or the same refusal for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caja.boxes import is_box_id
from caja.errors import UnauthorizedError

if TYPE_CHECKING:
    from caja.boxes import BoxView
    from caja.usecases.protocols import Boxes


def identify_box(boxes: Boxes, *, box_id: str, authorization: str | None) -> BoxView:
    """The box `box_id` (any case) if `authorization` is a key of it or of its branch.

    Raises UnauthorizedError, the same for an unknown box, no key, a wrong one and another box's.
    """
    view = boxes.view(box_id.upper()) if is_box_id(box_id) else None
    if view is None:
        raise UnauthorizedError
    if not view.knows(authorization, {}) and not view.knows(
        authorization, boxes.branch_key_hashes(view.box.external_store_id)
    ):
        raise UnauthorizedError
    return view
