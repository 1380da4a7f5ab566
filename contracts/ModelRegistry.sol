// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {Cid} from "./libraries/Cid.sol";
import {Invitations} from "./libraries/Invitations.sol";
import {RoundKeys} from "./libraries/RoundKeys.sol";
import {
    Application,
    CodecKind,
    Enrolment,
    ModelVersion,
    Opening,
    Round,
    RoundKind,
    RoundState
} from "./types/Rounds.sol";

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
    mapping(uint256 roundId => mapping(uint256 index => Seat)) private _seats;
    mapping(uint256 roundId => mapping(bytes32 key => bool)) private _roundKeys;
    // By model, as a model has one open round: what is written anew costs less than what is written first.
    mapping(uint256 modelId => mapping(address node => Place)) private _places;
    mapping(uint256 modelId => mapping(uint256 datasetId => uint256 roundId)) private _latestRoundOf;
    mapping(uint256 modelId => mapping(bytes32 plan => bool)) private _plans;
    mapping(uint256 modelId => mapping(bytes32 weightsRoot => mapping(RoundKind kind => bool))) private _summed;

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
        emit CodecGranted(modelId, account, kind, envelope, msg.sender);
    }

    // ---------------------------------------------------------------- rounds

    /// @inheritdoc IModelRegistry
    function openRound(uint256 modelId, Opening calldata o) external returns (uint256 roundId) {
        _checkOwner(modelId);
        _checkOpening(o);
        Model storage model = _models[modelId];
        if (model.openRound != 0) revert ModelRegistry_RoundOpen(modelId, model.openRound);
        uint32 baseVersion = model.laterVersions + 1;
        if (isSummed(modelId, baseVersion, o.kind)) revert ModelRegistry_BaseSummed(modelId, baseVersion, o.kind);
        if (_plans[modelId][o.plan]) revert ModelRegistry_PlanUsed(modelId, o.plan);

        roundId = ++roundCount;
        model.openRound = uint64(roundId);
        _plans[modelId][o.plan] = true;
        StoredRound storage round = _rounds[roundId];
        round.aggregator = o.aggregator;
        round.baseVersion = baseVersion;
        round.minNodes = o.minNodes;
        round.colluders = o.colluders;
        round.kind = o.kind;
        round.state = RoundState.Enrolling;
        round.modelId = uint64(modelId);
        round.enrolBy = o.enrolBy;
        round.commitBy = o.commitBy;
        round.finalizeBy = o.finalizeBy;
        round.plan = o.plan;
        round.invited = o.invited;
        emit RoundOpened(roundId, modelId, msg.sender, o.kind, o.plan, o.invited, baseVersion, o.aggregator);
    }

    /// @inheritdoc IModelRegistry
    function enrol(uint256 roundId, Application calldata a) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Enrolling);
        if (block.timestamp > round.enrolBy) revert ModelRegistry_TooLate(roundId, round.enrolBy);
        if (a.plan != round.plan) revert ModelRegistry_WrongPlan(roundId, a.plan, round.plan);
        bytes32 invited = round.invited;
        if (invited != 0 && !Invitations.isInvited(invited, msg.sender, a.invitation)) {
            revert ModelRegistry_NotInvited(roundId, msg.sender);
        }
        uint16 index = round.enrolled;
        if (index == MAX_NODES) revert ModelRegistry_RosterFull(roundId, MAX_NODES);
        uint256 modelId = round.modelId;
        if (_places[modelId][msg.sender].roundId == roundId) revert ModelRegistry_AlreadyEnrolled(roundId, msg.sender);
        if (_latestRoundOf[modelId][a.datasetId] == roundId) {
            revert ModelRegistry_DatasetEnrolled(roundId, a.datasetId);
        }

        _takeKeys(roundId, a.roundKeys);
        round.enrolled = index + 1;
        _places[modelId][msg.sender] = Place(uint64(roundId), index);
        _latestRoundOf[modelId][a.datasetId] = roundId;
        uint32 version = _entitle(modelId, a.datasetId, a.licenseId);
        Seat storage seat = _seats[roundId][index];
        seat.node = msg.sender;
        seat.datasetId = uint64(a.datasetId);
        seat.version = version;
        if (a.licenseId != 0) seat.licenseId = a.licenseId;
        emit NodeEnrolled(roundId, msg.sender, a.datasetId, version, a.licenseId, index, a.roundKeys);
    }

    /// @inheritdoc IModelRegistry
    function startRound(uint256 roundId) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Enrolling);
        if (block.timestamp <= round.enrolBy) _checkAggregator(roundId, round);
        _checkEnough(roundId, round, round.enrolled);
        round.state = RoundState.Running;
        emit RoundStarted(roundId, msg.sender, round.enrolled);
    }

    /// @inheritdoc IModelRegistry
    function fixDealers(uint256 roundId, uint128 dealers, bytes32 dealt) external {
        StoredRound storage round = _rounds[roundId];
        _checkAggregator(roundId, round);
        _checkState(roundId, round, RoundState.Running);
        if (block.timestamp > round.commitBy) revert ModelRegistry_TooLate(roundId, round.commitBy);
        if (round.digest != 0) revert ModelRegistry_DealersFixed(roundId, round.digest);
        if (dealt == 0) revert ModelRegistry_EmptyField("dealt");
        _checkAmong(roundId, dealers, uint128((1 << round.enrolled) - 1));
        _checkEnough(roundId, round, _count(dealers));
        round.digest = dealt;
        round.dealers = dealers;
        emit DealersFixed(roundId, msg.sender, dealers, dealt);
    }

    /// @inheritdoc IModelRegistry
    // slither-disable-next-line reentrancy-events // AccessLicense calls nobody back
    function commitUpdate(uint256 roundId, bytes32 dealt, bytes32 commitment) external {
        StoredRound storage round = _rounds[roundId];
        _checkState(roundId, round, RoundState.Running);
        if (block.timestamp > round.commitBy) revert ModelRegistry_TooLate(roundId, round.commitBy);
        if (commitment == 0) revert ModelRegistry_EmptyField("commitment");
        Place memory place = _places[round.modelId][msg.sender];
        if (place.roundId != roundId) revert ModelRegistry_NotEnrolled(roundId, msg.sender);
        // Both are zero until the dealers are fixed, when nobody is one.
        if (dealt != round.digest) revert ModelRegistry_WrongDealers(roundId, dealt, round.digest);
        uint128 bit = uint128(1 << place.index);
        if (round.dealers & bit == 0) revert ModelRegistry_NotDealt(roundId, msg.sender);
        if (round.committed & bit != 0) revert ModelRegistry_AlreadyCommitted(roundId, msg.sender);
        Seat storage seat = _seats[roundId][place.index];
        _checkConsent(seat);
        // What let it enrol may have ended: the dataset sold, the operator's role revoked.
        _checkOperator(seat.datasetId);
        round.committed |= bit;
        seat.commitment = commitment;
        _consume(seat, round.modelId);
        emit UpdateCommitted(roundId, msg.sender, commitment);
    }

    /// @inheritdoc IModelRegistry
    function closeCommits(uint256 roundId, uint128 summed) external {
        StoredRound storage round = _rounds[roundId];
        _checkAggregator(roundId, round);
        _checkState(roundId, round, RoundState.Running);
        if (block.timestamp > round.finalizeBy) revert ModelRegistry_TooLate(roundId, round.finalizeBy);
        _checkAmong(roundId, summed, round.committed);
        if (block.timestamp <= round.commitBy && summed != round.dealers) {
            revert ModelRegistry_TooEarly(roundId, round.commitBy);
        }
        uint16 count = _count(summed);
        _checkEnough(roundId, round, count);
        address[] memory nodes = new address[](count);
        uint256 next = 0;
        for (uint256 i = 0; next < count; ++i) {
            if (summed & (1 << i) == 0) continue;
            Seat storage seat = _seats[roundId][i];
            _checkConsent(seat);
            nodes[next++] = seat.node;
        }
        round.state = RoundState.Unmasking;
        round.committed = summed;
        _summed[round.modelId][_versions[round.modelId][round.baseVersion].weightsRoot][round.kind] = true;
        emit CommitsClosed(roundId, msg.sender, nodes);
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
        uint256 left = round.committed;
        for (uint256 i = 0; left != 0; ++i) {
            if (left & 1 == 1) _checkConsent(_seats[roundId][i]);
            left >>= 1;
        }
        uint256 modelId = round.modelId;
        round.state = RoundState.Finalized;
        round.digest = result;
        _models[modelId].openRound = 0;
        if (round.kind == RoundKind.Training) {
            version = _publishVersion(modelId, weightsRoot, weights, roundId);
        } else {
            if (weightsRoot != 0) revert ModelRegistry_BadRound("weightsRoot");
            if (weights != 0) revert ModelRegistry_BadRound("weights");
        }
        emit RoundFinalized(roundId, msg.sender, result, version);
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
        emit RoundAborted(roundId, msg.sender, reason);
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
        bool hasResult = s.state == RoundState.Finalized;
        return Round({
            modelId: s.modelId,
            plan: s.plan,
            invited: s.invited,
            dealt: hasResult ? bytes32(0) : s.digest,
            result: hasResult ? s.digest : bytes32(0),
            aggregator: s.aggregator,
            baseVersion: s.baseVersion,
            minNodes: s.minNodes,
            colluders: s.colluders,
            enrolled: s.enrolled,
            committed: _count(s.committed),
            kind: s.kind,
            state: s.state,
            enrolBy: s.enrolBy,
            commitBy: s.commitBy,
            finalizeBy: s.finalizeBy
        });
    }

    /// @inheritdoc IModelRegistry
    function rosterOf(uint256 roundId) external view returns (Enrolment[] memory roster) {
        StoredRound storage round = _rounds[roundId];
        bool isClosed = round.state == RoundState.Unmasking || round.state == RoundState.Finalized;
        roster = new Enrolment[](round.enrolled);
        for (uint256 i = 0; i < roster.length; ++i) {
            Seat storage seat = _seats[roundId][i];
            roster[i] = Enrolment({
                node: seat.node,
                datasetId: seat.datasetId,
                version: seat.version,
                dealt: round.dealers & (1 << i) != 0,
                summed: isClosed && round.committed & (1 << i) != 0,
                commitment: seat.commitment
            });
        }
    }

    /// @inheritdoc IModelRegistry
    function isSummed(uint256 modelId, uint32 version, RoundKind kind) public view returns (bool) {
        return _summed[modelId][_versions[modelId][version].weightsRoot][kind];
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

    /// @dev A round is its opener's: given away with the model, it would be held in the name of somebody who never asked,
    /// and use that one's licences.
    function _update(address to, uint256 modelId, address auth) internal override returns (address) {
        uint64 open = _models[modelId].openRound;
        if (open != 0) revert ModelRegistry_RoundOpen(modelId, open);
        return super._update(to, modelId, auth);
    }

    function _publishVersion(uint256 modelId, bytes32 weightsRoot, bytes32 weights, uint256 roundId)
        private
        returns (uint32 version)
    {
        _checkWeights(weightsRoot, weights);
        Model storage model = _models[modelId];
        model.laterVersions += 1;
        version = model.laterVersions + 1;
        _versions[modelId][version] = ModelVersion(weightsRoot, weights, uint64(roundId), uint40(block.timestamp));
        emit ModelVersionPublished(modelId, version, weightsRoot, weights, roundId, msg.sender);
    }

    /// @dev When anyone may abort. A round that can go on from its state is left until the next deadline, so that an
    /// abort cannot be raced against the step that continues it.
    function _stuckAfter(StoredRound storage round) private view returns (uint40) {
        if (round.state == RoundState.Enrolling) {
            return round.enrolled < _needed(round) ? round.enrolBy : round.commitBy;
        }
        if (round.state == RoundState.Running && _count(round.committed) < _needed(round)) return round.commitBy;
        return round.finalizeBy;
    }

    function _checkWeights(bytes32 weightsRoot, bytes32 weights) private pure {
        if (weightsRoot == 0) revert ModelRegistry_EmptyField("weightsRoot");
        if (weights == 0) revert ModelRegistry_EmptyField("weights");
    }

    function _checkOwner(uint256 modelId) private view {
        if (_requireOwned(modelId) != msg.sender) revert ModelRegistry_NotOwner(modelId, msg.sender);
    }

    function _checkOpening(Opening calldata o) private view {
        if (o.plan == 0) revert ModelRegistry_BadRound("plan");
        if (o.aggregator == address(0)) revert ModelRegistry_BadRound("aggregator");
        if (o.minNodes < MIN_NODES || o.minNodes > MAX_NODES) revert ModelRegistry_BadRound("minNodes");
        if (o.colluders == 0 || o.colluders >= MAX_NODES) revert ModelRegistry_BadRound("colluders");
        if (o.enrolBy <= block.timestamp) revert ModelRegistry_BadRound("enrolBy");
        if (o.commitBy <= o.enrolBy) revert ModelRegistry_BadRound("commitBy");
        if (o.finalizeBy <= o.commitBy) revert ModelRegistry_BadRound("finalizeBy");
    }

    /// @dev Others' keys would make every node refuse the roster; unusable ones agree on a secret that everybody knows.
    function _takeKeys(uint256 roundId, bytes calldata keys) private {
        if (keys.length != ROUND_KEYS_LENGTH) revert ModelRegistry_BadRound("roundKeys");
        for (uint256 start = 0; start < ROUND_KEYS_LENGTH; start += 32) {
            bytes32 key = bytes32(keys[start:start + 32]);
            if (!RoundKeys.isUsable(key)) revert ModelRegistry_UnusableRoundKey(key);
            if (_roundKeys[roundId][key]) revert ModelRegistry_RoundKeyTaken(roundId, key);
            _roundKeys[roundId][key] = true;
        }
    }

    /// @dev Which version the caller trains on: the licensed one, or else the latest.
    function _entitle(uint256 modelId, uint256 datasetId, uint256 licenseId) private view returns (uint32) {
        _checkOperator(datasetId);
        if (licenseId != 0) {
            IAccessLicense.License memory license = LICENSES.licenseOf(licenseId);
            bool fits = license.licensee == _ownerOf(modelId) && license.datasetId == datasetId
                && license.right == IAccessLicense.Right.Train;
            // Which an active one of a version that was withdrawn is not.
            if (!fits || !LICENSES.isActive(licenseId)) revert ModelRegistry_NotLicensed(licenseId, datasetId);
            return license.version;
        }
        // slither-disable-next-line unused-return // its own terms do not bind an owner
        (uint32 latest,, bool withdrawn) = DATASETS.saleOf(datasetId);
        if (withdrawn) revert ModelRegistry_Withdrawn(datasetId, latest);
        return latest;
    }

    /// @dev A use is what was committed: a site that enrols and then does nothing costs the licensee none.
    function _consume(Seat storage seat, uint256 modelId) private {
        uint256 licenseId = seat.licenseId;
        if (licenseId == 0) return;
        // slither-disable-next-line unused-return // the version is in the seat
        LICENSES.consumeFor(licenseId, seat.datasetId, _ownerOf(modelId), IAccessLicense.Right.Train);
    }

    function _checkOperator(uint256 datasetId) private view {
        if (!DATASETS.hasRole(datasetId, IDatasetNFT.Role.Operator, msg.sender)) {
            revert ModelRegistry_NotEntitled(datasetId, msg.sender);
        }
    }

    function _checkConsent(Seat storage seat) private view {
        (uint64 datasetId, uint32 version) = (seat.datasetId, seat.version);
        // slither-disable-next-line calls-loop // over a roster of 100 at most, of a contract that cannot fail
        if (DATASETS.isWithdrawn(datasetId, version)) revert ModelRegistry_Withdrawn(datasetId, version);
    }

    function _checkAmong(uint256 roundId, uint128 nodes, uint128 allowed) private pure {
        if (nodes & ~allowed != 0) revert ModelRegistry_BadNodes(roundId, nodes, allowed);
    }

    function _checkEnough(uint256 roundId, StoredRound storage round, uint16 got) private view {
        uint16 needed = _needed(round);
        if (got < needed) revert ModelRegistry_TooFewNodes(roundId, got, needed);
    }

    /// @dev With c colluders two sets of so many nodes have an honest one in common, which answers once: docs/protocol.md.
    function _needed(StoredRound storage round) private view returns (uint16) {
        uint16 majority = (round.enrolled + round.colluders) / 2 + 1;
        return majority > round.minNodes ? majority : round.minNodes;
    }

    function _count(uint128 nodes) private pure returns (uint16 count) {
        for (; nodes != 0; nodes &= nodes - 1) {
            ++count;
        }
    }

    function _checkAggregator(uint256 roundId, StoredRound storage round) private view {
        if (msg.sender != round.aggregator) revert ModelRegistry_NotAggregator(roundId, msg.sender);
    }

    function _checkState(uint256 roundId, StoredRound storage round, RoundState required) private view {
        if (round.state != required) revert ModelRegistry_WrongState(roundId, round.state);
    }
}
