"""Each contract about imports can fail: an import that it forbids is planted, and it breaks."""

import itertools
import tomllib
from collections.abc import Iterator
from copy import deepcopy

import grimp
import pytest
from importlinter import configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract

from tests.servers import ROOT as PROJECT

configuration.configure()
KINDS: dict[str, type[Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}
ROOT = "courseflow_admin"
LAYERS = {"models", "db", "providers", "services", "state", "api", "pages", "development"}
ROOMS = ("figures", "identity", "money", "teaching", "mail", "school", "core")
HELD_BY_HAND = {  # contract -> an import it forbids
    "Imports only ever point down": ("models.core.texts", "services.school.audit"),
    "Money leaves enrollments to teaching": ("services.money.refunds", "db.teaching.enrollments"),
    "Pages go through state": ("pages.money.payments", "services.money.payments"),
    "Only services reach out": ("state.money.payments", "db.money.payments"),
    "No circles among neighbours": ("providers.resend", "services.mail.outbox"),
    "Below the screen, nothing knows Reflex": ("services.school.audit", "reflex"),
    "Only db knows MongoDB": ("services.money.refunds", "pymongo"),
    "Only providers know Stripe": ("services.money.refunds", "stripe"),
    "Only providers know Razorpay": ("services.money.refunds", "razorpay"),
    "Only providers know Resend": ("services.mail.outbox", "resend"),
    "Only providers know standardwebhooks": ("services.money.webhooks", "standardwebhooks"),
    "Production does not know development": ("worker", "development.embedded"),
    "Development in its order": ("development.sandbox.stripe", "development.demo.loader"),
    "The sandbox is a stranger": ("development.sandbox.stripe", "providers.stripe"),
    "The sandbox knows config and errors only": (
        "development.sandbox.stripe",
        "models.core.amounts",
    ),
}


SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {one["name"]: one for one in SETTINGS["contracts"]}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(ROOT, include_external_packages=True, cache_dir=None)


def contract(name: str) -> Contract:
    given = {"root_packages": [ROOT], "include_external_packages": "True"}
    words = {key: str(one) if one is True else one for key, one in CONTRACTS[name].items()}
    return KINDS[words["type"]](name, given, words)


def planted() -> Iterator[tuple[str, str, str]]:
    """(contract, importer, imported) for each contract: by hand, and of the rooms by rule."""
    for name, (importer, imported) in HELD_BY_HAND.items():
        yield name, importer, imported
    for name, chosen in CONTRACTS.items():
        if name.startswith("Rooms of "):
            layer = chosen["containers"][0].removeprefix(f"{ROOT}.")
            rooms = [room for room in ROOMS if room in chosen["layers"]]
            for higher, lower in itertools.pairwise(rooms):
                yield name, f"{layer}.{lower}", f"{layer}.{higher}"
        if name.startswith("Services of "):
            for forbidden in chosen["forbidden_modules"]:
                source = chosen["source_modules"][0]
                yield name, source.removeprefix(f"{ROOT}."), forbidden.removeprefix(f"{ROOT}.")


def breaks(graph: grimp.ImportGraph, name: str, importer: str, imported: str) -> bool:
    tried = deepcopy(graph)
    full = f"{ROOT}.{imported}" if imported.split(".")[0] in LAYERS else imported
    tried.add_import(importer=f"{ROOT}.{importer}", imported=full)
    return not contract(name).check(tried, verbose=False).kept


@pytest.mark.parametrize("name", CONTRACTS)
def test_each_contract_holds_and_a_planted_import_breaks_it(graph, name):
    tried = [(one, other) for about, one, other in planted() if about == name]

    assert tried
    assert contract(name).check(deepcopy(graph), verbose=False).kept
    assert [pair for pair in tried if not breaks(graph, name, *pair)] == []
