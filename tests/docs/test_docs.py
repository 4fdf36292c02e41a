"""The books say what the code does: whatever a reader needs is named, and nothing named is missing."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

import pytest

from caja import web
from caja.orders import State
from local import template as template_yaml
from simulator.faults import FAULTS
from simulator.scenarios.plays import PLAYS

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = "README.md"
READMES = [ENGLISH, "README.es.md"]
BOXES = "docs/boxes.md"
SIMULATOR = "docs/simulator.md"
BOOKS = [
    *READMES,
    BOXES,
    SIMULATOR,
    "CHANGELOG.md",
    "docs/acceptance.md",
    "docs/decisions.md",
    "docs/runbook.md",
    "docs/testing.md",
]

TEMPLATE = template_yaml.load()
ROUTES = sorted(
    resource["Properties"]["RouteKey"]
    for resource in TEMPLATE["Resources"].values()
    if resource["Type"] == "AWS::ApiGatewayV2::Route"
)

# In pieces, so that this file is not the first to be found.
REGISTRIES = [
    "py" + "pi.org",
    "pythonhosted" + ".org",
    "npm" + "js.org",
    "npm" + "js.com",
    "conda" + ".anaconda.org",
]
MACHINE_PATHS = ["/" + "work/", "/" + "root/"]


def read(book: str) -> str:
    return (ROOT / book).read_text("utf-8")


def codes() -> list[str]:
    """Every `code` of our own problems, as the source spells it."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "layers/common/caja").rglob("*.py"))
    in_table = {code for _, code, _ in web._PROBLEMS.values()}
    in_place = set(re.findall(r'"code": "([a-z_]+)"', Path(web.__file__).read_text("utf-8")))
    not_found = {f"{what}_not_found" for what in re.findall(r'NotFoundError\("([a-z_]+)"', source)}
    return sorted(in_table | in_place | not_found | {"host_not_enabled"})


def anchors(book: str) -> set[str]:
    """The names under which a book's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", read(book), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def own_texts() -> dict[str, str]:
    """Every file of ours that is text: all but what .gitignore names, with git or without."""
    ignored = {line.rstrip("/") for line in read(".gitignore").splitlines()} | {".git"}
    texts = {}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, each) for each in ignored)]
        for name in files:
            path = Path(folder, name)
            if any(fnmatch(name, each) for each in ignored):
                continue
            with suppress(UnicodeDecodeError):  # pictures and the like
                texts[str(path.relative_to(ROOT))] = path.read_text("utf-8")
    assert "README.md" in texts
    return texts


@pytest.mark.parametrize("parameter", TEMPLATE["Parameters"])
@pytest.mark.parametrize("book", READMES)
def test_both_readmes_explain_every_parameter_of_the_template(book: str, parameter: str) -> None:
    assert re.search(rf"^\| `{parameter}` \|", read(book), re.MULTILINE)


@pytest.mark.parametrize("output", TEMPLATE["Outputs"])
def test_the_readme_names_every_output_of_the_template(output: str) -> None:
    assert f"`{output}`" in read(ENGLISH)


@pytest.mark.parametrize("route", ROUTES)
def test_the_contract_names_every_route_of_the_template(route: str) -> None:
    assert f"`{route}`" in read(BOXES if " /boxes/" in route else ENGLISH)


@pytest.mark.parametrize("code", codes())
def test_the_contract_says_what_a_box_does_about_every_problem_code(code: str) -> None:
    assert re.search(rf"^\|[^|]*\| `{code}` \|", read(BOXES), re.MULTILINE)


def test_the_contract_lists_no_problem_code_that_is_never_answered() -> None:
    listed = re.findall(r"^\| [0-9]{3} \| `([a-z_]+)` \|", read(BOXES), re.MULTILINE)
    assert sorted(listed) == codes()


@pytest.mark.parametrize("state", State)
def test_the_contract_explains_every_state_of_an_order(state: State) -> None:
    assert re.search(rf"^\| `{state.value}` \|", read(BOXES), re.MULTILINE)


@pytest.mark.parametrize("name", [*FAULTS, *PLAYS])
def test_the_simulators_book_names_every_fault_and_story(name: str) -> None:
    assert f"`{name}`" in read(SIMULATOR)


@pytest.mark.parametrize("book", READMES)
def test_every_make_target_a_readme_names_exists(book: str) -> None:
    targets = set(re.findall(r"^([a-z.]+):", read("Makefile"), re.MULTILINE))
    named = {
        word
        for words in re.findall(r"`make ([a-z ]+)|^make ([a-z ]+)", read(book), re.MULTILINE)
        for word in " ".join(words).split()
    }
    assert {"demo", "test"} <= named
    assert named <= targets


@pytest.mark.parametrize("book", BOOKS)
def test_every_relative_link_of_a_book_leads_somewhere(book: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", read(book)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / book).parent / path if path else ROOT / book
        assert target.exists(), link
        assert not anchor or anchor in anchors(str(target.resolve().relative_to(ROOT))), link


def test_the_readme_has_at_most_350_lines() -> None:
    assert len(read(ENGLISH).splitlines()) <= 350


def test_no_file_names_a_package_registry() -> None:
    found = [
        (name, host) for name, text in own_texts().items() for host in REGISTRIES if host in text.lower()
    ]
    assert found == []


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [(name, path) for name, text in own_texts().items() for path in MACHINE_PATHS if path in text]
    assert found == []
