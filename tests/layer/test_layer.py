"""The layer as it is deployed: built by its own Makefile, used with nothing else on the path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from local import template
from local.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

COMMON = ROOT / "layers" / "common"
MODULES = sorted(
    ".".join(path.relative_to(COMMON).with_suffix("").parts).removesuffix(".__init__")
    for path in (COMMON / "caja").rglob("*.py")
)
HEAVY = ("aws_lambda_powertools", "boto3", "botocore", "pydantic", "requests")


def build(folder: Path, target: str, **environment: str) -> Path:
    """Run `make build-CommonLayer` as SAM does, in a copy of the sources, and return the folder `python`."""
    source, artifacts = folder / "source", folder / "artifacts"
    shutil.copytree(COMMON, source)
    artifacts.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAJA_")}
    subprocess.run(  # noqa: S603 -- our own Makefile
        ["make", "--quiet", "build-CommonLayer", f"ARTIFACTS_DIR={artifacts}"],  # noqa: S607 -- wherever it is
        cwd=source,
        env={**kept, "CAJA_TARGET": target, "CAJA_PYTHON": sys.executable, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return artifacts / "python"


@pytest.fixture(scope="session")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for this machine."""
    return build(tmp_path_factory.mktemp("layer-local"), "local")


@pytest.fixture(scope="session")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer for Lambda."""
    return build(tmp_path_factory.mktemp("layer-lambda"), "lambda")


def run_alone(layer: Path, code: str) -> str:
    """Run code with the standard library and the layer, and nothing else, on the path; return what it prints."""
    start = f"import sys; sys.path.append({str(layer)!r}); sys.dont_write_bytecode = True\n"
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-I", "-S", "-W", "error", "-c", start + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_of_caja_loads_with_nothing_but_the_layer(here: Path) -> None:
    assert "caja.usecases" in " ".join(MODULES)
    run_alone(here, f"import importlib\nfor name in {MODULES!r}: importlib.import_module(name)")


@pytest.mark.parametrize("function", ["poll", "notify"])
def test_the_light_functions_load_nothing_heavy(here: Path, function: str) -> None:
    folder = ROOT / "functions" / function
    code = f"sys.path.append({str(folder)!r}); import app\nprint(sorted(set({HEAVY!r}) & set(sys.modules)))"
    assert run_alone(here, code).strip() == "[]"


def test_the_layer_can_call_every_service_that_a_role_allows(here: Path) -> None:
    expanded = template.expand()["Resources"].values()
    policies = [
        statement
        for resource in expanded
        if resource["Type"] == "AWS::IAM::Role"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    actions = [action for found in policies for action in _as_list(found["Action"])]
    services = sorted(
        {action.partition(":")[0] for action in actions} - {"logs"}
    )  # Lambda itself writes the logs
    assert services == ["dynamodb", "secretsmanager", "sqs"]
    run_alone(here, f"import boto3\nfor name in {services!r}: boto3.client(name, region_name='us-east-1')")


def test_the_layer_for_lambda_holds_wheels_for_lambda(for_lambda: Path) -> None:
    compiled = [path.name for path in for_lambda.rglob("*.so")]
    assert compiled
    assert all("aarch64" in file and ("cpython-313" in file or "abi3" in file) for file in compiled)


def test_both_layers_hold_the_same_packages_but_no_leftovers(here: Path, for_lambda: Path) -> None:
    def packages(layer: Path) -> set[str]:
        return {path.name for path in layer.iterdir()}

    assert packages(here) == packages(for_lambda)
    leftovers = {"__pycache__", "bin", ".lock", "tests", "Makefile", "requirements.txt"}
    assert not leftovers & packages(here)
    for layer in (here, for_lambda):
        assert not list(layer.rglob("__pycache__"))
        assert not list((layer / "caja").rglob("test*"))


def test_the_layer_is_small_enough_to_load_fast(for_lambda: Path) -> None:
    size = sum(path.stat().st_size for path in for_lambda.rglob("*") if path.is_file())
    assert size < 30e6


def test_a_target_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        build(tmp_path, "windows")
    assert "it must be lambda (the default) or local" in refused.value.stderr


def _as_list(value: list[str] | str) -> list[str]:
    return value if isinstance(value, list) else [value]
