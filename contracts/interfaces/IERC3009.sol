// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Transfer with authorization (ERC-3009)
/// @notice The one function that is used here: the payee submits, so nobody can submit it for another purpose first.
interface IERC3009 {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
