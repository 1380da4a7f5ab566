"""Every custom error of the contracts is expected somewhere in forge's tests, with every argument.

`expectRevert(bytes)` compares the whole of the error with all of its arguments. What Ape's tests expect goes
through `reverting.reverts`; that it can fail is tested here.
"""

import re
from pathlib import Path

import pytest
from reverting import reverts

HERE = Path(__file__).parent
FOLDERS = ("dataset", "license", "custody", "keys", "visa", "model", "inference")
CONTRACTS = (
    "DatasetNFT",
    "AccessLicense",
    "KeyRegistry",
    "VisaRegistry",
    "ModelRegistry",
    "InferenceCommitment",
    "LicenseLens",
    "GuardedCustody",
)
EXPECTS = r"expectRevert\(\s*abi\.encodeWithSelector\(\s*I\w+\.(\w+)\.selector"
IN_SOLIDITY = re.compile(EXPECTS)
SHARED = re.compile(rf"function (_refuses\w+)\([^{{]*\{{\s*vm\.{EXPECTS}")  # a scene's


@pytest.fixture(scope="module")
def expected() -> set[str]:
    """The errors that forge's tests expect, themselves or through what they share."""
    tests = "".join(path.read_text() for folder in FOLDERS for path in (HERE / folder).glob("*.t.sol"))
    scenes = "".join(path.read_text() for folder in FOLDERS for path in (HERE / folder).glob("*Scene.sol"))
    shared = SHARED.findall(scenes)
    assert shared
    through = {error for name, error in shared if re.search(rf"\b{name}\(", tests)}
    return set(IN_SOLIDITY.findall(tests)) | through


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_error_is_reverted(project, expected, contract):
    own = {error.name for error in project.get_contract(contract).contract_type.errors if "_" in error.name}
    assert own
    assert own <= expected


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


def test_reverts_wants_a_revert_that_it_can_read(licenses, lens):
    with pytest.raises(AssertionError), reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        lens.offerOf(9)


def test_reverts_wants_a_revert(licenses, lens):
    with pytest.raises(AssertionError), reverts(licenses.AccessLicense_UnknownOffer, offerId=9):
        lens.offerCount()
