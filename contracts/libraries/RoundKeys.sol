// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title X25519 public keys that no round can be run with
library RoundKeys {
    /// @notice Whether an agreement with this raw key (RFC 7748) is a secret: not so for points of low order, whose
    /// agreements are all zero. Every encoding of one of them that a reader takes is in the list, as X25519 ignores the
    /// highest bit of the last byte (https://cr.yp.to/ecdh.html, "validate").
    function isUsable(bytes32 key) internal pure returns (bool) {
        bytes32 point = key & ~bytes32(uint256(0x80));
        // slither-disable-next-line too-many-digits // as points are
        return !(point == 0 // 0
                || point == 0x0100000000000000000000000000000000000000000000000000000000000000 // 1
                || point == 0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800 // order 8
                || point == 0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157 // order 8
                || point == 0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f // p - 1
                || point == 0xedffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f // p, which is 0
                || point == 0xeeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f); // p + 1, which is 1
    }
}
