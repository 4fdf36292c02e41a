"""`caja token`: the seller's access token."""

import re
from typing import Any

import click

from cli.screen import Refusal, console
from cli.stacks import find, spoken, stack_options
from local.places import Places

# template.yaml's AllowedPattern of parameter AccessToken.
ACCESS_TOKEN = re.compile(r"(APP_USR|TEST)-[A-Za-z0-9_-]{1,200}-[0-9]{4,20}")


@click.group()
def token() -> None:
    """The seller's access token at Mercado Pago."""


@token.command("set")
@stack_options
def set_token(**which: Any) -> None:
    """Put a new access token in the stack's secret; functions take it up within five minutes.

    The token is asked for and not shown, or read from standard input; it never stands on the command line.
    """
    stack = find(Places(), **which)
    secret = stack.output("AccessTokenSecretArn")
    with spoken():
        new = _ask()
        if not ACCESS_TOKEN.fullmatch(new):
            raise Refusal(
                "That is no access token: it begins APP_USR- or TEST- and ends in a hyphen and digits."
            )
        stack.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=new)
    console.print("Set. Functions take it up within five minutes.")


def _ask() -> str:
    stdin = click.get_text_stream("stdin")
    answer: str = click.prompt("Access token", hide_input=True) if stdin.isatty() else stdin.readline()
    return answer.strip()
