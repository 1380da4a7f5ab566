// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";

/// @title Key registry
contract KeyRegistry is EIP712, IKeyRegistry {
    /// @notice ML-KEM-768 encapsulation key (1,184 bytes), then X25519 public key (32 bytes).
    uint256 public constant KEY_LENGTH = 1216;

    bytes32 private constant REGISTRATION_TYPEHASH =
        keccak256("Registration(address account,bytes32 keyHash,uint256 nonce,uint256 deadline)");

    mapping(address account => Key) private _keys;

    constructor() EIP712("BioDeSci Keys", "1") {}

    /// @inheritdoc IKeyRegistry
    function register(bytes calldata publicKey) external {
        _register(msg.sender, publicKey);
    }

    /// @inheritdoc IKeyRegistry
    function registerFor(address account, bytes calldata publicKey, uint256 deadline, bytes calldata signature)
        external
    {
        if (block.timestamp > deadline) revert KeyRegistry_SignatureExpired(deadline);
        bytes32 signed = registrationHash(account, keccak256(publicKey), nonces(account), deadline);
        if (!SignatureChecker.isValidSignatureNowCalldata(account, signed, signature)) {
            revert KeyRegistry_BadSignature(account);
        }
        _register(account, publicKey);
    }

    /// @inheritdoc IKeyRegistry
    function revoke() external {
        Key storage key = _keys[msg.sender];
        if (key.keyHash == 0) revert KeyRegistry_NoKey(msg.sender);
        key.keyHash = 0;
        key.since = uint40(block.timestamp);
        emit KeyRevoked(msg.sender, key.index++);
    }

    /// @inheritdoc IKeyRegistry
    function nonces(address account) public view returns (uint256) {
        return _keys[account].index;
    }

    /// @inheritdoc IKeyRegistry
    function registrationHash(address account, bytes32 keyHash, uint256 nonce, uint256 deadline)
        public
        view
        returns (bytes32)
    {
        return _hashTypedDataV4(keccak256(abi.encode(REGISTRATION_TYPEHASH, account, keyHash, nonce, deadline)));
    }

    /// @inheritdoc IKeyRegistry
    function keyOf(address account) external view returns (Key memory) {
        return _keys[account];
    }

    /// @inheritdoc IKeyRegistry
    function hasKey(address account) external view returns (bool) {
        return _keys[account].keyHash != 0;
    }

    function _register(address account, bytes calldata publicKey) private {
        if (publicKey.length != KEY_LENGTH) revert KeyRegistry_BadLength(publicKey.length, KEY_LENGTH);
        Key storage key = _keys[account];
        bytes32 keyHash = keccak256(publicKey);
        uint32 index = key.index + 1;
        key.keyHash = keyHash;
        key.index = index;
        key.since = uint40(block.timestamp);
        emit KeyRegistered(account, index, keyHash, publicKey);
    }
}
