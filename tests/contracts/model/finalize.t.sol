// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Enrolment, Opening, RoundKind, RoundState} from "../../../contracts/types/Rounds.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract FinalizeTest is ModelScene {
    function test_fixDealers_given_another_sender_or_an_empty_digest() external {
        uint256 roundId = _running();
        _refusesAggregator(roundId, hospital);
        _fix(hospital, roundId, BOTH);
        vm.prank(aggregator);
        _refusesEmpty("dealt");
        models.fixDealers(roundId, BOTH, 0);
    }

    function test_fixDealers_given_a_round_that_is_not_Running() external {
        uint256 roundId = _full();
        _refusesRound(roundId, RoundState.Enrolling);
        _fix(aggregator, roundId, BOTH);
    }

    function test_fixDealers_given_that_the_time_is_over() external {
        uint256 roundId = _running();
        uint40 since = models.roundOf(roundId).commitBy;
        _wait(2 days + 1);
        _refusesLate(roundId, since);
        _fix(aggregator, roundId, BOTH);
    }

    function test_fixDealers_given_places_outside_the_roster_or_too_few() external {
        uint256 roundId = _running();
        _refusesNodes(roundId, 4, 3);
        _fix(aggregator, roundId, 4);
        _refusesFewNodes(roundId, 1, 2);
        _fix(aggregator, roundId, 1);
    }

    function test_fixDealers_given_the_aggregator() external {
        uint256 roundId = _running();
        vm.recordLogs();
        _fix(aggregator, roundId, BOTH);
        emit IModelRegistry.DealersFixed(roundId, aggregator, BOTH, DEALT);
        _saw(address(models));
        vm.assertEq(models.roundOf(roundId).dealt, DEALT);
        vm.assertEq(models.rosterOf(roundId)[1].dealt, true);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_DealersFixed.selector, roundId, DEALT));
        _fix(aggregator, roundId, 1);
    }

    function test_commitUpdate_given_a_round_that_is_not_Running() external {
        _refusesRound(9, RoundState.None);
        _commit(hospital, 9, "c");
        uint256 roundId = _full();
        _refusesRound(roundId, RoundState.Enrolling);
        _commit(hospital, roundId, "c");
    }

    function test_commitUpdate_given_that_the_time_is_over() external {
        uint256 roundId = _dealt();
        uint40 since = models.roundOf(roundId).commitBy;
        _wait(2 days + 1);
        _refusesLate(roundId, since);
        _commit(hospital, roundId, "c");
    }

    function test_commitUpdate_given_an_empty_commitment_or_a_node_without_a_seat() external {
        uint256 roundId = _dealt();
        _refusesEmpty("commitment");
        _commit(hospital, roundId, 0);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotEnrolled.selector, roundId, stranger));
        _commit(stranger, roundId, "c");
    }

    function test_commitUpdate_given_other_dealers_than_the_chain_has() external {
        uint256 roundId = _running();
        // Nobody dealt anything yet, so nobody commits, not even to nothing.
        _refusesDealers(roundId, DEALT, 0);
        _commit(hospital, roundId, "c");
        vm.prank(hospital);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotDealt.selector, roundId, hospital));
        models.commitUpdate(roundId, 0, "c");
        _fix(aggregator, roundId, BOTH);
        _refusesDealers(roundId, "other", DEALT);
        vm.prank(hospital);
        models.commitUpdate(roundId, "other", "c");
    }

    function test_commitUpdate_given_a_node_that_did_not_deal() external {
        uint256 roundId = _four();
        _fix(aggregator, roundId, 7);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotDealt.selector, roundId, custodian));
        _commit(custodian, roundId, "c");
    }

    function test_commitUpdate_given_a_dataset_that_was_withdrawn_or_sold_since() external {
        uint256 roundId = _dealt();
        _withdraw(hospital, sets[0], 1);
        _refusesConsent(sets[0], 1);
        _commit(hospital, roundId, "c");
        _transfer(second, stranger, sets[1]);
        _refusesNode(sets[1], second);
        _commit(second, roundId, "c");
    }

    function test_commitUpdate_given_a_node() external {
        uint256 roundId = _dealt();
        vm.recordLogs();
        _commit(hospital, roundId, "c");
        emit IModelRegistry.UpdateCommitted(roundId, hospital, "c");
        _saw(address(models));
        vm.assertEq(models.roundOf(roundId).committed, 1);
        Enrolment[] memory roster = models.rosterOf(roundId);
        vm.assertEq(roster[0].commitment, "c");
        vm.assertEq(roster[1].commitment, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_AlreadyCommitted.selector, roundId, hospital)
        );
        _commit(hospital, roundId, "d");
    }

    function test_closeCommits_given_that_not_every_dealer_committed_before_commitBy() external {
        uint256 roundId = _dealt();
        _commit(hospital, roundId, "c");
        _refusesEarlyRound(roundId, models.roundOf(roundId).commitBy);
        _close(aggregator, roundId, 1);
    }

    function test_closeCommits_given_what_was_dealt_in_another_round() external {
        uint256 roundId = _committed();
        _refusesDealers(roundId, "other", DEALT);
        vm.prank(aggregator);
        models.closeCommits(roundId, "other", BOTH);
    }

    function test_closeCommits_given_nodes_that_did_not_commit() external {
        uint256 roundId = _dealt();
        _commit(hospital, roundId, "c");
        _wait(2 days + 1);
        _refusesNodes(roundId, BOTH, 1);
        _close(aggregator, roundId);
    }

    function test_closeCommits_given_that_the_time_is_over() external {
        uint256 roundId = _committed();
        uint40 since = models.roundOf(roundId).finalizeBy;
        _wait(3 days + 1);
        _refusesLate(roundId, since);
        _close(aggregator, roundId);
    }

    function test_closeCommits_given_a_commitment_without_a_vector() external {
        uint256 roundId = _fix(aggregator, _four(), 15);
        address[4] memory all = [hospital, second, stranger, custodian];
        for (uint256 i = 0; i < 4; ++i) {
            _commit(all[i], roundId, "c");
        }
        _wait(2 days + 1);
        // Two of four are no majority that a colluder cannot make up.
        _refusesFewNodes(roundId, 2, 3);
        _close(aggregator, roundId, 5);
        vm.recordLogs();
        _close(aggregator, roundId, 13);
        address[] memory summed = new address[](3);
        (summed[0], summed[1], summed[2]) = (hospital, stranger, custodian);
        emit IModelRegistry.CommitsClosed(roundId, aggregator, summed);
        _saw(address(models));
        vm.assertEq(models.roundOf(roundId).committed, 3);
        Enrolment[] memory roster = models.rosterOf(roundId);
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertEq(roster[i].summed, i != 1);
            vm.assertEq(roster[i].dealt, true);
        }
    }

    function test_closeCommits_given_a_dataset_that_was_withdrawn_since() external {
        uint256 roundId = _fix(aggregator, _four(), 15);
        address[4] memory all = [hospital, second, stranger, custodian];
        for (uint256 i = 0; i < 4; ++i) {
            _commit(all[i], roundId, "c");
        }
        _withdraw(second, sets[1], 1);
        _refusesConsent(sets[1], 1);
        _close(aggregator, roundId, 15);
        _wait(2 days + 1);
        _close(aggregator, roundId, 13);
    }

    function test_closeCommits_given_fewer_commitments_than_the_minimum() external {
        uint256 roundId = _dealt();
        _commit(hospital, roundId, "c");
        _wait(2 days + 1);
        _refusesFewNodes(roundId, 1, 2);
        _close(aggregator, roundId, 1);
    }

    function test_closeCommits_given_every_commitment() external {
        uint256 roundId = _committed();
        _refusesAggregator(roundId, stranger);
        _close(stranger, roundId);
        vm.recordLogs();
        _close(aggregator, roundId);
        address[] memory summed = new address[](2);
        (summed[0], summed[1]) = (hospital, second);
        emit IModelRegistry.CommitsClosed(roundId, aggregator, summed);
        _saw(address(models));
        _refusesRound(roundId, RoundState.Unmasking);
        _close(aggregator, roundId);
        _refusesRound(roundId, RoundState.Unmasking);
        _commit(hospital, roundId, "late");
    }

    function test_closeCommits_given_anyone_after_commitBy() external {
        uint256 roundId = _committed();
        _wait(2 days + 1);
        _refusesAggregator(roundId, stranger);
        _close(stranger, roundId);
    }

    function test_finalize_given_a_dataset_that_was_withdrawn_since() external {
        uint256 roundId = _unmasking();
        _withdraw(second, sets[1], 1);
        _refusesConsent(sets[1], 1);
        _finalize(roundId);
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
        _refusesRound(roundId, RoundState.Running);
        _finalize(roundId);
    }

    function test_finalize_given_what_was_dealt_in_another_round() external {
        uint256 roundId = _unmasking();
        _refusesDealers(roundId, "other", DEALT);
        vm.prank(aggregator);
        models.finalize(roundId, "other", "result", "root 2", "weights 2");
        _assertRound(roundId, RoundState.Unmasking);
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
        emit IModelRegistry.ModelVersionPublished(model, 2, "root 2", "weights 2", roundId, aggregator);
        emit IModelRegistry.RoundFinalized(roundId, aggregator, "result", 2);
        _saw(address(models));
        _assertRound(roundId, RoundState.Finalized);
        vm.assertEq(models.roundOf(roundId).result, "result");
        vm.assertEq(models.latestVersion(model), 2);
        vm.assertEq(models.versionOf(model, 2).roundId, roundId);
        vm.assertEq(models.openRoundOf(model), 0);
        _refusesRound(roundId, RoundState.Finalized);
        _finalize(roundId);
        vm.assertEq(models.roundOf(roundId).dealt, 0);
        Opening memory o = _opening();
        o.plan = "next";
        vm.assertEq(models.roundOf(_open(modelOwner, o)).baseVersion, 2);
    }

    function test_finalize_given_a_Statistics_round() external {
        Opening memory o = _opening();
        o.kind = RoundKind.Statistics;
        uint256 roundId =
            _close(aggregator, _commitAll(_fix(aggregator, _start(aggregator, _fill(_open(modelOwner, o))), BOTH)));
        _refusesField("weightsRoot");
        _finalize(aggregator, roundId, "result", "root 2", 0);
        _refusesField("weights");
        _finalize(aggregator, roundId, "result", 0, "weights 2");
        vm.recordLogs();
        _finalize(aggregator, roundId, "result", 0, 0);
        emit IModelRegistry.RoundFinalized(roundId, aggregator, "result", 0);
        _saw(address(models));
        vm.assertEq(models.latestVersion(model), 1);
    }

    function test_abort_given_the_owner() external {
        uint256 roundId = _running();
        vm.recordLogs();
        _abort(modelOwner, roundId);
        emit IModelRegistry.RoundAborted(roundId, modelOwner, "why");
        _saw(address(models));
        _assertRound(roundId, RoundState.Aborted);
        vm.assertEq(models.openRoundOf(model), 0);
        _refusesRound(roundId, RoundState.Aborted);
        _abort(modelOwner, roundId);
        _refusesRound(9, RoundState.None);
        _abort(modelOwner, 9);
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

    /// @dev A round that runs with four nodes; the last two have datasets of their own.
    function _four() private returns (uint256 roundId) {
        roundId = _full();
        address[2] memory more = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _enrol(roundId, more[i], _publish(more[i], _publication("more", DuoPolicy.GRU)));
        }
        _start(aggregator, roundId);
    }

    function _refusesDealers(uint256 roundId, bytes32 got, bytes32 required) private {
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_WrongDealers.selector, roundId, got, required)
        );
    }

    function _stuckAfter(uint256 roundId, uint40 deadline) private {
        vm.warp(deadline);
        _refusesEarlyRound(roundId, deadline);
        _abort(stranger, roundId);
        _wait(1);
        _abort(stranger, roundId);
        _assertRound(roundId, RoundState.Aborted);
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
        models.finalize(roundId, DEALT, result, root, weights);
    }
}
