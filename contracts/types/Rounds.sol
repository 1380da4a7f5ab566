// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

enum RoundKind {
    Statistics, // result is a document (normalization statistics)
    Training // result is a new model version
}

enum RoundState {
    None, // 0
    Enrolling, // 1
    Running, // 2: roster fixed, nodes deal, train and commit
    Unmasking, // 3: the set of nodes that are summed is fixed
    Finalized, // 4
    Aborted // 5
}

enum CodecKind {
    Training, // input and label codec
    Inference // input and output codec
}

struct ModelVersion {
    // slots 0 and 1
    bytes32 weightsRoot; // Merkle root over the encrypted tensors
    bytes32 weights; // CID digest of the encrypted weights (safetensors)
    // slot 2
    uint64 roundId; // 0: published by the owner, not by a round
    uint40 publishedAt;
}

/// @notice What a model's owner says of a round when it opens it.
struct Opening {
    RoundKind kind;
    bytes32 plan; // CID digest of the plan document
    bytes32 invited; // Merkle root over the accounts that may enrol, see Invitations; 0: anyone
    address aggregator;
    uint16 minNodes; // never fewer than this are summed
    uint16 colluders; // of the nodes, so many may work with the aggregator
    uint40 enrolBy;
    uint40 commitBy;
    uint40 finalizeBy;
}

/// @notice What a node enrols with.
struct Application {
    uint256 datasetId; // of which the caller is the owner, or an accepted operator
    uint256 licenseId; // the model owner's Train licence for it; 0: of the dataset owner's own will
    bytes32 plan; // the one that the node accepts
    bytes roundKeys; // two raw X25519 public keys, 64 bytes: mask key, then share-encryption key
    bytes32[] invitation; // the caller's path in the tree of the round's `invited`
}

struct Round {
    uint256 modelId;
    bytes32 plan;
    bytes32 invited;
    bytes32 dealt; // digest of who dealt what to whom; 0 until that is fixed, and once the round is finalized
    bytes32 result; // CID digest of the result document, once finalized
    address aggregator;
    uint32 baseVersion;
    uint16 minNodes;
    uint16 colluders;
    uint16 enrolled;
    uint16 committed; // from Unmasking on: so many are summed
    RoundKind kind;
    RoundState state;
    uint40 enrolBy;
    uint40 commitBy;
    uint40 finalizeBy;
}

struct Enrolment {
    address node;
    uint256 datasetId;
    uint32 version; // of the dataset
    bool dealt; // is among those against whom everybody masks
    bool summed; // from Unmasking on
    bytes32 commitment; // to the masked vector; zero until committed
}

/// @notice Of a dataset, in which statistics it is.
struct Disclosure {
    uint64 roundId; // where it was summed, with those with whom alone it may be again; 0: nowhere
    uint32 version; // the dataset's, in that round
    bool released; // once more it may be summed with others, who all have to be released
}

// What ModelRegistry keeps.

struct StoredModel {
    // slots 0 and 1
    bytes32 architecture;
    bytes32 card;
    // slot 2
    uint32 laterVersions; // the latest version is one more
    uint64 openRound;
}

struct StoredRound {
    // slot 0
    address aggregator;
    uint32 baseVersion;
    uint16 minNodes;
    uint16 enrolled;
    uint16 colluders;
    RoundKind kind;
    RoundState state;
    // slot 1
    uint64 modelId;
    uint40 enrolBy;
    uint40 commitBy;
    uint40 finalizeBy;
    // slots 2 and 3
    bytes32 plan;
    bytes32 invited;
    // slot 4
    bytes32 digest; // of what was dealt; of the result, once there is one: a second slot would cost 17,000 gas
    // slot 5: places in the roster, bit by bit
    uint128 dealers;
    uint128 committed; // from Unmasking on those of them that are summed
}

struct Seat {
    // slot 0
    address node;
    uint64 datasetId;
    uint32 version;
    // slot 1
    bytes32 commitment;
    // slot 2, of who trains under a licence alone
    uint256 licenseId;
}

struct Place {
    uint64 roundId; // the account's latest round of the model
    uint16 index;
}
