"""A principal that may do what the merchant's operator does, and nothing else."""

import json
from dataclasses import dataclass

from local import deployment, emulator

USER = "caja-operator"


@dataclass(frozen=True)
class AccessKey:
    """An AWS access key of the emulator."""

    access_key_id: str
    secret_access_key: str


def create_operator(url: str) -> AccessKey:
    """Make the operator's IAM user, which may do nothing yet, and return its key."""
    iam = emulator.client(url, "iam")
    iam.create_user(UserName=USER)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return AccessKey(key["AccessKeyId"], key["SecretAccessKey"])


def allow_operator(url: str, outputs: dict[str, str]) -> None:
    """Let the operator call the /admin routes of this stack, read its outputs and renew its access token."""
    api_id = outputs["ApiUrl"].rsplit("/", 1)[1]
    here = f"{emulator.REGION}:{emulator.ACCOUNT}"
    allowed = [
        ("execute-api:Invoke", f"arn:aws:execute-api:{here}:{api_id}/$default/*/admin/*"),
        ("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{here}:stack/{deployment.STACK_NAME}/*"),
        ("secretsmanager:PutSecretValue", outputs["AccessTokenSecretArn"]),
    ]
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed]
    emulator.client(url, "iam").put_user_policy(
        UserName=USER,
        PolicyName="operate",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )
