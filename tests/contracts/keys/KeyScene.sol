// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Scene} from "../Scene.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";

/// @notice Two encryption keys of the right length, and who registers them.
abstract contract KeyScene is Scene {
    bytes internal key = abi.encodePacked(keccak256("key"), new bytes(1184));
    bytes internal other = new bytes(1216);

    function _register(bytes memory publicKey) internal {
        vm.prank(researcher);
        keys.register(publicKey);
    }

    function _revoke() internal {
        vm.prank(researcher);
        keys.revoke();
    }

    /// @dev What `account` would sign to register `publicKey`, signed by `signer`.
    function _signed(address signer, address account, bytes memory publicKey, uint256 nonce, uint256 deadline)
        internal
        view
        returns (bytes memory)
    {
        return _sign(signer, Typed.registration(address(keys), account, publicKey, nonce, deadline));
    }
}
