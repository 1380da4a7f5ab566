// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {Invitations} from "./libraries/Invitations.sol";
import {Disclosures} from "./training/Disclosures.sol";
import {RegistryState} from "./training/RegistryState.sol";
import {Application, Opening, Place, RoundKind, RoundState, Seat, StoredModel, StoredRound} from "./types/Rounds.sol";

/// @title Model registry
/// @dev Here a round goes from step to step; `training/` has the models, and what the steps rest on.
contract ModelRegistry is Disclosures {
    constructor(IDatasetNFT datasets, IAccessLicense licenses)
        ERC721("BioDeSci Model", "BDSM")
        RegistryState(datasets, licenses)
    {}

    /// @inheritdoc IModelRegistry
    function openRound(uint256 modelId, Opening calldata o) external returns (uint256 roundId) {
        _checkOwner(modelId);
        _checkOpening(o);
        StoredModel storage model = _models[modelId];
        if (model.openRound != 0) revert ModelRegistry_RoundOpen(modelId, model.openRound);
        uint32 baseVersion = model.laterVersions + 1;
        if (o.kind == RoundKind.Training && isSummed(modelId, baseVersion)) {
            revert ModelRegistry_BaseSummed(modelId, baseVersion);
        }
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
        emit RoundOpened(roundId, modelId, msg.sender, baseVersion, o);
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

        _checkKeys(a.roundKeys);
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
        _checkDealt(roundId, round, dealt);
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
    function closeCommits(uint256 roundId, bytes32 dealt, uint128 summed) external {
        StoredRound storage round = _rounds[roundId];
        _checkAggregator(roundId, round);
        _checkState(roundId, round, RoundState.Running);
        _checkDealt(roundId, round, dealt);
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
        if (round.kind == RoundKind.Statistics) _disclose(roundId, summed, count);
        else _summed[round.modelId][_versions[round.modelId][round.baseVersion].weightsRoot] = true;
        emit CommitsClosed(roundId, msg.sender, nodes);
    }

    /// @inheritdoc IModelRegistry
    function finalize(uint256 roundId, bytes32 dealt, bytes32 result, bytes32 weightsRoot, bytes32 weights)
        external
        returns (uint32 version)
    {
        StoredRound storage round = _rounds[roundId];
        _checkAggregator(roundId, round);
        _checkState(roundId, round, RoundState.Unmasking);
        _checkDealt(roundId, round, dealt);
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
}
