"""The page for everybody: three languages, keyboard alone, a phone's width, colours one can read, a lost connection."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.contrast import POORLY_READ
from tests.browser.visitor import LOOK_MS, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.client import SimulatorClient
    from tests.deployed.shop import DeployedBox

A_KEY = re.compile(r"\b(?:pump|vending|phone|wire|step|story|fault|ask|short|journal)\.[a-z_]+\b")


@pytest.mark.parametrize(
    ("locale", "display", "amount"),
    [
        ("es-AR", "Levante la manguera", "15.000,50"),
        ("pt-BR", "Retire o bico", "15.000,50"),
        ("en-US", "Lift the nozzle", "15,000.50"),
    ],
)
def test_the_page_speaks(
    visit: Callable[..., Visitor], pump: DeployedBox, locale: str, display: str, amount: str
) -> None:
    visitor = visit(locale=locale)
    visitor.press(f"machine-{pump.box_id}")
    visitor.see("display", display)
    expect(visitor.find("how-much")).to_have_value(amount)
    expect(visitor.page.locator("html")).to_have_attribute("lang", locale[:2])
    assert not A_KEY.findall(visitor.page.locator("body").inner_text())


def test_the_language_changes_everything_that_is_shown(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.press("scan")
    visitor.see_screen("waiting")
    for language, waiting, row in [
        ("pt", "Aguarde, por favor", "Há algo a pagar?"),
        ("en", "Please wait", "Is there anything to pay?"),
        ("es", "Espere, por favor", "¿Hay algo que cobrar?"),
    ]:
        visitor.press(f"lang-{language}")
        visitor.see("phone-screen", waiting)
        expect(visitor.rows(row).first).to_be_visible()
        assert not A_KEY.findall(visitor.page.locator("body").inner_text())
    visitor.press("walk-away")
    visitor.press("hang-up")


def test_all_three_languages_have_the_same_words(visit: Callable[..., Visitor]) -> None:
    words = visit().page.evaluate(
        """async () => {
          const read = async (name) => Object.keys((await import(`/page/texts/${name}.js`)).default).sort();
          const all = {};
          for (const lang of ["es", "pt", "en"]) all[lang] = [...await read(lang), ...await read(`${lang}_story`)];
          return all;
        }"""
    )
    assert words["es"] == words["pt"] == words["en"]


def test_fuel_is_paid_with_the_keyboard_alone(visit: Callable[..., Visitor], pump: DeployedBox) -> None:
    visitor = visit()
    press = visitor.page.keyboard.press
    chosen = visitor.page.locator("#machines [role=tab][aria-selected=true]")
    visitor.tab_to(chosen.get_attribute("data-test") or "")
    for _ in range(visitor.page.locator("#machines [role=tab]").count()):
        if chosen.get_attribute("data-box") == pump.box_id:
            break
        press("ArrowRight")
    visitor.tab_to("lift")
    press("Enter")
    visitor.tab_to("how-much")
    press("ControlOrMeta+a")
    visitor.page.keyboard.type("7.500,25")
    visitor.tab_to("fill")
    press("Enter")
    visitor.wait_until_filled()
    visitor.tab_back_to("hang-up")
    press("Enter")
    visitor.tab_to("scan")
    press("Enter")
    visitor.see_screen("amount")
    expect(visitor.find("pay")).to_be_focused(timeout=LOOK_MS)
    press("Enter")
    visitor.see_screen("paid")
    visitor.see("receipt", "7.500,25")


def test_on_a_phone_the_panes_are_tabs_that_say_when_something_happens(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit(width=390, height=844)
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.press("fill")
    expect(visitor.page.locator('[data-test="tab-wire"] .dot')).to_be_visible(timeout=LOOK_MS)
    visitor.wait_until_filled()
    visitor.press("hang-up")
    visitor.press("tab-phone")
    expect(visitor.find("lift")).to_have_count(0)
    visitor.press("scan")
    visitor.see_screen("amount")
    visitor.press("pay")
    visitor.see_screen("paid")
    expect(visitor.page.locator('[data-test="tab-box"] .dot')).to_be_visible(timeout=LOOK_MS)
    visitor.press("tab-box")
    visitor.see("receipt")
    for tab in ("tab-wire", "tab-lab", "tab-phone", "tab-box"):
        visitor.press(tab)
        assert _overflow(visitor) == {"across": 0, "down": 0}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 800), (1024, 768), (820, 1180)])
def test_the_page_itself_never_scrolls(
    visit: Callable[..., Visitor], pump: DeployedBox, vending: DeployedBox, width: int, height: int
) -> None:
    visitor = visit(width=width, height=height)
    for box in (pump, vending):
        visitor.press(f"machine-{box.box_id}")
        assert _overflow(visitor) == {"across": 0, "down": 0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read(
    visit: Callable[..., Visitor], pump: DeployedBox, vending: DeployedBox, scheme: str
) -> None:
    visitor = visit(scheme=scheme)
    for box in (pump, vending):
        visitor.press(f"machine-{box.box_id}")
        for tab in ("lab-faults", "lab-clock", "lab-scenarios"):
            visitor.press(tab)
            visitor.page.wait_for_timeout(400)  # colours fade
            assert visitor.page.evaluate(POORLY_READ) == []
    visitor.page.evaluate("document.querySelector('h1').style.color = 'rgb(128 128 128 / 60%)'")
    assert [each["text"] for each in visitor.page.evaluate(POORLY_READ)] == ["caja"]


def test_everything_that_can_be_pressed_has_a_name(visit: Callable[..., Visitor], pump: DeployedBox) -> None:
    nameless = visit().page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a, img:not([alt=''])")]
          .filter((each) => each.checkVisibility())
          .filter((each) => !(each.getAttribute("aria-label") ?? each.getAttribute("alt") ?? each.textContent).trim())
          .map((each) => each.outerHTML)"""
    )
    assert nameless == []


