// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title The accounts that are invited to a round, as a Merkle tree
/// @notice A round's plan lists them, so that anybody can compute root and paths: `core/invitations.py`.
/// @dev The tree of OpenZeppelin's StandardMerkleTree (https://github.com/OpenZeppelin/merkle-tree) over `["address"]`.
library Invitations {
    /// @dev Hashed twice, so that no inner node, which is hashed once, passes for a leaf (a second preimage).
    function isInvited(bytes32 root, address account, bytes32[] calldata path) internal pure returns (bool) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(account))));
        return MerkleProof.verifyCalldata(path, root, leaf);
    }
}
