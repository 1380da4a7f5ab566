// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IPFS addresses of blobs whose digest is on chain
/// @notice CIDv1 in base16: "f", version 01, codec 70 (dag-pb), hash 12 (SHA-256) of 20 (32 bytes), digest.
library Cid {
    bytes16 private constant DIGITS = "0123456789abcdef";

    function uri(bytes32 digest) internal pure returns (string memory) {
        bytes memory text = new bytes(64);
        for (uint256 i = 0; i < 32; ++i) {
            uint8 value = uint8(digest[i]);
            text[2 * i] = DIGITS[value >> 4];
            text[2 * i + 1] = DIGITS[value & 15];
        }
        return string.concat("ipfs://f01701220", string(text));
    }
}