def test_a_lost_connection_is_shown_and_made_again(visit: Callable[..., Visitor], pump: DeployedBox) -> None:
    visitor = visit()
    stream = 'retry: 1500\nevent: hello\ndata: {"seq": 0}\n\n'
    visitor.page.route(
        "**/sim/events", lambda route: route.fulfill(content_type="text/event-stream", body=stream), times=1
    )
    visitor.page.reload()
    expect(visitor.page.locator("[data-link=lost]")).to_be_visible(timeout=LOOK_MS)
    expect(visitor.page.locator("[data-link=live]")).to_be_visible(timeout=LOOK_MS)
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.see_lit("3A")
    visitor.press("hang-up")


def test_every_fault_has_a_switch_that_works(
    visit: Callable[..., Visitor], shared_desk: SimulatorClient
) -> None:
    visitor = visit()
    visitor.press("lab-faults")
    for fault in shared_desk.faults():
        switch = visitor.find(f"fault-{fault['name']}")
        for is_on in (True, False):
            switch.click()
            expect(switch).to_have_attribute("aria-checked", str(is_on).lower())
            (now,) = [each for each in shared_desk.faults() if each["name"] == fault["name"]]
            assert now["on"] is is_on, now


def test_the_clock_is_moved_on(visit: Callable[..., Visitor], shared_desk: SimulatorClient) -> None:
    visitor = visit()
    before = shared_desk.clock()["ahead"]
    visitor.press("lab-clock")
    visitor.press("advance")
    visitor.see("ahead", "Adelantado")
    assert shared_desk.clock()["ahead"] == before + 30


def test_starting_over_clears_the_view_and_nothing_else(
    visit: Callable[..., Visitor], pump: DeployedBox
) -> None:
    visitor = visit()
    visitor.press(f"machine-{pump.box_id}")
    visitor.press("lift")
    visitor.see_lit("3A")
    visitor.press("start-over")
    expect(visitor.rows(f"/boxes/{pump.box_id}/state")).to_have_count(0)
    assert visitor.lit() == set()
    visitor.see("display", "Elija cuánto cargar")
    visitor.press("hang-up")


def test_what_is_served_forbids_scripts_of_others(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    answer = visitor.page.request.get(visitor.page.url)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    asked = visitor.page.evaluate(
        "performance.getEntriesByType('resource').map((each) => new URL(each.name).origin)"
    )
    assert set(asked) <= {visitor.page.evaluate("location.origin")}, json.dumps(asked)


def _overflow(visitor: Visitor) -> dict[str, int]:
    """By how many pixels the page is larger than its window."""
    found: dict[str, int] = visitor.page.evaluate(
        """() => {
          const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.scrollingElement;
          return { across: scrollWidth - clientWidth, down: scrollHeight - clientHeight };
        }"""
    )
    return found
