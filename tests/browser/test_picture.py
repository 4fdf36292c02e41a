"""The README's picture: a sale on the page, small and sharp."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.visitor import Visitor
    from tests.deployed.shop import DeployedBox

MOST_BYTES = 150 * 1024
WIDTH, HEIGHT = 1280, 860


def test_the_picture_of_the_page_is_small(
    visit: Callable[..., Visitor], pump: DeployedBox, vending: DeployedBox
) -> None:
    assert vending.box_id  # two machines look more like a place than one
    visitor = visit(width=WIDTH, height=HEIGHT, locale="en-US")
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("start-over")
    visitor.press("lift")
    visitor.press("scan")
    visitor.see_screen("waiting")
    visitor.see_lit("3D")
    visitor.press("fill")
    visitor.wait_until_filled()
    visitor.press("hang-up")
    visitor.see_screen("amount")
    visitor.press("pay")
    visitor.see("receipt")
    visitor.see_lit("9")
    visitor.page.mouse.move(0, 0)
    visitor.page.wait_for_timeout(2000)  # what moves comes to rest
    picture = _squeeze(visitor, visitor.page.screenshot())

    assert len(picture) <= MOST_BYTES
    wanted = os.environ.get("CAJA_PICTURE")
    path = Path("docs/page.webp") if wanted else Path(".caja/screenshots/page.webp")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture)


def _squeeze(visitor: Visitor, png: bytes) -> bytes:
    """The picture as WebP, which the browser itself can write."""
    page = visitor.page.context.new_page()  # a blank one: the page's own policy takes no data in
    data = page.evaluate(
        """async (png) => {
          const picture = new Image();
          picture.src = `data:image/png;base64,${png}`;
          await picture.decode();
          const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
          canvas.getContext("2d").drawImage(picture, 0, 0);
          return canvas.toDataURL("image/webp", 0.92);
        }""",
        base64.b64encode(png).decode(),
    )
    page.close()
    return base64.b64decode(data.partition(",")[2])
