// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Roots and proofs of lists of diseases, as a data owner's tools make them. An odd node at the end of a row goes
/// up as it is.
library DiseaseTree {
    function root(uint32[] memory diseases) internal pure returns (bytes32) {
        bytes32[] memory row = _leaves(diseases);
        if (row.length == 0) return 0;
        while (row.length > 1) {
            row = _above(row);
        }
        return row[0];
    }

    function proof(uint32[] memory diseases, uint256 index) internal pure returns (bytes32[] memory path) {
        bytes32[] memory row = _leaves(diseases);
        path = new bytes32[](8);
        uint256 length;
        for (; row.length > 1; index /= 2) {
            uint256 sibling = index ^ 1;
            if (sibling < row.length) path[length++] = row[sibling];
            row = _above(row);
        }
        assembly ("memory-safe") {
            mstore(path, length)
        }
    }

    function _leaves(uint32[] memory diseases) private pure returns (bytes32[] memory row) {
        row = new bytes32[](diseases.length);
        for (uint256 i = 0; i < row.length; ++i) {
            row[i] = keccak256(abi.encode(keccak256(abi.encode(diseases[i]))));
        }
    }

    function _above(bytes32[] memory row) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((row.length + 1) / 2);
        for (uint256 i = 0; i < above.length; ++i) {
            bytes32 left = row[2 * i];
            if (2 * i + 1 == row.length) {
                above[i] = left;
                continue;
            }
            bytes32 right = row[2 * i + 1];
            above[i] = left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
        }
    }
}
