"""Emulated AWS: ministack on 127.0.0.1, IAM enforced, everything it writes under .caja."""

from typing import Any

import boto3
from botocore.config import Config

from local import processes
from local.places import Places

NAME = "emulator"
REGION = "us-east-1"
ACCOUNT = "000000000000"
# Whoever signs as `test` is the account's root to ministack: what deploys, as a merchant's administrator would.
ROOT_KEY = "test"


def start(places: Places, port: int) -> str:
    """Start it and return its URL once it answers."""
    environment = places.environment() | {
        "AUTH": "true",
        "BIND_HOST": processes.HOST,  # else it listens on all interfaces
        "GATEWAY_PORT": str(port),
        "HOME": str(places.temporary),
        "IOT_MTLS_ENABLED": "0",  # a second listener, on all interfaces
        "MINISTACK_HOST": processes.HOST,
        "MINISTACK_REGION": REGION,
        "STATE_DIR": str(places.temporary / "state"),
        "S3_DATA_DIR": str(places.temporary / "s3"),
    }
    url = f"http://{processes.HOST}:{port}"
    processes.start(places, NAME, [str(places.emulator_python), "-m", "ministack"], environment)
    processes.wait_until_ready(places, NAME, f"{url}/_ministack/health")
    return url


def root_environment(url: str) -> dict[str, str]:
    """Return what makes AWS tools talk to the emulator, as root, and to nothing else."""
    return {
        "AWS_ACCESS_KEY_ID": ROOT_KEY,
        "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def client(url: str, service: str) -> Any:
    """Return a boto3 client of the emulator, as root."""
    return boto3.session.Session().client(
        service,  # type: ignore[call-overload]  # a name known at run time only
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ROOT_KEY,
        aws_secret_access_key=ROOT_KEY,
        config=Config(connect_timeout=2, read_timeout=20, retries={"total_max_attempts": 2}, proxies={}),
    )
