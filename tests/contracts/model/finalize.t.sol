// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract FinalizeTest is ModelScene {
    function test_commitUpdate_given_a_round_that_is_not_Running() external {
        _refusesRound(9, IModelRegistry.RoundState.None);
        _commit(hospital, 9, "c");
        uint256 roundId = _full();
        _refusesRound(roundId, IModelRegistry.RoundState.Enrolling);
        _commit(hospital, roundId, "c");
    }

    function test_commitUpdate_given_that_the_time_is_over() external {
        uint256 roundId = _running();
        uint40 since = models.roundOf(roundId).commitBy;
        _wait(2 days + 1);
        _refusesLate(roundId, since);
        _commit(hospital, roundId, "c");
    }

    function test_commitUpdate_given_an_empty_commitment_or_a_node_without_a_seat() external {
        uint256 roundId = _running();
        _refusesEmpty("commitment");
        _commit(hospital, roundId, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotEnrolled.selector, roundId, stranger));
        _commit(stranger, roundId, "c");
    }

    function test_commitUpdate_given_a_node() external {
        uint256 roundId = _running();
        vm.recordLogs();
        _commit(hospital, roundId, "c");
        emit IModelRegistry.UpdateCommitted(roundId, hospital, "c");
        _saw(address(models));
        vm.assertEq(models.roundOf(roundId).committed, 1);
        IModelRegistry.Enrolment[] memory roster = models.rosterOf(roundId);
        vm.assertEq(roster[0].commitment, "c");
        vm.assertEq(roster[1].commitment, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_AlreadyCommitted.selector, roundId, hospital)
        );
        _commit(hospital, roundId, "d");
    }

    function test_closeCommits_given_that_not_every_node_committed_before_commitBy() external {
        uint256 roundId = _running();
        _commit(hospital, roundId, "c");
        _refusesEarlyRound(roundId, models.roundOf(roundId).commitBy);
        _close(aggregator, roundId);
    }

    function test_closeCommits_given_fewer_commitments_than_the_minimum() external {
        uint256 roundId = _running();
        _commit(hospital, roundId, "c");
        _wait(2 days + 1);
        _refusesFewNodes(roundId, 1, 2);
        _close(stranger, roundId);
    }

    function test_closeCommits_given_every_commitment() external {
        uint256 roundId = _committed();
        _refusesAggregator(roundId, stranger);
        _close(stranger, roundId);
        vm.recordLogs();
        _close(aggregator, roundId);
        emit IModelRegistry.CommitsClosed(roundId, 2);
        _saw(address(models));
        _refusesRound(roundId, IModelRegistry.RoundState.Unmasking);
        _close(aggregator, roundId);
        _refusesRound(roundId, IModelRegistry.RoundState.Unmasking);
        _commit(hospital, roundId, "late");
    }

    function test_closeCommits_given_anyone_after_commitBy() external {
        uint256 roundId = _committed();
        _wait(2 days + 1);
        _close(stranger, roundId);
        _assertRound(roundId, IModelRegistry.RoundState.Unmasking);
    }

    function test_finalize_given_another_sender_or_an_empty_field() external {
        uint256 roundId = _unmasking();
        _refusesAggregator(roundId, stranger);
        _finalize(stranger, roundId, "result", "root 2", "weights 2");
        _refusesEmpty("result");
        _finalize(aggregator, roundId, 0, "root 2", "weights 2");
        _refusesEmpty("weightsRoot");
        _finalize(aggregator, roundId, "result", 0, "weights 2");
        _refusesEmpty("weights");
        _finalize(aggregator, roundId, "result", "root 2", 0);
    }

    function test_finalize_given_a_round_that_is_not_Unmasking() external {
        uint256 roundId = _committed();
        _refusesRound(roundId, IModelRegistry.RoundState.Running);
        _finalize(roundId);
    }

    function test_finalize_given_that_the_time_is_over() external {
        uint256 roundId = _unmasking();
        uint40 since = models.roundOf(roundId).finalizeBy;
        _wait(3 days + 1);
        _refusesLate(roundId, since);
        _finalize(roundId);
    }

    function test_finalize_given_a_Training_round() external {
        uint256 roundId = _unmasking();
        vm.recordLogs();
        _finalize(roundId);
        emit IModelRegistry.ModelVersionPublished(model, 2, "root 2", "weights 2", roundId);
        emit IModelRegistry.RoundFinalized(roundId, "result", 2);
        _saw(address(models));
        _assertRound(roundId, IModelRegistry.RoundState.Finalized);
        vm.assertEq(models.roundOf(roundId).result, "result");
        vm.assertEq(models.latestVersion(model), 2);
        vm.assertEq(models.versionOf(model, 2).roundId, roundId);
        vm.assertEq(models.openRoundOf(model), 0);
        _refusesRound(roundId, IModelRegistry.RoundState.Finalized);
        _finalize(roundId);
        vm.assertEq(models.roundOf(_round()).baseVersion, 2);
    }

    function test_finalize_given_a_Statistics_round() external {
        Opening memory o = _opening();
        o.kind = IModelRegistry.RoundKind.Statistics;
        uint256 roundId = _close(aggregator, _commitAll(_start(aggregator, _fill(_open(modelOwner, o)))));
        _refusesField("weightsRoot");
        _finalize(aggregator, roundId, "result", "root 2", 0);
        _refusesField("weights");
        _finalize(aggregator, roundId, "result", 0, "weights 2");
        vm.recordLogs();
        _finalize(aggregator, roundId, "result", 0, 0);
        emit IModelRegistry.RoundFinalized(roundId, "result", 0);
        _saw(address(models));
        vm.assertEq(models.latestVersion(model), 1);
    }

    function test_abort_given_the_owner() external {
        uint256 roundId = _running();
        vm.recordLogs();
        _abort(modelOwner, roundId);
        emit IModelRegistry.RoundAborted(roundId, "why");
        _saw(address(models));
        _assertRound(roundId, IModelRegistry.RoundState.Aborted);
        vm.assertEq(models.openRoundOf(model), 0);
        _refusesRound(roundId, IModelRegistry.RoundState.Aborted);
        _abort(modelOwner, roundId);
        _refusesRound(9, IModelRegistry.RoundState.None);
        _abort(modelOwner, 9);
        _round();
    }

    function test_abort_given_anyone_without_enough_nodes() external {
        uint256 roundId = _round();
        _stuckAfter(roundId, models.roundOf(roundId).enrolBy);
    }

    function test_abort_given_anyone_when_nobody_started() external {
        uint256 roundId = _full();
        _stuckAfter(roundId, models.roundOf(roundId).commitBy);
    }

    function test_abort_given_anyone_without_enough_commitments() external {
        uint256 roundId = _running();
        _stuckAfter(roundId, models.roundOf(roundId).commitBy);
    }

    function test_abort_given_anyone_when_nobody_closed() external {
        uint256 roundId = _committed();
        _stuckAfter(roundId, models.roundOf(roundId).finalizeBy);
    }

    function test_abort_given_anyone_when_nobody_finalized() external {
        uint256 roundId = _unmasking();
        _stuckAfter(roundId, models.roundOf(roundId).finalizeBy);
    }

    function _stuckAfter(uint256 roundId, uint40 deadline) private {
        vm.warp(deadline);
        _refusesEarlyRound(roundId, deadline);
        _abort(stranger, roundId);
        _wait(1);
        _abort(stranger, roundId);
        _assertRound(roundId, IModelRegistry.RoundState.Aborted);
    }

    function _abort(address by, uint256 roundId) private {
        vm.prank(by);
        models.abort(roundId, "why");
    }

    function _finalize(uint256 roundId) private {
        _finalize(aggregator, roundId, "result", "root 2", "weights 2");
    }

    function _finalize(address by, uint256 roundId, bytes32 result, bytes32 root, bytes32 weights) private {
        vm.prank(by);
        models.finalize(roundId, result, root, weights);
    }
}
