"""Adapts solmate's ERC-721 suite to this forge, so that it runs on DatasetNFT.

The suite is src/test/ERC721.t.sol of the npm package @rari-capital/solmate. No copy is kept here: this reads
the installed package and writes `build/ERC721.t.sol` beside this file, which git ignores. Changed are only

- the compiler's version and the imports: the token under test is DatasetToken.sol, by its interface;
- `testFail...`, a prefix that forge 1 no longer knows: each becomes a test that its body reverts;
- what a failed assertion does: it reverts (DSTest sets a flag, which forge 1 no longer reads);
- the error of a token that is not there, which is OpenZeppelin's;
- the names of LEFT_OUT, so that forge does not run them.

Usage: python tests/contracts/conformity/adapt_solmate.py
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = "@rari-capital/solmate/src"
SUITE = HERE.parents[2] / "node_modules" / PACKAGE / "test" / "ERC721.t.sol"
ADAPTED = HERE / "build" / "ERC721.t.sol"
FAILING = 47
OTHER = "; another version of solmate?"

LEFT_OUT = {
    "invariantMetadata": "DatasetNFT has a name of its own (test_interfaces.py), not its deployer's",
    "testFuzzMetadata": "the same",
    "testApproveBurn": "demands that getApproved answers for a burnt token; ERC-721 says that it throws",
    "testFuzzApproveBurn": "the same",
    "testFuzzApproveAll": "approves the zero address too, which OpenZeppelin refuses; testApproveAll runs",
}

REPLACED = {
    "pragma solidity 0.8.10;": "pragma solidity 0.8.37;",
    '"./utils/DSTestPlus.sol"': f'"{PACKAGE}/test/utils/DSTestPlus.sol"',
    '"./utils/DSInvariantTest.sol"': f'"{PACKAGE}/test/utils/DSInvariantTest.sol"',
    "{MockERC721}": "{IDatasetToken as MockERC721, datasetToken}",
    '"./utils/mocks/MockERC721.sol"': '"../IDatasetToken.sol"',
    'new MockERC721("Token", "TKN")': 'datasetToken("Token", "TKN")',
    "new MockERC721(name, symbol)": "datasetToken(name, symbol)",
    '"../tokens/ERC721.sol"': f'"{PACKAGE}/tokens/ERC721.sol"',
    **{f"function {name}(": f"function leftOut_{name}(" for name in LEFT_OUT},
}

NOT_MINTED = re.compile(r'expectRevert\("NOT_MINTED"\)(;\s+token\.ownerOf\((\w+)\))')
NONEXISTENT = r'expectRevert(abi.encodeWithSignature("ERC721NonexistentToken(uint256)", \2))\1'

ASSERTION_REVERTS = """
    function fail() internal pure override {
        revert("an assertion failed");
    }
"""

REVERTS = """
    function test_reverts_{name}({parameters}) public {{
        (bool ok,) = address(this).call(abi.encodeCall(this.reverting_{name}, ({arguments})));
        require(!ok, "did not revert");
    }}
"""


def adapt(suite: str) -> str:
    """The suite as forge runs it here; ValueError where it is not the one that this was written for."""
    for old, new in REPLACED.items():
        if suite.count(old) != 1:
            raise ValueError(f"{SUITE}: {old!r} is there {suite.count(old)} times, not once{OTHER}")
        suite = suite.replace(old, new)
    suite = NOT_MINTED.sub(NONEXISTENT, suite)
    failing = re.findall(r"function testFail(\w+)\(([^)]*)\)", suite)
    if len(failing) != FAILING:
        raise ValueError(f"{SUITE}: {len(failing)} tests must fail, not {FAILING}{OTHER}")
    suite = re.sub(r"function testFail(\w+)\(", r"function reverting_\1(", suite)
    end = suite.rindex("}")
    return suite[:end] + ASSERTION_REVERTS + "".join(_reverts(*each) for each in failing) + suite[end:]


def _reverts(name: str, parameters: str) -> str:
    declared = [" ".join(parameter.split()) for parameter in parameters.split(",") if parameter.strip()]
    arguments = ", ".join(parameter.split()[-1] for parameter in declared)
    return REVERTS.format(name=name, parameters=", ".join(declared), arguments=arguments)


if __name__ == "__main__":
    adapted = adapt(SUITE.read_text())
    ADAPTED.parent.mkdir(exist_ok=True)
    ADAPTED.write_text(adapted)
