// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {Cid} from "./libraries/Cid.sol";

/// @title Model registry
contract ModelRegistry is ERC721, IModelRegistry {
    struct Model {
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
        uint16 committed;
        RoundKind kind;
        RoundState state;
        // slot 1
        uint64 modelId;
        uint40 enrolBy;
        uint40 commitBy;
        uint40 finalizeBy;
        // slots 2 and 3
        bytes32 plan;
        bytes32 result;
    }

    struct Seat {
        // slot 0
        uint64 datasetId; // zero: not enrolled
        // slot 1
        bytes32 commitment;
    }

    /// @notice Secure aggregation over a complete graph is for so many nodes at most (docs/protocol.md).
    uint16 public constant MAX_NODES = 100;
    uint16 public constant MIN_NODES = 2;
    uint256 public constant ROUND_KEYS_LENGTH = 64;

    IDatasetNFT public immutable DATASETS;
    IAccessLicense public immutable LICENSES;

    /// @inheritdoc IModelRegistry
    uint256 public modelCount;
    /// @inheritdoc IModelRegistry
    uint256 public roundCount;

    mapping(uint256 modelId => Model) private _models;
    mapping(uint256 modelId => mapping(uint32 version => ModelVersion)) private _versions;
    mapping(uint256 modelId => mapping(address account => mapping(CodecKind kind => bytes32))) private _codecs;
    mapping(uint256 roundId => StoredRound) private _rounds;
    mapping(uint256 roundId => address[]) private _roster;
    mapping(uint256 roundId => mapping(address node => Seat)) private _seats;

    constructor(IDatasetNFT datasets, IAccessLicense licenses) ERC721("BioDeSci Model", "BDSM") {
        DATASETS = datasets;
        LICENSES = licenses;
    }

    // ---------------------------------------------------------------- models

    /// @inheritdoc IModelRegistry
    function register(bytes32 architecture, bytes32 card, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint256 modelId)
    {
        if (architecture == 0) revert ModelRegistry_EmptyField("architecture");
        if (card == 0) revert ModelRegistry_EmptyField("card");
        _checkWeights(weightsRoot, weights);
        modelId = ++modelCount;
        _models[modelId].architecture = architecture;
        _models[modelId].card = card;
        _versions[modelId][1] = ModelVersion(weightsRoot, weights, 0, uint40(block.timestamp));
        _mint(msg.sender, modelId);
        emit ModelRegistered(modelId, msg.sender, architecture, card, weightsRoot, weights);
    }

    /// @inheritdoc IModelRegistry
    function publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights) external returns (uint32 version) {
        _checkOwner(modelId);
        uint64 open = _models[modelId].openRound;
        if (open != 0) revert ModelRegistry_RoundOpen(modelId, open);
        return _publishVersion(modelId, weightsRoot, weights, 0);
    }

    /// @inheritdoc IModelRegistry
    function grantCodec(uint256 modelId, address account, CodecKind kind, bytes32 envelope) external {
        _checkOwner(modelId);
        if (account == address(0)) revert ModelRegistry_EmptyField("account");
        if (envelope == 0) revert ModelRegistry_EmptyField("envelope");
        _codecs[modelId][account][kind] = envelope;
        emit CodecGranted(modelId, account, kind, envelope);
    }

    // ---------------------------------------------------------------- rounds

    /// @inheritdoc IModelRegistry
    function openRound(
        uint256 modelId,
        RoundKind kind,
        bytes32 plan,
        address aggregator,
        uint16 minNodes,
        uint40 enrolBy,
        uint40 commitBy,
        uint40 finalizeBy
    ) external returns (uint256 roundId) {
        _checkOwner(modelId);
        if (plan == 0) revert ModelRegistry_BadRound("plan");
        if (aggregator == address(0)) revert ModelRegistry_BadRound("aggregator");
        if (minNodes < MIN_NODES || minNodes > MAX_NODES) revert ModelRegistry_BadRound("minNodes");
        if (enrolBy <= block.timestamp) revert ModelRegistry_BadRound("enrolBy");
        if (commitBy <= enrolBy) revert ModelRegistry_BadRound("commitBy");
        if (finalizeBy <= commitBy) revert ModelRegistry_BadRound("finalizeBy");
        Model storage model = _models[modelId];
        if (model.openRound != 0) revert ModelRegistry_RoundOpen(modelId, model.openRound);

        roundId = ++roundCount;
        model.openRound = uint64(roundId);
        StoredRound storage round = _rounds[roundId];
        round.aggregator = aggregator;
        round.baseVersion = model.laterVersions + 1;
        round.minNodes = minNodes;
        round.kind = kind;
        round.state = RoundState.Enrolling;
        round.modelId = uint64(modelId);
        round.enrolBy = enrolBy;
        round.commitBy = commitBy;
        round.finalizeBy = finalizeBy;
        round.plan = plan;
        emit RoundOpened(roundId, modelId, kind, plan, round.baseVersion, aggregator);
    }

    /// @inheritdoc IModelRegistry
    function enrol(uint256 roundId, uint256 datasetId, bytes32 plan, bytes calldata roundKeys) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Enrolling);
        if (block.timestamp > round.enrolBy) revert ModelRegistry_TooLate(roundId, round.enrolBy);
        if (plan != round.plan) revert ModelRegistry_WrongPlan(roundId, plan, round.plan);
        if (roundKeys.length != ROUND_KEYS_LENGTH) revert ModelRegistry_BadRound("roundKeys");
        uint16 index = round.enrolled;
        if (index == MAX_NODES) revert ModelRegistry_RosterFull(roundId, MAX_NODES);
        Seat storage seat = _seats[roundId][msg.sender];
        if (seat.datasetId != 0) revert ModelRegistry_AlreadyEnrolled(roundId, msg.sender);
        _checkEntitled(datasetId);

        seat.datasetId = uint64(datasetId);
        round.enrolled = index + 1;
        _roster[roundId].push(msg.sender);
        emit NodeEnrolled(roundId, msg.sender, datasetId, index, roundKeys);
    }

    /// @inheritdoc IModelRegistry
    function startRound(uint256 roundId) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Enrolling);
        if (block.timestamp <= round.enrolBy) _checkAggregator(roundId, round);
        if (round.enrolled < round.minNodes) {
            revert ModelRegistry_TooFewNodes(roundId, round.enrolled, round.minNodes);
        }
        round.state = RoundState.Running;
        emit RoundStarted(roundId, round.enrolled);
    }

    /// @inheritdoc IModelRegistry
    function commitUpdate(uint256 roundId, bytes32 commitment) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Running);
        if (block.timestamp > round.commitBy) revert ModelRegistry_TooLate(roundId, round.commitBy);
        if (commitment == 0) revert ModelRegistry_EmptyField("commitment");
        Seat storage seat = _seats[roundId][msg.sender];
        if (seat.datasetId == 0) revert ModelRegistry_NotEnrolled(roundId, msg.sender);
        if (seat.commitment != 0) revert ModelRegistry_AlreadyCommitted(roundId, msg.sender);
        seat.commitment = commitment;
        round.committed += 1;
        emit UpdateCommitted(roundId, msg.sender, commitment);
    }

    /// @inheritdoc IModelRegistry
    function closeCommits(uint256 roundId) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Running);
        uint16 committed = round.committed;
        if (block.timestamp <= round.commitBy) {
            _checkAggregator(roundId, round);
            if (committed != round.enrolled) revert ModelRegistry_TooEarly(roundId, round.commitBy);
        }
        if (committed < round.minNodes) revert ModelRegistry_TooFewNodes(roundId, committed, round.minNodes);
        round.state = RoundState.Unmasking;
        emit CommitsClosed(roundId, committed);
    }

    /// @inheritdoc IModelRegistry
    function finalize(uint256 roundId, bytes32 result, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint32 version)
    {
        StoredRound storage round = _rounds[roundId];
        _checkAggregator(roundId, round);
        _checkState(roundId, round, RoundState.Unmasking);
        if (block.timestamp > round.finalizeBy) revert ModelRegistry_TooLate(roundId, round.finalizeBy);
        if (result == 0) revert ModelRegistry_EmptyField("result");
        uint256 modelId = round.modelId;
        round.state = RoundState.Finalized;
        round.result = result;
        _models[modelId].openRound = 0;
        if (round.kind == RoundKind.Training) {
            version = _publishVersion(modelId, weightsRoot, weights, roundId);
        } else {
            if (weightsRoot != 0) revert ModelRegistry_BadRound("weightsRoot");
            if (weights != 0) revert ModelRegistry_BadRound("weights");
        }
        emit RoundFinalized(roundId, result, version);
    }

    /// @inheritdoc IModelRegistry
    function abort(uint256 roundId, bytes32 reason) external {
        StoredRound storage round = _rounds[roundId];
        RoundState state = round.state;
        if (state != RoundState.Enrolling && state != RoundState.Running && state != RoundState.Unmasking) {
            revert ModelRegistry_WrongState(roundId, state);
        }
        if (msg.sender != _ownerOf(round.modelId)) {
            uint40 stuckAfter = _stuckAfter(round);
            if (block.timestamp <= stuckAfter) revert ModelRegistry_TooEarly(roundId, stuckAfter);
        }
        round.state = RoundState.Aborted;
        _models[round.modelId].openRound = 0;
        emit RoundAborted(roundId, reason);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IModelRegistry
    function latestVersion(uint256 modelId) external view returns (uint32) {
        _requireOwned(modelId);
        return _models[modelId].laterVersions + 1;
    }

    /// @inheritdoc IModelRegistry
    function versionOf(uint256 modelId, uint32 version) external view returns (ModelVersion memory stored) {
        stored = _versions[modelId][version];
        if (stored.publishedAt == 0) revert ModelRegistry_UnknownVersion(modelId, version);
    }

    /// @inheritdoc IModelRegistry
    function architectureOf(uint256 modelId) external view returns (bytes32) {
        _requireOwned(modelId);
        return _models[modelId].architecture;
    }

    /// @inheritdoc IModelRegistry
    function cardOf(uint256 modelId) external view returns (bytes32) {
        _requireOwned(modelId);
        return _models[modelId].card;
    }

    /// @inheritdoc IModelRegistry
    function codecOf(uint256 modelId, address account, CodecKind kind) external view returns (bytes32 envelope) {
        return _codecs[modelId][account][kind];
    }

    /// @inheritdoc IModelRegistry
    function roundOf(uint256 roundId) external view returns (Round memory) {
        StoredRound storage s = _rounds[roundId];
        return Round({
            modelId: s.modelId,
            plan: s.plan,
            result: s.result,
            aggregator: s.aggregator,
            baseVersion: s.baseVersion,
            minNodes: s.minNodes,
            enrolled: s.enrolled,
            committed: s.committed,
            kind: s.kind,
            state: s.state,
            enrolBy: s.enrolBy,
            commitBy: s.commitBy,
            finalizeBy: s.finalizeBy
        });
    }

    /// @inheritdoc IModelRegistry
    function rosterOf(uint256 roundId) external view returns (Enrolment[] memory roster) {
        address[] storage nodes = _roster[roundId];
        roster = new Enrolment[](nodes.length);
        for (uint256 i = 0; i < roster.length; ++i) {
            Seat storage seat = _seats[roundId][nodes[i]];
            roster[i] = Enrolment(nodes[i], seat.datasetId, seat.commitment);
        }
    }

    /// @inheritdoc IModelRegistry
    function openRoundOf(uint256 modelId) external view returns (uint256 roundId) {
        return _models[modelId].openRound;
    }

    /// @notice The model's card, on IPFS.
    function tokenURI(uint256 modelId) public view override returns (string memory) {
        _requireOwned(modelId);
        return Cid.uri(_models[modelId].card);
    }

    // --------------------------------------------------------------- private

    function _publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights, uint256 roundId)
        private
        returns (uint32 version)
    {
        _checkWeights(weightsRoot, weights);
        Model storage model = _models[modelId];
        model.laterVersions += 1;
        version = model.laterVersions + 1;
        _versions[modelId][version] = ModelVersion(weightsRoot, weights, roundId, uint40(block.timestamp));
        emit ModelVersionPublished(modelId, version, weightsRoot, weights, roundId);
    }

    /// @dev When anyone may abort. A round that can go on from its state is left until the next deadline, so that an
    /// abort cannot be raced against the step that continues it.
    function _stuckAfter(StoredRound storage round) private view returns (uint40) {
        if (round.state == RoundState.Enrolling) {
            return round.enrolled < round.minNodes ? round.enrolBy : round.commitBy;
        }
        if (round.state == RoundState.Running && round.committed < round.minNodes) return round.commitBy;
        return round.finalizeBy;
    }

    function _checkWeights(bytes32 weightsRoot, bytes32 weights) private pure {
        if (weightsRoot == 0) revert ModelRegistry_EmptyField("weightsRoot");
        if (weights == 0) revert ModelRegistry_EmptyField("weights");
    }

    function _checkOwner(uint256 modelId) private view {
        if (_requireOwned(modelId) != msg.sender) revert ModelRegistry_NotOwner(modelId, msg.sender);
    }

    /// @dev The owner trains on its latest version; a licensee on the version it bought, whose withdrawal ends the licence.
    function _checkEntitled(uint256 datasetId) private view {
        if (IERC721(address(DATASETS)).ownerOf(datasetId) == msg.sender) {
            // slither-disable-next-line unused-return // its own terms do not bind an owner
            (uint32 version,, bool withdrawn) = DATASETS.saleOf(datasetId);
            if (withdrawn) revert ModelRegistry_Withdrawn(datasetId, version);
        } else if (!LICENSES.hasAccess(datasetId, msg.sender, IAccessLicense.Right.Train)) {
            revert ModelRegistry_NotEntitled(datasetId, msg.sender);
        }
    }

    function _checkAggregator(uint256 roundId, StoredRound storage round) private view {
        if (msg.sender != round.aggregator) revert ModelRegistry_NotAggregator(roundId, msg.sender);
    }

    function _checkState(uint256 roundId, StoredRound storage round, RoundState required) private view {
        if (round.state != required) revert ModelRegistry_WrongState(roundId, round.state);
    }
}
