"""Answers spoilt on purpose, as an HTTP client meets them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from simulator.client import SimulatorError

if TYPE_CHECKING:
    from simulator.server import Simulator
    from tests.simulator.conftest import Api


def get(api: Api, path: str = "/pos", **options: float) -> requests.Response:
    return api.session.get(api.mp.url + path, timeout=options.get("timeout", 5))


def test_the_next_answers_are_as_asked_then_all_is_well_again(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=429, headers={"Retry-After": "3"}, body='{"message": "slow down"}', times=2)
    for _ in range(2):
        answer = get(api)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
        assert answer.json() == {"message": "slow down"}
    assert get(api).status_code == 200


def test_html_instead_of_json(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=502, headers={"Content-Type": "text/html"}, body="<html></html>")
    answer = get(api)
    assert (answer.text, answer.headers["Content-Type"]) == ("<html></html>", "text/html")


def test_an_empty_body(mp: Simulator, api: Api) -> None:
    mp.be_rude()
    answer = get(api)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_body_of_five_million_bytes(mp: Simulator, api: Api) -> None:
    mp.be_rude(body="{}", size=5_000_000)
    answer = get(api)
    assert (len(answer.content), answer.json()) == (5_000_000, {})


def test_a_truncated_body(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="truncated", body='{"results": []}')
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        get(api)


def test_a_connection_that_is_reset(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        get(api)


def test_no_answer_at_all(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="hang")
    with pytest.raises(requests.ReadTimeout):
        get(api, timeout=0.2)


def test_one_byte_at_a_time(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="drip", body='{"a": 1}', seconds=0.02)
    started = time.monotonic()
    assert get(api).json() == {"a": 1}
    assert time.monotonic() - started >= 0.02 * 7


def test_a_caller_that_leaves_a_slow_answer_ends_it(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="drip", body="x" * 1000, seconds=0.02)
    with api.session.get(mp.url + "/pos", timeout=5, stream=True) as answer:
        assert answer.raw.read(1) == b"x"
    mp.wait_for_messages(lambda message: message.kind == "failure", timeout=2)


def test_a_call_can_be_handled_before_its_answer_is_lost(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=503, body="{}", handled=True)
    assert api.box().status == 503
    assert [found["external_id"] for found in api("GET", "/pos").body["results"]] == ["CAJA0001"]


def test_a_call_without_the_token_is_not_handled_either(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=503, body="{}", handled=True)
    del api.session.headers["Authorization"]
    assert api.box().status == 503
    assert mp.account.pos == {}


def test_a_call_whose_caller_gave_up_waiting_has_been_handled(mp: Simulator, api: Api) -> None:
    mp.be_rude(kind="hang", handled=True)
    box = {"name": "Caja", "external_id": "CAJA0001", "external_store_id": "STORE001"}
    with pytest.raises(requests.ReadTimeout):
        api.session.post(f"{mp.url}/pos", json=box, timeout=0.2)
    assert [found["external_id"] for found in api("GET", "/pos").body["results"]] == ["CAJA0001"]


def test_rudeness_can_be_kept_to_one_method_and_path(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=500, method="GET", path="/stores")
    assert get(api, "/pos").status_code == 200
    assert api("POST", "/stores/1").status == 405
    assert get(api, "/stores/1").status_code == 500


def test_the_switches_can_be_cleared(mp: Simulator, api: Api) -> None:
    mp.be_rude(status=500, times=100)
    mp.be_polite()
    assert mp.control("GET", "/rude") == []
    assert get(api).status_code == 200


def test_the_control_api_is_never_rude(mp: Simulator) -> None:
    mp.be_rude(status=500)
    assert mp.wire() == []


@pytest.mark.parametrize(
    "fields", [{"kind": "sulk"}, {"colour": 1}, {"status": "500"}, {"size": 10**9}, {"handled": 1}]
)
def test_a_switch_that_does_not_exist_is_refused(mp: Simulator, fields: dict[str, object]) -> None:
    with pytest.raises(SimulatorError, match=r"^400"):
        mp.be_rude(**fields)
