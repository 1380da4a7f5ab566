// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title ERC-5192: minimal soulbound tokens
interface IERC5192 {
    event Locked(uint256 tokenId);
    event Unlocked(uint256 tokenId);

    /// @notice Whether the token is bound to its holder; reverts for a token that does not exist.
    function locked(uint256 tokenId) external view returns (bool);
}
