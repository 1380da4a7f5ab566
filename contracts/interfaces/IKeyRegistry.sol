// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Key registry
/// @notice Maps an account to its public encryption key (X25519 + ML-KEM-768 hybrid, 1,216 bytes raw, ML-KEM part first).
/// The hash is state, the key itself is in the event, so that registering costs little and anyone can check a key.
interface IKeyRegistry {
    /// @param index 1 for an account's first key, one more at each rotation and each revocation
    event KeyRegistered(address indexed account, uint32 indexed index, bytes32 keyHash, bytes publicKey);
    event KeyRevoked(address indexed account, uint32 indexed index);

    error KeyRegistry_BadLength(uint256 got, uint256 required);
    error KeyRegistry_NoKey(address account);
    error KeyRegistry_SignatureExpired(uint256 deadline);
    error KeyRegistry_BadSignature(address account);

    struct Key {
        // slot 0
        bytes32 keyHash; // keccak256 of the raw public key; zero when revoked
        // slot 1
        uint32 index;
        uint40 since;
    }

    /// @notice Registers, or rotates to, `publicKey` for the sender.
    function register(bytes calldata publicKey) external;

    /// @notice As `register`, for an account that signed the key's hash with `nonces(account)` (EIP-712; ERC-1271 for a
    /// contract): whoever calls pays the gas.
    /// @param deadline the last second in which the signature counts
    function registerFor(address account, bytes calldata publicKey, uint256 deadline, bytes calldata signature) external;

    /// @notice The EIP-712 hash that an account signs for `registerFor`.
    function registrationHash(address account, bytes32 keyHash, uint256 nonce, uint256 deadline)
        external
        view
        returns (bytes32);

    /// @notice What the next signed registration of `account` says. Every registration and revocation uses it up, so that
    /// nobody brings back a key that the account gave up with what was signed before.
    function nonces(address account) external view returns (uint256);

    /// @notice Withdraws the sender's key; nothing is sealed to it any more.
    function revoke() external;

    function keyOf(address account) external view returns (Key memory);

    function hasKey(address account) external view returns (bool);
}
