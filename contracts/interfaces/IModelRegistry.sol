// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Model registry
/// @notice One ERC-721 token per model; versions with lineage; federated rounds with roster, commitments and result.
interface IModelRegistry {
    enum RoundKind {
        Statistics, // result is a document (normalization statistics)
        Training // result is a new model version
    }

    enum RoundState {
        None, // 0
        Enrolling, // 1
        Running, // 2: roster fixed, nodes train and commit
        Unmasking, // 3: the set of committed nodes is fixed
        Finalized, // 4
        Aborted // 5
    }

    enum CodecKind {
        Training, // input and label codec
        Inference // input and output codec
    }

    struct ModelVersion {
        bytes32 weightsRoot; // Merkle root over the encrypted tensors
        bytes32 weights; // CID digest of the encrypted weights (safetensors)
        uint256 roundId; // 0: published by the owner, not by a round
        uint40 publishedAt;
    }

    struct Round {
        uint256 modelId;
        bytes32 plan; // CID digest of the plan document
        bytes32 result; // CID digest of the result document, once finalized
        address aggregator;
        uint32 baseVersion;
        uint16 minNodes; // never fewer than this are summed
        uint16 enrolled;
        uint16 committed;
        RoundKind kind;
        RoundState state;
        uint40 enrolBy;
        uint40 commitBy;
        uint40 finalizeBy;
    }

    struct Enrolment {
        address node;
        uint256 datasetId;
        bytes32 commitment; // to the masked vector; zero until committed
    }

    event ModelRegistered(
        uint256 indexed modelId,
        address indexed owner,
        bytes32 architecture,
        bytes32 card,
        bytes32 weightsRoot,
        bytes32 weights
    );
    event ModelVersionPublished(
        uint256 indexed modelId, uint32 indexed version, bytes32 weightsRoot, bytes32 weights, uint256 indexed roundId
    );
    event CodecGranted(uint256 indexed modelId, address indexed account, CodecKind indexed kind, bytes32 envelope);
    event RoundOpened(
        uint256 indexed roundId,
        uint256 indexed modelId,
        RoundKind kind,
        bytes32 plan,
        uint32 baseVersion,
        address aggregator
    );
    event NodeEnrolled(
        uint256 indexed roundId, address indexed node, uint256 indexed datasetId, uint16 index, bytes roundKeys
    );
    event RoundStarted(uint256 indexed roundId, uint16 enrolled);
    event UpdateCommitted(uint256 indexed roundId, address indexed node, bytes32 commitment);
    event CommitsClosed(uint256 indexed roundId, uint16 committed);
    event RoundFinalized(uint256 indexed roundId, bytes32 result, uint32 version);
    event RoundAborted(uint256 indexed roundId, bytes32 reason);

    error ModelRegistry_NotOwner(uint256 modelId, address got);
    error ModelRegistry_NotAggregator(uint256 roundId, address got);
    error ModelRegistry_EmptyField(string field);
    error ModelRegistry_BadRound(string field);
    error ModelRegistry_RosterFull(uint256 roundId, uint16 allowed);
    error ModelRegistry_WrongState(uint256 roundId, RoundState got);
    error ModelRegistry_WrongPlan(uint256 roundId, bytes32 got, bytes32 required);
    error ModelRegistry_NotEntitled(uint256 datasetId, address node);
    error ModelRegistry_Withdrawn(uint256 datasetId, uint32 version);
    error ModelRegistry_AlreadyEnrolled(uint256 roundId, address node);
    error ModelRegistry_AlreadyCommitted(uint256 roundId, address node);
    error ModelRegistry_NotEnrolled(uint256 roundId, address node);
    error ModelRegistry_TooFewNodes(uint256 roundId, uint16 got, uint16 required);
    error ModelRegistry_TooEarly(uint256 roundId, uint40 until);
    error ModelRegistry_TooLate(uint256 roundId, uint40 since);
    error ModelRegistry_UnknownVersion(uint256 modelId, uint32 version);
    error ModelRegistry_RoundOpen(uint256 modelId, uint256 roundId);

    /// @param architecture SHA-256 of the canonical architecture document
    /// @param card CID digest of the model card (with the security card)
    function register(bytes32 architecture, bytes32 card, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint256 modelId);

    function publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights) external returns (uint32 version);

    /// @notice Records that a codec (part of the EE key) was sealed to `account`; the envelope is on IPFS.
    function grantCodec(uint256 modelId, address account, CodecKind kind, bytes32 envelope) external;

    /// @notice Opens a round on the model's latest version. One open round per model.
    function openRound(
        uint256 modelId,
        RoundKind kind,
        bytes32 plan,
        address aggregator,
        uint16 minNodes,
        uint40 enrolBy,
        uint40 commitBy,
        uint40 finalizeBy
    ) external returns (uint256 roundId);

    /// @notice A node accepts exactly `plan` and enrols with a dataset that it owns, or holds a Train licence for.
    /// @param roundKeys two raw X25519 public keys, 64 bytes: mask key, then share-encryption key
    function enrol(uint256 roundId, uint256 datasetId, bytes32 plan, bytes calldata roundKeys) external;

    /// @notice Fixes the roster: the aggregator at any time with enough nodes, anyone after `enrolBy`.
    function startRound(uint256 roundId) external;

    function commitUpdate(uint256 roundId, bytes32 commitment) external;

    /// @notice Fixes who is summed: the aggregator once every node committed, anyone after `commitBy`.
    function closeCommits(uint256 roundId) external;

    /// @notice For a Training round `weightsRoot` and `weights` become the next version; for Statistics both are zero.
    function finalize(uint256 roundId, bytes32 result, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint32 version);

    /// @notice The model owner at any time; anyone once the round is stuck: too few nodes after `enrolBy` or `commitBy`, a
    /// round that could go on but was left alone until the next deadline, and any round after `finalizeBy`.
    function abort(uint256 roundId, bytes32 reason) external;

    function latestVersion(uint256 modelId) external view returns (uint32);
    function versionOf(uint256 modelId, uint32 version) external view returns (ModelVersion memory);
    function architectureOf(uint256 modelId) external view returns (bytes32);
    function cardOf(uint256 modelId) external view returns (bytes32);
    function codecOf(uint256 modelId, address account, CodecKind kind) external view returns (bytes32 envelope);
    function roundOf(uint256 roundId) external view returns (Round memory);

    /// @notice The roster, in order of enrolment (at most 100 nodes).
    function rosterOf(uint256 roundId) external view returns (Enrolment[] memory);
    function openRoundOf(uint256 modelId) external view returns (uint256 roundId);

    /// @notice How many models there are; their ids are 1 to this.
    function modelCount() external view returns (uint256);

    /// @notice How many rounds there are; their ids are 1 to this.
    function roundCount() external view returns (uint256);
}
