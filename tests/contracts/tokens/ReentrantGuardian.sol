// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract that signs everything (ERC-1271), and makes a call of its own while it is asked.
contract ReentrantGuardian {
    address private _target;
    bytes private _call;

    function prepare(address target, bytes calldata call) external {
        (_target, _call) = (target, call);
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        // Who asks allows no change: this fails, and the answer is the same.
        (bool ok,) = _target.call(_call);
        require(!ok, "the call came through");
        return IERC1271.isValidSignature.selector;
    }
}
