"""Every custom error of the data level is reverted somewhere in these tests, with every argument by name.

`reverting.reverts` is what makes such a line mean something; that it can fail is tested here as well.
"""

import ast
from pathlib import Path

import pytest
from reverting import reverts

FOLDERS = ("dataset", "license", "keys", "visa")
CONTRACTS = ("DatasetNFT", "AccessLicense", "KeyRegistry", "VisaRegistry")


@pytest.fixture(scope="module")
def reverted() -> dict[str, set[tuple[str, ...]]]:
    """Error -> the sets of arguments with which `reverts` is called."""
    found: dict[str, set[tuple[str, ...]]] = {}
    here = Path(__file__).parent
    for path in (path for folder in FOLDERS for path in (here / folder).glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Attribute):
                continue
            if isinstance(node.func, ast.Name) and node.func.id == "reverts":
                arguments = tuple(sorted(keyword.arg or "**" for keyword in node.keywords))
                found.setdefault(node.args[0].attr, set()).add(arguments)
    return found


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_error_is_reverted(project, reverted, contract):
    own = [error for error in project.get_contract(contract).contract_type.errors if "_" in error.name]
    assert own
    missing = [
        error.signature
        for error in own
        if tuple(sorted(parameter.name for parameter in error.inputs)) not in reverted.get(error.name, set())
    ]
    assert missing == []


def test_reverts_wants_every_argument(datasets):
    with pytest.raises(TypeError, match="datasetId"):
        reverts(datasets.DatasetNFT_NotOwner, dataset=1, got=2)


def test_reverts_wants_the_values(licenses, hospital):
    with (
        pytest.raises(AssertionError, match="offerId"),
        reverts(licenses.AccessLicense_UnknownOffer, offerId=8),
    ):
        licenses.closeOffer(9, sender=hospital)


def test_reverts_wants_the_error(licenses, hospital):
    with pytest.raises(AssertionError), reverts(licenses.AccessLicense_OfferClosed, offerId=9):
        licenses.closeOffer(9, sender=hospital)


def test_reverts_wants_a_revert_that_it_can_read(licenses):
    with pytest.raises(AssertionError), reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        licenses.offerOf(9)


def test_reverts_wants_a_revert(licenses):
    with pytest.raises(AssertionError), reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        licenses.offerCount()
