"""`caja token`: the seller's access token."""

import re

import boto3
import click
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.screen import Refusal, console
from local import stack as local_stack
from local.errors import LocalError
from local.places import Places

# template.yaml's AllowedPattern of parameter AccessToken.
ACCESS_TOKEN = re.compile(r"(APP_USR|TEST)-[A-Za-z0-9_-]{1,200}-[0-9]{4,20}")


@click.group()
def token() -> None:
    """The seller's access token at Mercado Pago."""


@token.command("set")
@click.option("--stack-name", default="caja", show_default=True, help="The deployed stack.")
@click.option("--region", help="Its region; else your AWS configuration's.")
@click.option("--local", "is_local", is_flag=True, help="The stack on this machine.")
def set_token(stack_name: str, region: str | None, *, is_local: bool) -> None:
    """Put a new access token in the stack's secret; functions take it up within five minutes.

    The token is asked for and not shown, or read from standard input; it never stands on the command line.
    """
    try:
        session, endpoint_url = _session(region, is_local=is_local)
        config = Config(connect_timeout=5, read_timeout=20, proxies={} if is_local else None)
        cloudformation = session.client("cloudformation", endpoint_url=endpoint_url, config=config)
        outputs = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0].get("Outputs", [])
        secrets = [
            output["OutputValue"] for output in outputs if output["OutputKey"] == "AccessTokenSecretArn"
        ]
        if not secrets:
            raise Refusal(f"Stack {stack_name} has no output AccessTokenSecretArn. Is it caja's?")
        new = _ask()
        if not ACCESS_TOKEN.fullmatch(new):
            raise Refusal(
                "That is no access token: it begins APP_USR- or TEST- and ends in a hyphen and digits."
            )
        secretsmanager = session.client("secretsmanager", endpoint_url=endpoint_url, config=config)
        secretsmanager.put_secret_value(SecretId=secrets[0], SecretString=new)
    except LocalError as error:
        raise Refusal(str(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise Refusal(f"AWS refused: {error}") from error
    console.print("Set. Functions take it up within five minutes.")


def _ask() -> str:
    stdin = click.get_text_stream("stdin")
    answer: str = click.prompt("Access token", hide_input=True) if stdin.isatty() else stdin.readline()
    return answer.strip()


def _session(region: str | None, *, is_local: bool) -> tuple[boto3.session.Session, str | None]:
    if not is_local:
        return boto3.session.Session(region_name=region), None
    stack = local_stack.read(Places())
    session = boto3.session.Session(
        stack.aws_access_key_id, stack.aws_secret_access_key, region_name=stack.region
    )
    return session, stack.endpoint_url
