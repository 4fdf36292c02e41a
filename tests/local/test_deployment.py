"""`sam build` and `sam deploy`: run when something changed, alone with the emulator, quoted when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import deployment
from local.errors import DeploymentFailedError, NotInstalledError

if TYPE_CHECKING:
    from local.places import Places
    from tests.local.conftest import Tool

# Stands for SAM: builds a template and notes each run and its environment.
SAM = """
echo "$@" >> "$TMPDIR/runs"; env > "$TMPDIR/environment"
mkdir -p .caja/build; touch .caja/build/template.yaml
"""


@pytest.fixture
def clone(places: Places, tool: Tool) -> Places:
    """A clone with sources and tools."""
    for function in ("poll", "notify"):
        (places.root / "functions" / function).mkdir(parents=True)
        (places.root / "functions" / function / "app.py").write_text("handler = None\n")
    (places.root / "layers").mkdir()
    for file in ("template.yaml", "samconfig.toml"):
        (places.root / file).write_text("")
    tool.install("bin/sam", SAM)
    tool.install("aws/bin/ministack", "")
    tool.install("aws/bin/python", "")
    return places


def runs(places: Places) -> list[str]:
    return (places.temporary / "runs").read_text().splitlines()


def test_any_change_of_a_source_changes_the_digest(clone: Places) -> None:
    digests = {deployment.digest_sources(clone)}
    (clone.root / "functions/poll/app.py").write_text("handler = 1\n")
    digests.add(deployment.digest_sources(clone))
    (clone.root / "functions/poll/app.py").rename(clone.root / "functions/poll/other.py")
    digests.add(deployment.digest_sources(clone))
    (clone.root / "template.yaml").write_text("Resources: {}\n")
    digests.add(deployment.digest_sources(clone))
    assert len(digests) == 4


def test_byte_code_does_not_change_the_digest(clone: Places) -> None:
    before = deployment.digest_sources(clone)
    (clone.root / "functions/poll/__pycache__").mkdir()
    (clone.root / "functions/poll/__pycache__/app.cpython-311.pyc").write_bytes(b"\0")
    assert deployment.digest_sources(clone) == before


def test_what_was_built_last_is_not_built_again(clone: Places) -> None:
    for digest in ("a", "a", "b"):
        deployment.build(clone, digest)
    assert len(runs(clone)) == 2


def test_a_build_that_failed_is_built_again(clone: Places, tool: Tool) -> None:
    deployment.build(clone, "a")
    tool.install("bin/sam", "echo 'Error: no room'; exit 1")
    with pytest.raises(DeploymentFailedError):
        deployment.build(clone, "b")
    tool.install("bin/sam", SAM)
    deployment.build(clone, "a")
    assert len(runs(clone)) == 2


def test_a_build_is_for_this_machine_and_never_where_a_merchant_deploys_from(clone: Places) -> None:
    deployment.build(clone, "a")
    assert runs(clone) == [f"build --build-dir {clone.root}/.caja/build"]
    environment = (clone.temporary / "environment").read_text().splitlines()
    assert "CAJA_TARGET=local" in environment
    assert f"CAJA_PYTHON={clone.root}/.venv/aws/bin/python" in environment


def test_sam_is_quoted_when_it_fails_and_its_log_is_named(clone: Places, tool: Tool) -> None:
    tool.install("bin/sam", "echo 'Error: no room left'; exit 1")
    with pytest.raises(DeploymentFailedError) as failed:
        deployment.build(clone, "a")
    assert "`sam build` failed:\nError: no room left\n" in str(failed.value)
    assert str(clone.log / "build.log") in str(failed.value)


def test_nothing_of_the_developers_own_aws_reaches_sam(
    clone: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "not-for-sam")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("no_proxy", "example.com")
    deployment.build(clone, "a")
    environment = (clone.temporary / "environment").read_text()
    assert "production" not in environment
    assert "not-for-sam" not in environment
    assert "elsewhere" not in environment
    assert "\nno_proxy=example.com,127.0.0.1,localhost\n" in environment


def test_a_missing_part_of_the_environment_is_named_with_what_installs_it(places: Places) -> None:
    with pytest.raises(
        NotInstalledError, match=r"\.venv/bin/sam is missing\. Install again: `rm -rf \.venv && make \.venv`"
    ):
        str(places.sam)
