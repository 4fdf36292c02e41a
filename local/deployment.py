"""`sam build` and `sam deploy` of template.yaml, as a merchant runs them, against the emulator."""

import hashlib
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from local import emulator, processes
from local.errors import DeploymentFailedError
from local.places import Places

STACK_NAME = "caja"  # as in samconfig.toml
SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers")
SAM_SECONDS = 600
# From these CloudFormation can go on; from any other the stack is made anew.
STABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}


def digest_sources(places: Places) -> str:
    """Return what tells one state of the deployed sources from another, interpreter included."""
    total = hashlib.sha256(str(places.emulator_python.resolve()).encode())
    for source in SOURCES:
        top = places.root / source
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"\0{path.relative_to(places.root)}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def build(places: Places, digest: str) -> None:
    """Run `sam build` for this machine into .caja/build, unless these sources were built last."""
    stamp = places.caja / "build.digest"
    if stamp.exists() and stamp.read_text() == digest and (places.build / "template.yaml").exists():
        return
    stamp.unlink(missing_ok=True)
    environment = _sam_environment(places) | {
        "AWS_DEFAULT_REGION": emulator.REGION,
        "CAJA_TARGET": "local",
        "CAJA_PYTHON": str(places.emulator_python),
    }
    _run(places, "build", ["--build-dir", str(places.build)], environment)
    stamp.write_text(digest)


def deploy(places: Places, url: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Run `sam deploy` of what was built, with samconfig.toml, and return the stack's outputs."""
    if stack_status(url) not in STABLE | {None}:
        _delete(url)
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    options = [
        "--template-file",
        str(places.build / "template.yaml"),
        "--config-file",
        str(places.root / "samconfig.toml"),
    ]
    options += ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--parameter-overrides", *overrides]
    began = datetime.now(UTC)
    try:
        _run(places, "deploy", options, _sam_environment(places) | emulator.root_environment(url))
    except DeploymentFailedError as error:
        causes = "".join(f"{cause}\n" for cause in _read_causes(url, began))
        raise DeploymentFailedError(f"{causes}{error}") from error
    return read_outputs(url)


def read_outputs(url: str) -> dict[str, str]:
    """Return the outputs of the deployed stack by name."""
    stack = emulator.client(url, "cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def stack_status(url: str) -> str | None:
    """Return CloudFormation's word for the stack; None if there is no stack."""
    try:
        stack = emulator.client(url, "cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return str(stack["StackStatus"])


def _read_causes(url: str, since: datetime) -> list[str]:
    """Return what failed since then, by CloudFormation's own account; nothing if it was not even begun."""
    if stack_status(url) is None:
        return []
    events = emulator.client(url, "cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("_FAILED") and event["Timestamp"] >= since
    ]


def _delete(url: str) -> None:
    cloudformation = emulator.client(url, "cloudformation")
    cloudformation.delete_stack(StackName=STACK_NAME)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK_NAME, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _sam_environment(places: Places) -> dict[str, str]:
    return places.environment() | {
        "__SAM_CLI_APP_DIR": str(places.caja / "sam"),  # else it writes into the home folder
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "COLUMNS": "160",  # of its tables
    }


def _run(places: Places, verb: str, options: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run one SAM command, its output in `log/<verb>.log`; raise DeploymentFailedError with its last words."""
    log = places.log / f"{verb}.log"
    try:
        code = processes.run(places, verb, [str(places.sam), verb, *options], environment, SAM_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise DeploymentFailedError(
            f"`sam {verb}` took longer than {SAM_SECONDS} s. All it said is in {log}."
        ) from error
    if code != 0:
        said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        tail = "\n".join(said[-5:])
        raise DeploymentFailedError(
            f"`sam {verb}` failed:\n{tail}\nAll it said is in {log}. Mend it and run `caja local up` again."
        )


def describe_parameters(
    site: str, access_token: str, emulator_url: str, mercadopago_url: str
) -> dict[str, str]:
    """Return template.yaml's parameters for a stack on this machine."""
    return {
        "Site": site,
        "AccessToken": access_token,
        "EmulatorUrl": emulator_url,
        "MercadoPagoUrl": mercadopago_url,
    }
