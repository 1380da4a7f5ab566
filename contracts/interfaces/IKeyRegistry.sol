// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Key registry
/// @notice Maps an account to its public encryption key (X25519 + ML-KEM-768 hybrid, 1,216 bytes raw, ML-KEM part first).
/// The hash is state, the key itself is in the event, so that registering costs little and anyone can check a key.
interface IKeyRegistry {
    /// @param index 1 for an account's first key, one more at each rotation
    event KeyRegistered(address indexed account, uint32 indexed index, bytes32 keyHash, bytes publicKey);
    event KeyRevoked(address indexed account, uint32 indexed index);

    error KeyRegistry_BadLength(uint256 got, uint256 required);
    error KeyRegistry_NoKey(address account);

    struct Key {
        // slot 0
        bytes32 keyHash; // keccak256 of the raw public key; zero when revoked
        // slot 1
        uint32 index;
        uint40 since;
    }

    /// @notice Registers, or rotates to, `publicKey` for the sender.
    function register(bytes calldata publicKey) external;

    /// @notice Withdraws the sender's key; nothing is sealed to it any more.
    function revoke() external;

    function keyOf(address account) external view returns (Key memory);

    function hasKey(address account) external view returns (bool);
}
