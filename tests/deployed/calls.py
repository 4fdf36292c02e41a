"""Calls of the deployed stack, as its clients make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from cli.api import call, operator_key
from local.places import Places

if TYPE_CHECKING:
    from local.stack import Stack

__all__ = ["PLACES", "aws_client", "call", "operator_key"]

PLACES = Places(state=".caja/test")


def aws_client(stack: Stack, service: str) -> Any:
    """A boto3 client with the operator's key."""
    make: Any = boto3.client
    return make(
        service,
        endpoint_url=stack.endpoint_url,
        region_name=stack.region,
        aws_access_key_id=stack.aws_access_key_id,
        aws_secret_access_key=stack.aws_secret_access_key,
    )
