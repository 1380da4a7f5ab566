// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {
    Application,
    CodecKind,
    Disclosure,
    Enrolment,
    ModelVersion,
    Opening,
    Round,
    RoundKind,
    RoundState
} from "../types/Rounds.sol";

/// @title Model registry
/// @notice One ERC-721 token per model; versions with lineage; federated rounds with roster, commitments and result.
interface IModelRegistry {
    event ModelRegistered(
        uint256 indexed modelId,
        address indexed owner,
        bytes32 architecture,
        bytes32 card,
        bytes32 weightsRoot,
        bytes32 weights
    );
    event ModelVersionPublished(
        uint256 indexed modelId,
        uint32 indexed version,
        bytes32 weightsRoot,
        bytes32 weights,
        uint256 indexed roundId,
        address by
    );
    event CodecGranted(
        uint256 indexed modelId, address indexed account, CodecKind indexed kind, bytes32 envelope, address by
    );
    event RoundOpened(
        uint256 indexed roundId, uint256 indexed modelId, address indexed owner, uint32 baseVersion, Opening opening
    );
    event NodeEnrolled(
        uint256 indexed roundId,
        address indexed node,
        uint256 indexed datasetId,
        uint32 version,
        uint256 licenseId,
        uint16 index,
        bytes roundKeys
    );
    event RoundStarted(uint256 indexed roundId, address indexed by, uint16 enrolled);
    event DealersFixed(uint256 indexed roundId, address indexed aggregator, uint128 dealers, bytes32 dealt);
    event UpdateCommitted(uint256 indexed roundId, address indexed node, bytes32 commitment);
    event CommitsClosed(uint256 indexed roundId, address indexed aggregator, address[] summed);
    event RoundFinalized(uint256 indexed roundId, address indexed aggregator, bytes32 result, uint32 version);
    event RoundAborted(uint256 indexed roundId, address indexed by, bytes32 reason);

    event StatisticsReleased(uint256 indexed datasetId, address indexed by, bool released);

    error ModelRegistry_NotOwner(uint256 modelId, address got);
    error ModelRegistry_NotAggregator(uint256 roundId, address got);
    error ModelRegistry_EmptyField(string field);
    error ModelRegistry_BadRound(string field);
    error ModelRegistry_RosterFull(uint256 roundId, uint16 allowed);
    error ModelRegistry_WrongState(uint256 roundId, RoundState got);
    error ModelRegistry_WrongPlan(uint256 roundId, bytes32 got, bytes32 required);
    error ModelRegistry_NotEntitled(uint256 datasetId, address node);
    error ModelRegistry_NotLicensed(uint256 licenseId, uint256 datasetId);
    error ModelRegistry_Withdrawn(uint256 datasetId, uint32 version);
    error ModelRegistry_AlreadyEnrolled(uint256 roundId, address node);
    error ModelRegistry_AlreadyCommitted(uint256 roundId, address node);
    error ModelRegistry_NotEnrolled(uint256 roundId, address node);
    error ModelRegistry_TooFewNodes(uint256 roundId, uint16 got, uint16 required);
    error ModelRegistry_TooEarly(uint256 roundId, uint40 until);
    error ModelRegistry_TooLate(uint256 roundId, uint40 since);
    error ModelRegistry_UnknownVersion(uint256 modelId, uint32 version);
    error ModelRegistry_RoundOpen(uint256 modelId, uint256 roundId);
    error ModelRegistry_PlanUsed(uint256 modelId, bytes32 plan);
    error ModelRegistry_BaseSummed(uint256 modelId, uint32 version);
    error ModelRegistry_NotInvited(uint256 roundId, address node);
    error ModelRegistry_DatasetEnrolled(uint256 roundId, uint256 datasetId);
    error ModelRegistry_UnusableRoundKey(bytes32 key);
    error ModelRegistry_OtherSites(uint256 roundId, uint256 datasetId);
    error ModelRegistry_DealersFixed(uint256 roundId, bytes32 dealt);
    error ModelRegistry_WrongDealers(uint256 roundId, bytes32 got, bytes32 required);
    error ModelRegistry_NotDealt(uint256 roundId, address node);
    error ModelRegistry_BadNodes(uint256 roundId, uint128 got, uint128 allowed);

