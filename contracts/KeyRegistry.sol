// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";

/// @title Key registry
contract KeyRegistry is IKeyRegistry {
    /// @notice ML-KEM-768 encapsulation key (1,184 bytes), then X25519 public key (32 bytes).
    uint256 public constant KEY_LENGTH = 1216;

    mapping(address account => Key) private _keys;

    /// @inheritdoc IKeyRegistry
    function register(bytes calldata publicKey) external {
        if (publicKey.length != KEY_LENGTH) revert KeyRegistry_BadLength(publicKey.length, KEY_LENGTH);
        Key storage key = _keys[msg.sender];
        bytes32 keyHash = keccak256(publicKey);
        uint32 index = key.index + 1;
        key.keyHash = keyHash;
        key.index = index;
        key.since = uint40(block.timestamp);
        emit KeyRegistered(msg.sender, index, keyHash, publicKey);
    }

    /// @inheritdoc IKeyRegistry
    function revoke() external {
        Key storage key = _keys[msg.sender];
        if (key.keyHash == 0) revert KeyRegistry_NoKey(msg.sender);
        key.keyHash = 0;
        key.since = uint40(block.timestamp);
        emit KeyRevoked(msg.sender, key.index);
    }

    /// @inheritdoc IKeyRegistry
    function keyOf(address account) external view returns (Key memory) {
        return _keys[account];
    }

    /// @inheritdoc IKeyRegistry
    function hasKey(address account) external view returns (bool) {
        return _keys[account].keyHash != 0;
    }
}
