"""The HTTP API: which routes there are, who may call them, how often, and what is written about it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.template.reading import Template, name

ROUTES = {
    "GET /poll": "poll",
    "POST /notify/{order_id}/{key}": "notify",
    "GET /notify/{order_id}/{key}": "notify",
    "POST /notify": "notify",
    "PUT /boxes/{box_id}/state": "submit_order",
    "POST /boxes/{box_id}/orders": "submit_order",
    "DELETE /boxes/{box_id}/orders/{order_id}": "submit_order",
    "GET /boxes/{box_id}/orders/{order_id}": "follow_order",
    "POST /boxes/{box_id}/orders/{order_id}/release": "release_order",
    "POST /boxes/{box_id}/orders/{order_id}/delivery": "release_order",
    "POST /admin/stores": "provision_pos",
    "GET /admin/stores": "provision_pos",
    "POST /admin/stores/{external_id}/keys": "provision_pos",
    "POST /admin/boxes": "provision_pos",
    "GET /admin/boxes": "provision_pos",
    "GET /admin/boxes/{box_id}": "provision_pos",
    "DELETE /admin/boxes/{box_id}": "provision_pos",
    "POST /admin/boxes/{box_id}/poll_url": "provision_pos",
    "POST /admin/boxes/{box_id}/keys": "provision_pos",
    "GET /admin/boxes/{box_id}/keys": "provision_pos",
    "DELETE /admin/boxes/{box_id}/keys/{key_id}": "provision_pos",
    "GET /admin/orders": "manage_orders",
    "GET /admin/orders/{order_id}": "manage_orders",
    "POST /admin/orders/{order_id}/refund": "manage_orders",
    "POST /admin/orders/{order_id}/resolve": "manage_orders",
}
PANEL = "POST /notify"
# Of what API Gateway knows about a request: nothing here holds a path, a query, a header or an address.
LOGGABLE = {
    "requestTime",
    "requestId",
    "routeKey",
    "status",
    "responseLatency",
    "integrationLatency",
    "responseLength",
    "integrationErrorMessage",
}

if TYPE_CHECKING:
    from collections.abc import Iterator


def routes(template: Template) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each route's logical name, route key and properties."""
    for logical, properties in template.of_type("AWS::ApiGatewayV2::Route").items():
        yield logical, properties["RouteKey"], properties


@pytest.fixture(scope="module")
def stage(template: Template) -> dict[str, Any]:
    return template.properties("Stage")


def throttles(stage: dict[str, Any], route_key: str) -> dict[str, Any]:
    found: dict[str, Any] = stage["RouteSettings"][route_key]
    if "Fn::If" in found:
        condition, found, otherwise = found["Fn::If"]
        assert (condition, otherwise) == ("HasPanelNotifications", {"Ref": "AWS::NoValue"})
    return found


def test_every_route_leads_to_the_function_of_its_room(template: Template) -> None:
    found = {}
    for _, route_key, route in routes(template):
        integration = template.properties(re.fullmatch(r"integrations/\$\{(\w+)\}", name(route["Target"]))[1])  # type: ignore[index]  # None fails the test
        assert (integration["IntegrationType"], integration["PayloadFormatVersion"]) == ("AWS_PROXY", "2.0")
        logical = name(integration["IntegrationUri"]).removesuffix(".Arn")
        found[route_key] = template.properties(logical)["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    assert found == ROUTES


def test_exactly_the_operators_routes_ask_for_aws_credentials(template: Template) -> None:
    asking = {key for _, key, route in routes(template) if route.get("AuthorizationType") == "AWS_IAM"}
    assert asking == {key for key in ROUTES if " /admin/" in key}
    assert all("AuthorizerId" not in route for _, _, route in routes(template))


def invocable(template: Template, function: str) -> set[str]:
    """The routes that may invoke a function."""
    logical_names = {
        properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: logical
        for logical, properties in template.of_type("AWS::Lambda::Function").items()
    }
    (source,) = (
        name(permission["SourceArn"])
        for permission in template.of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
        and name(permission["FunctionName"]) == logical_names[function]
    )
    pattern = re.escape(source.partition("${Api}/$default/")[2]).replace(r"\*", ".*")
    return {route_key for route_key in ROUTES if re.fullmatch(pattern, route_key.replace(" /", "/"))}


@pytest.mark.parametrize("function", sorted(set(ROUTES.values())))
def test_every_route_may_invoke_its_function(template: Template, function: str) -> None:
    own = {route_key for route_key, served_by in ROUTES.items() if served_by == function}
    assert own <= invocable(template, function)


@pytest.mark.parametrize("function", ["poll", "release_order", "manage_orders"])
def test_nothing_but_its_own_routes_may_invoke_what_releases_or_decides(
    template: Template, function: str
) -> None:
    own = {route_key for route_key, served_by in ROUTES.items() if served_by == function}
    assert invocable(template, function) == own


@pytest.mark.parametrize("route_key", sorted(ROUTES))
def test_every_route_has_a_throttle_of_its_own(stage: dict[str, Any], route_key: str) -> None:
    limits = throttles(stage, route_key)
    assert set(limits) == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    assert (
        0
        < limits["ThrottlingRateLimit"]
        <= limits["ThrottlingBurstLimit"]
        <= 5 * limits["ThrottlingRateLimit"]
    )


def test_a_route_without_a_throttle_would_get_a_tight_one(stage: dict[str, Any]) -> None:
    assert set(stage["RouteSettings"]) == set(ROUTES)
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 5


def test_webhooks_of_the_panel_exist_on_demand_only_at_five_a_second(
    template: Template, stage: dict[str, Any]
) -> None:
    assert throttles(stage, PANEL)["ThrottlingRateLimit"] == 5
    conditional = {
        key: template.resources[logical].get("Condition")
        for logical, key, _ in routes(template)
        if "Condition" in template.resources[logical]
    }
    assert conditional == {PANEL: "HasPanelNotifications"}
    panel = template.document["Parameters"]["PanelNotifications"]
    assert (panel["Default"], panel["AllowedValues"]) == ("off", ["on", "off"])
    assert template.document["Conditions"]["HasPanelNotifications"] == {
        "Fn::Equals": [{"Ref": "PanelNotifications"}, "on"]
    }


def test_the_stage_waits_for_every_route_it_has_settings_for(
    template: Template, stage: dict[str, Any]
) -> None:
    waits_for = set(template.resources["Stage"]["DependsOn"])
    for logical, route_key, _ in routes(template):
        if route_key == PANEL:
            assert f"${{{logical}}}" in json.dumps(stage["Description"])
        else:
            assert logical in waits_for


def test_the_access_log_names_routes_and_never_a_path(template: Template, stage: dict[str, Any]) -> None:
    settings = stage["AccessLogSettings"]
    assert isinstance(json.loads(settings["Format"]), dict)
    logged = set(re.findall(r"\$context\.([A-Za-z.]+)", settings["Format"]))
    assert "routeKey" in logged
    assert logged <= LOGGABLE
    log_group = name(settings["DestinationArn"]).removesuffix(".Arn")
    assert "RetentionInDays" in template.properties(log_group)


def test_a_host_of_the_merchants_own_is_made_only_when_named(template: Template) -> None:
    conditions = {
        resource["Type"].rpartition("::")[2]: resource.get("Condition")
        for resource in template.resources.values()
        if resource["Type"].rpartition("::")[2] in ("DomainName", "ApiMapping", "RecordSet")
    }
    assert conditions == {"DomainName": "HasDomain", "ApiMapping": "HasDomain", "RecordSet": "HasHostedZone"}
