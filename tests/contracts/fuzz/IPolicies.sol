// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {deployed} from "../Deployed.sol";

/// @notice What the fuzz tests of DuoPolicy, DuoWidth and Diseases call; see Policies.sol.
interface IPolicies {
    function decide(uint64 terms, uint64 purpose, bool shown) external pure returns (DuoPolicy.Decision);
    function isNoWider(uint64 parent, bytes32 parentDiseases, uint64 child, bytes32 childDiseases)
        external
        pure
        returns (bool);
    function leaf(uint32 disease) external pure returns (bytes32);
    function isPermitted(bytes32 root, uint32 disease, bytes32[] calldata proof) external pure returns (bool);
}

function policies() returns (IPolicies) {
    return IPolicies(deployed("tests/contracts/fuzz/Policies.sol:Policies", ""));
}
