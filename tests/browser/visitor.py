"""Somebody who uses the page with a mouse, a finger or a keyboard, and what they see on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

LOOK_MS = 120_000
"""How long anything may take that the deployed stack has a part in: what it does first, it does slowly."""

MOST_TABS = 90
LABELS = [
    "1",
    "2",
    "3A",
    "3B",
    "3C",
    "3D",
    "4A",
    "4B",
    "5A",
    "5B",
    "5C",
    "6",
    "7A",
    "7B",
    "7C",
    "8A",
    "8B",
    "9",
]


class Visitor:
    """`clicks` is how often they pressed something; `complaints` what the browser complained of."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    @classmethod
    def arrive(cls, browser: Browser, url: str, **wish: Any) -> Visitor:
        """Open the page: `width` 1440, `height` 900, `locale` es-AR, `scheme` light unless told otherwise."""
        context = browser.new_context(
            viewport={"width": wish.get("width", 1440), "height": wish.get("height", 900)},
            locale=wish.get("locale", "es-AR"),
            color_scheme=wish.get("scheme", "light"),
            has_touch=wish.get("width", 1440) < 500,
        )
        visitor = cls(context.new_page())
        visitor.page.goto(f"{url}/")
        expect(visitor.page.locator("[data-link=live]")).to_be_visible(timeout=LOOK_MS)
        return visitor

    def leave(self, picture: Path) -> None:
        """Keep a picture and close; what the browser complained of fails the test."""
        self.page.screenshot(path=picture)
        self.page.context.close()
        assert not self.complaints, self.complaints

    def find(self, test: str) -> Locator:
        """What is marked for tests by this name, if it can be seen."""
        return self.page.locator(f'[data-test="{test}"]:visible').first

    def press(self, test: str) -> None:
        """Click what makes sense to be clicked; wait until it does."""
        wanted = self.page.locator(f'[data-test="{test}"]:visible:not([aria-disabled])').first
        wanted.click(timeout=LOOK_MS)
        self.clicks += 1

    def see(self, test: str, text: str | None = None) -> Locator:
        """Wait until something can be seen, with this text in it."""
        found = self.find(test)
        expect(found).to_be_visible(timeout=LOOK_MS)
        if text is not None:
            expect(found).to_contain_text(text, timeout=LOOK_MS)
        return found

    def see_screen(self, state: str) -> None:
        """Wait until the phone shows waiting, amount, paid, refunded, …"""
        expect(self.find("phone-screen")).to_have_attribute("data-state", state, timeout=LOOK_MS)

    def wait_until_filled(self) -> None:
        """Wait until the pump has run and wants its nozzle back."""
        expect(self.page.locator('[data-test="hang-up"].primary:visible')).to_be_visible(timeout=LOOK_MS)

    def rows(self, text: str) -> Locator:
        """The wire's rows with this text."""
        return self.page.locator('[data-test="wire-row"]:visible').filter(has_text=text)

    def read_answer(self, row: Locator) -> str:
        """Open a row and read the answer's body."""
        row.locator(".head").click()
        body = row.locator('[data-test="wire-body"]').last
        expect(body).to_be_visible()
        return body.inner_text()

    def lit(self) -> set[str]:
        """The steps that have happened."""
        return {
            label for label in LABELS if "lit" in (self._step(label).get_attribute("class") or "").split()
        }

    def see_lit(self, *labels: str) -> None:
        """Wait until these steps have happened."""
        for label in labels:
            expect(self._step(label)).to_contain_class("lit", timeout=LOOK_MS)

    def tab_to(self, test: str) -> None:
        """Go to something with the keyboard alone; every stop on the way shows where it is."""
        self._tab_to(test, "Tab")

    def tab_back_to(self, test: str) -> None:
        """The same, backwards."""
        self._tab_to(test, "Shift+Tab")

    def _tab_to(self, test: str, key: str) -> None:
        for _ in range(MOST_TABS):
            self.page.keyboard.press(key)
            stop = self.page.evaluate(_WHERE)
            assert stop["outline"] or stop["name"] == "BODY", f"no visible focus on {stop}"
            if stop["test"] == test:
                return
        raise AssertionError(f"{test} was not reached with {MOST_TABS} tabs")

    def _step(self, label: str) -> Locator:
        return self.page.locator(f'[data-test="step-{label}"]')


_WHERE = """() => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  return {
    test: here.dataset.test ?? null,
    name: here.tagName,
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
  };
}"""
