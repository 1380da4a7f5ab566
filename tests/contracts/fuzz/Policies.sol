// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Diseases} from "../../../contracts/libraries/Diseases.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {DuoWidth} from "../../../contracts/libraries/DuoWidth.sol";
import {IPolicies} from "./IPolicies.sol";

/// @notice The libraries that are inlined in AccessLicense and DatasetNFT, compiled as they are: by way of Yul (foundry.toml).
contract Policies is IPolicies {
    function decide(uint64 terms, uint64 purpose, bool shown) external pure returns (DuoPolicy.Decision) {
        return DuoPolicy.decide(terms, purpose, shown);
    }

    function isNoWider(uint64 parent, bytes32 parentDiseases, uint64 child, bytes32 childDiseases)
        external
        pure
        returns (bool)
    {
        return DuoWidth.isNoWider(parent, parentDiseases, child, childDiseases);
    }

    function leaf(uint32 disease) external pure returns (bytes32) {
        return Diseases.leaf(disease);
    }

    function isPermitted(bytes32 root, uint32 disease, bytes32[] calldata proof) external pure returns (bool) {
        return Diseases.isPermitted(root, disease, proof);
    }
}