    /// @param architecture SHA-256 of the canonical architecture document
    /// @param card CID digest of the model card (with the security card)
    function register(bytes32 architecture, bytes32 card, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint256 modelId);

    function publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights) external returns (uint32 version);

    /// @notice Records that a codec (part of the EE key) was sealed to `account`; the envelope is on IPFS.
    function grantCodec(uint256 modelId, address account, CodecKind kind, bytes32 envelope) external;

    /// @notice Opens a round on the model's latest version. One open round per model, each plan once, and no second sum
    /// of updates over the same weights: the difference of two could be a single node's update. Weights whose sum was
    /// unmasked in a round that then aborted are burnt likewise: publish another version first. While it is open the model
    /// is not passed on.
    function openRound(uint256 modelId, Opening calldata opening) external returns (uint256 roundId);

    /// @notice A node accepts exactly the plan, and enrols with a dataset of which the caller is the owner or an accepted
    /// operator; under an active Train licence of the model's owner, or of its own will. One seat an
    /// account and one a dataset, whatever its version.
    function enrol(uint256 roundId, Application calldata application) external;

    /// @notice Fixes the roster: the aggregator at any time with enough nodes, anyone after `enrolBy`.
    function startRound(uint256 roundId) external;

    /// @notice Fixes, once and before anybody masks, who dealt shares and what: every node masks against these and no
    /// others. By the aggregator alone, as nobody else has the shares; without it the round ends at `commitBy`.
    /// @param dealers the places in the roster, bit by bit (the first node: bit 0)
    /// @param dealt see docs/protocol.md, "Digest of what was dealt"
    function fixDealers(uint256 roundId, uint128 dealers, bytes32 dealt) external;

    /// @notice A dealer whose dataset is not withdrawn commits to its masked vector. Of the licence that it enrolled under,
    /// which has to be active still, this counts one use.
    /// @param dealt what the vector is masked against; refused unless it is what `fixDealers` fixed
    function commitUpdate(uint256 roundId, bytes32 dealt, bytes32 commitment) external;

    /// @notice Fixes who is summed, by the aggregator: all dealers as soon as they committed, or after `commitBy` those
    /// of the committed whose vectors it has. Nobody whose dataset was withdrawn, and no fewer than the minimum and than
    /// a majority that `colluders` cannot make up: (enrolled + colluders) / 2 + 1. A dataset whose statistics were summed,
    /// in any round of any model, is summed again with the same datasets in the same versions alone, as the difference
    /// could be a single site's; or else with none that is not released.
    /// @param dealt of the round that is meant, as with `commitUpdate`: after the chain took blocks back its number can be
    /// another's
    function closeCommits(uint256 roundId, bytes32 dealt, uint128 summed) external;

    /// @notice For a Training round `weightsRoot` and `weights` become the next version; for Statistics both are zero.
    /// Refused once a dataset that is summed was withdrawn: the round can only abort then.
    /// @param dealt as with `closeCommits`
    function finalize(uint256 roundId, bytes32 dealt, bytes32 result, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint32 version);

    /// @notice The model owner at any time; anyone once the round is stuck: too few nodes after `enrolBy` or `commitBy`, a
    /// round that could go on but was left alone until the next deadline, and any round after `finalizeBy`.
    function abort(uint256 roundId, bytes32 reason) external;

    /// @notice By the dataset's owner or an accepted operator: in the next round its statistics may be summed with other
    /// datasets than before, or in another version. Who sees both sums can take one from the other, so a site that is in
    /// one of them alone, or what changed in a version, may be read.
    function releaseStatistics(uint256 datasetId, bool released) external;

    /// @notice In which statistics a dataset was summed, and whether it may be with others.
    function disclosureOf(uint256 datasetId) external view returns (Disclosure memory);

    /// @notice Whether updates on the weights of `version` were summed, so that no further Training round can be opened on
    /// it.
    function isSummed(uint256 modelId, uint32 version) external view returns (bool);

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
