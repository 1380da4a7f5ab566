// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasets, ILicenses, IVisas} from "../Deployed.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Flaws} from "./Flaws.sol";
import {Ledger} from "./Ledger.sol";

/// @notice Calls the contracts as somebody, counts what they answer, and compares it with what the ledger says.
abstract contract Calls is Ledger {
    ILicenses public immutable LICENSES;
    ILicenseLens public immutable LENS;
    IDatasets public immutable DATASETS;
    IVisas public immutable VISAS;

    /// @notice How often a function gave an error (0: none).
    mapping(bytes4 selector => mapping(bytes4 error => uint256)) public tally;
    /// @notice How often the market came to a state that is worth a name.
    mapping(bytes32 what => uint256) public reached;

    constructor(World world) {
        (LICENSES, DATASETS, VISAS) = (world.licenses(), world.datasets(), world.visas());
        LENS = world.lens();
    }

    /// @dev What should be possible: if it is not, the step fails.
    function _call(address from, uint256 value, bytes memory data) internal returns (bytes memory) {
        return _callTo(address(LICENSES), from, value, data);
    }

    function _callTo(address target, address from, uint256 value, bytes memory data)
        internal
        returns (bytes memory answer)
    {
        bool ok;
        (ok, answer) = _send(target, from, value, data);
        if (!ok) _fail(answer);
    }

    /// @dev What must not be done is tried, too.
    function _refuse(uint256 number, string memory what, address from, uint256 value, bytes memory data) internal {
        (bool ok,) = _send(address(LICENSES), from, value, data);
        if (ok) _fault(number, what);
    }

    /// @dev A sale, which is made if there is no flaw, and else refused for one of them.
    function _attempt(address from, uint256 value, bytes memory data, uint256 flaws) internal returns (bool made) {
        (bool ok, bytes memory answer) = _send(address(LICENSES), from, value, data);
        if (flaws == 0 && !ok) _fail(answer);
        if (flaws == 0) return true;
        if (ok) _fault(Flaws.number(flaws), "sold in spite of a flaw");
        else if (!Flaws.explain(flaws, bytes4(answer))) _fault(Flaws.number(flaws), "refused for another reason");
        return false;
    }

    function _reach(bytes32 what) internal {
        ++reached[what];
    }

    function _send(address target, address from, uint256 value, bytes memory data)
        private
        returns (bool ok, bytes memory answer)
    {
        if (value != 0) vm.deal(from, from.balance + value);
        vm.prank(from);
        (ok, answer) = target.call{value: value}(data);
        ++tally[bytes4(data)][ok ? bytes4(0) : bytes4(answer)];
    }

    /// @dev After a fault, what fails is its consequence.
    function _fail(bytes memory answer) private view {
        if (faults != 0) revert(_firstFault);
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
