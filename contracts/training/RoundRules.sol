// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {RoundKeys} from "../libraries/RoundKeys.sol";
import {Enrolment, Opening, Round, RoundState, Seat, StoredRound} from "../types/Rounds.sol";
import {Models} from "./Models.sol";

/// @title What a round is, and what its steps have to keep to
/// @dev No round goes on to another state here: ModelRegistry's steps do that.
abstract contract RoundRules is Models {
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
    function isSummed(uint256 modelId, uint32 version) public view returns (bool) {
        return _summed[modelId][_versions[modelId][version].weightsRoot];
    }

    /// @dev When anyone may abort. A round that can go on from its state is left until the next deadline, so that an
    /// abort cannot be raced against the step that continues it.
    function _stuckAfter(StoredRound storage round) internal view returns (uint40) {
        if (round.state == RoundState.Enrolling) {
            return round.enrolled < _needed(round) ? round.enrolBy : round.commitBy;
        }
        if (round.state == RoundState.Running && _count(round.committed) < _needed(round)) return round.commitBy;
        return round.finalizeBy;
    }

    function _checkOpening(Opening calldata o) internal view {
        if (o.plan == 0) revert ModelRegistry_BadRound("plan");
        if (o.aggregator == address(0)) revert ModelRegistry_BadRound("aggregator");
        if (o.minNodes < MIN_NODES || o.minNodes > MAX_NODES) revert ModelRegistry_BadRound("minNodes");
        if (o.colluders == 0 || o.colluders >= MAX_NODES) revert ModelRegistry_BadRound("colluders");
        if (o.enrolBy <= block.timestamp) revert ModelRegistry_BadRound("enrolBy");
        if (o.commitBy <= o.enrolBy) revert ModelRegistry_BadRound("commitBy");
        if (o.finalizeBy <= o.commitBy) revert ModelRegistry_BadRound("finalizeBy");
    }

    /// @dev Unusable keys agree on a secret that everybody knows. Copied ones are of no use, as what two nodes derive from
    /// their agreement is bound to their accounts; to refuse them would let a copier keep a site out of the round.
    function _checkKeys(bytes calldata keys) internal pure {
        if (keys.length != ROUND_KEYS_LENGTH) revert ModelRegistry_BadRound("roundKeys");
        for (uint256 start = 0; start < ROUND_KEYS_LENGTH; start += 32) {
            bytes32 key = bytes32(keys[start:start + 32]);
            if (!RoundKeys.isUsable(key)) revert ModelRegistry_UnusableRoundKey(key);
        }
    }

    /// @dev Which version the caller trains on: the licensed one, or else the latest.
    function _entitle(uint256 modelId, uint256 datasetId, uint256 licenseId) internal view returns (uint32) {
        _checkOperator(datasetId);
        if (licenseId != 0) {
            // All zero of one that is not active, as none is of a version that was withdrawn.
            (address licensee, uint256 licensed, uint32 version, IAccessLicense.Right right) =
                LICENSES.accessOf(licenseId);
            bool fits = licensee == _ownerOf(modelId) && licensed == datasetId && right == IAccessLicense.Right.Train;
            if (!fits) revert ModelRegistry_NotLicensed(licenseId, datasetId);
            return version;
        }
        // slither-disable-next-line unused-return // its own terms do not bind an owner
        (uint32 latest,, bool withdrawn) = DATASETS.saleOf(datasetId);
        if (withdrawn) revert ModelRegistry_Withdrawn(datasetId, latest);
        return latest;
    }

    /// @dev A use is what was committed: a site that enrols and then does nothing costs the licensee none.
    function _consume(Seat storage seat, uint256 modelId) internal {
        uint256 licenseId = seat.licenseId;
        if (licenseId == 0) return;
        // slither-disable-next-line unused-return // the version is in the seat
        LICENSES.consumeFor(licenseId, seat.datasetId, _ownerOf(modelId), IAccessLicense.Right.Train);
    }

    function _checkOperator(uint256 datasetId) internal view {
        if (!DATASETS.hasRole(datasetId, IDatasetNFT.Role.Operator, msg.sender)) {
            revert ModelRegistry_NotEntitled(datasetId, msg.sender);
        }
    }

    function _checkConsent(Seat storage seat) internal view {
        (uint64 datasetId, uint32 version) = (seat.datasetId, seat.version);
        // slither-disable-next-line calls-loop // over a roster of 100 at most, of a contract that cannot fail
        if (DATASETS.isWithdrawn(datasetId, version)) revert ModelRegistry_Withdrawn(datasetId, version);
    }

    function _checkAmong(uint256 roundId, uint128 nodes, uint128 allowed) internal pure {
        if (nodes & ~allowed != 0) revert ModelRegistry_BadNodes(roundId, nodes, allowed);
    }

    function _checkEnough(uint256 roundId, StoredRound storage round, uint16 got) internal view {
        uint16 needed = _needed(round);
        if (got < needed) revert ModelRegistry_TooFewNodes(roundId, got, needed);
    }

    /// @dev With c colluders two sets of so many nodes have an honest one in common, which answers once: docs/protocol.md.
    function _needed(StoredRound storage round) internal view returns (uint16) {
        uint16 majority = (round.enrolled + round.colluders) / 2 + 1;
        return majority > round.minNodes ? majority : round.minNodes;
    }

    function _count(uint128 nodes) internal pure returns (uint16 count) {
        for (; nodes != 0; nodes &= nodes - 1) {
            ++count;
        }
    }

    function _checkAggregator(uint256 roundId, StoredRound storage round) internal view {
        if (msg.sender != round.aggregator) revert ModelRegistry_NotAggregator(roundId, msg.sender);
    }

    /// @dev The round that the caller means, and not one that got its number after the chain took blocks back: what was
    /// dealt is of one round.
    function _checkDealt(uint256 roundId, StoredRound storage round, bytes32 dealt) internal view {
        if (dealt != round.digest) revert ModelRegistry_WrongDealers(roundId, dealt, round.digest);
    }

    function _checkState(uint256 roundId, StoredRound storage round, RoundState required) internal view {
        if (round.state != required) revert ModelRegistry_WrongState(roundId, round.state);
    }
}
