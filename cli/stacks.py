"""Which deployed stack a command is about: its outputs, and with whose credentials it is asked."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import boto3
import click
import requests
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

from cli.api import call, explain
from cli.screen import Interrupted, Refusal
from local import stack as local_stack
from local.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from local.places import Places

_NAME = "caja"

_OPTIONS = (
    click.option("--stack-name", default=_NAME, show_default=True, help="The deployed stack."),
    click.option("--region", help="Its region; else your AWS configuration's."),
    click.option("--local", "is_local", is_flag=True, help="The stack on this machine."),
)

UNSURE = "It may have been recorded all the same: look with `caja orders show` before you repeat it."


def stack_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command be told which stack it is about; it passes `stack_name`, `region` and `is_local` on to `find`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class DeployedStack:
    """A stack that is there. `endpoint_url` is emulated AWS's, None on AWS; `options` name the stack to another command."""

    name: str
    region: str
    session: boto3.session.Session
    endpoint_url: str | None
    outputs: Mapping[str, str]
    options: str

    @property
    def api_url(self) -> str:
        """What stands before /admin."""
        return self.output("ApiUrl")

    def output(self, name: str) -> str:
        """One output of its template; raises Refusal."""
        if name not in self.outputs:
            raise Refusal(f"Stack {self.name} has no output {name}. Is it caja's?")
        return self.outputs[name]

    def client(self, service: str) -> Any:
        """A client of an AWS service, where the stack is."""
        return _client(self.session, service, self.endpoint_url)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers the operator; raises Refusal with what it says instead."""
        doubt = "" if method == "GET" else UNSURE
        with spoken(f"Stopped. {doubt}".strip()):
            key = self.session.get_credentials()
            if key is None:
                raise NoCredentialsError
            access = key.get_frozen_credentials()
            signed_by = (access.access_key or "", access.secret_key or "", access.token)
            try:
                by_proxy = self.endpoint_url is None
                answer = call(self, method, path, body, signed_by=signed_by, by_proxy=by_proxy)
                if answer.ok:
                    return answer.json()
            except requests.JSONDecodeError as error:
                raise Refusal(f"What answers at {self.api_url} is not caja.\n{doubt}".strip()) from error
            except requests.RequestException as error:
                said = f"No answer from {self.api_url} ({type(error).__name__}). Is the network up?"
                raise Refusal(f"{said}\n{doubt}".strip()) from error
        is_unsure = answer.status_code >= 500  # noqa: PLR2004 - the first status that is not the sender's fault
        raise Refusal("\n".join(filter(None, (explain(answer), doubt if is_unsure else ""))))

    def ask_all(self, path: str, name: str, asked: Mapping[str, str]) -> Iterator[Any]:
        """Everything that `path` lists as `name`, page by page as it is wanted; raises Refusal."""
        cursor: dict[str, str] = {}
        while True:
            query = urlencode({**asked, **cursor}, quote_via=quote)
            page = self.ask("GET", f"{path}?{query}" if query else path)
            yield from page[name]
            if not page["next_cursor"]:
                return
            cursor = {"cursor": page["next_cursor"]}


def find(places: Places, *, stack_name: str, region: str | None, is_local: bool) -> DeployedStack:
    """The stack of that name on AWS, or the one on this machine; raises Refusal."""
    with spoken():
        session, endpoint_url = _session(places, region, is_local=is_local)
        try:
            cloudformation = _client(session, "cloudformation", endpoint_url)
            described = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            raise Refusal(
                f"There is no stack {stack_name} in {session.region_name}. Name it with --stack-name, and its region "
                "with --region."
            ) from error
        options = {
            "--local": is_local,
            f"--region {region}": region,
            f"--stack-name {stack_name}": stack_name != _NAME,
        }
        return DeployedStack(
            name=stack_name,
            region=session.region_name,
            session=session,
            endpoint_url=endpoint_url,
            outputs={each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])},
            options="".join(f" {option}" for option, is_given in options.items() if is_given),
        )


@contextmanager
def spoken(stopped: str = "Stopped.") -> Iterator[None]:
    """Say in a sentence what went wrong on this machine or at AWS; `stopped` is said after a person's own Ctrl-C."""
    try:
        yield
    except LocalError as error:
        raise Refusal(str(error)) from error
    except NoCredentialsError as error:
        raise Refusal(
            "There are no AWS credentials here. Name yours with AWS_PROFILE, or sign in with `aws sso login`."
        ) from error
    except NoRegionError as error:
        raise Refusal("In which region is the stack? Name it with --region, or AWS_REGION.") from error
    except ClientError as error:
        raise Refusal(f"AWS refused: {error}") from error
    except BotoCoreError as error:
        raise Refusal(f"AWS cannot be asked: {error}") from error
    except (KeyboardInterrupt, click.Abort):
        raise Interrupted(stopped) from None


def _session(
    places: Places, region: str | None, *, is_local: bool
) -> tuple[boto3.session.Session, str | None]:
    if not is_local:
        # boto3 itself reads AWS_DEFAULT_REGION only.
        return boto3.session.Session(region_name=region or os.environ.get("AWS_REGION")), None
    stack = local_stack.read(places)
    session = boto3.session.Session(
        stack.aws_access_key_id, stack.aws_secret_access_key, region_name=stack.region
    )
    return session, stack.endpoint_url


def _client(session: boto3.session.Session, service: str, endpoint_url: str | None) -> Any:
    make: Any = session.client  # its stub knows services by their literal names only
    proxies: dict[str, str] | None = None if endpoint_url is None else {}
    return make(
        service, endpoint_url=endpoint_url, config=Config(connect_timeout=5, read_timeout=20, proxies=proxies)
    )
