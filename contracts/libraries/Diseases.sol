// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title The diseases that a dataset's DS term (DUO:0000007) permits, as a Merkle tree
/// @notice A disease is the number of its id in the Mondo Disease Ontology (https://mondo.monarchinitiative.org): 5068 is
/// MONDO:0005068. The leaves are the diseases that the term names and all that descend from them by `is_a`, so a leaf's
/// proof shows that its disease is, or descends from, one of those named. `core/disease.py` makes tree and proofs.
/// Warning: the tree is the dataset owner's: a root over other diseases permits those. Anybody can compute it anew from
/// the named diseases and the ontology's release.
/// @dev The tree of OpenZeppelin's StandardMerkleTree (https://github.com/OpenZeppelin/merkle-tree) over `["uint32"]`.
library Diseases {
    /// @dev Hashed twice, so that no inner node, which is hashed once, passes for a leaf (a second preimage).
    function leaf(uint32 disease) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(disease))));
    }

    /// @notice Whether `disease` is in the tree of `root`. Never for disease 0, which says "none", nor under
    /// root 0, which no path leads to.
    function isPermitted(bytes32 root, uint32 disease, bytes32[] calldata proof) internal pure returns (bool) {
        return disease != 0 && MerkleProof.verifyCalldata(proof, root, leaf(disease));
    }
}
