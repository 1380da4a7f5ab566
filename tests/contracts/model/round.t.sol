// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract RoundTest is ModelScene {
    function test_openRound_given_another_sender_than_the_owner() external {
        _refusesModelOwner(stranger);
        _open(stranger, _opening());
    }

    function test_openRound_given_a_bad_field() external {
        string[7] memory fields = ["plan", "aggregator", "minNodes", "minNodes", "enrolBy", "commitBy", "finalizeBy"];
        for (uint256 i = 0; i < 7; ++i) {
            Opening memory o = _opening();
            if (i == 0) o.plan = 0;
            if (i == 1) o.aggregator = address(0);
            if (i == 2) o.minNodes = 1;
            if (i == 3) o.minNodes = 101;
            if (i == 4) o.enrolBy = _now();
            if (i == 5) o.commitBy = o.enrolBy;
            if (i == 6) o.finalizeBy = o.commitBy;
            _refusesField(fields[i]);
            _open(modelOwner, o);
        }
    }

    function test_openRound_given_an_open_round_of_the_model() external {
        uint256 roundId = _round();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RoundOpen.selector, model, roundId));
        _round();
    }

    function test_openRound_given_the_owner() external {
        Opening memory o = _opening();
        vm.recordLogs();
        uint256 roundId = _open(modelOwner, o);
        emit IModelRegistry.RoundOpened(roundId, model, o.kind, PLAN, 1, aggregator);
        _saw(address(models));
        IModelRegistry.Round memory wanted = IModelRegistry.Round({
            modelId: model,
            plan: PLAN,
            result: 0,
            aggregator: aggregator,
            baseVersion: 1,
            minNodes: 2,
            enrolled: 0,
            committed: 0,
            kind: o.kind,
            state: IModelRegistry.RoundState.Enrolling,
            enrolBy: o.enrolBy,
            commitBy: o.commitBy,
            finalizeBy: o.finalizeBy
        });
        vm.assertEq(abi.encode(models.roundOf(roundId)), abi.encode(wanted));
        vm.assertEq(models.openRoundOf(model), roundId);
        vm.assertEq(models.rosterOf(roundId).length, 0);
    }

    function test_enrol_given_a_round_in_another_state() external {
        _refusesRound(9, IModelRegistry.RoundState.None);
        _enrol(9, hospital, sets[0]);
    }

    function test_enrol_given_that_the_time_is_over() external {
        uint256 roundId = _round();
        uint40 since = models.roundOf(roundId).enrolBy;
        _wait(1 days + 1);
        _refusesLate(roundId, since);
        _enrol(roundId, hospital, sets[0]);
    }

    function test_enrol_given_another_plan() external {
        uint256 roundId = _round();
        vm.prank(hospital);
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_WrongPlan.selector, roundId, bytes32("other"), PLAN)
        );
        models.enrol(roundId, sets[0], "other", roundKeys);
    }

    function test_enrol_given_round_keys_of_another_length() external {
        uint256 roundId = _round();
        uint256[4] memory lengths = [uint256(0), 32, 63, 65];
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(hospital);
            _refusesField("roundKeys");
            models.enrol(roundId, sets[0], PLAN, new bytes(lengths[i]));
        }
    }

    function test_enrol_given_a_node_that_enrolled() external {
        uint256 roundId = _round();
        _enrol(roundId, hospital, sets[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_AlreadyEnrolled.selector, roundId, hospital)
        );
        _enrol(roundId, hospital, sets[0]);
    }

    function test_enrol_given_a_node_without_right_to_the_dataset() external {
        uint256 roundId = _round();
        _refusesNode(sets[0], stranger);
        _enrol(roundId, stranger, sets[0]);
        _refusesMissing(99);
        _enrol(roundId, stranger, 99);
    }

    function test_enrol_given_the_owner_of_a_withdrawn_dataset() external {
        uint256 roundId = _round();
        _withdraw(hospital, sets[0], 1);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_Withdrawn.selector, sets[0], 1));
        _enrol(roundId, hospital, sets[0]);
    }

    function test_enrol_given_a_licence_to_train() external {
        uint256 roundId = _round();
        IAccessLicense.Right[2] memory rights = [IAccessLicense.Right.Download, IAccessLicense.Right.Train];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 licenseId = _license(rights[i]);
            _refusesNode(sets[0], researcher);
            _enrol(roundId, researcher, sets[0]);
            _deliver(hospital, licenseId);
        }
        _enrol(roundId, researcher, sets[0]);
        vm.assertEq(models.rosterOf(roundId)[0].node, researcher);
    }

    function test_enrol_given_a_licence_to_train_on_what_was_withdrawn() external {
        uint256 roundId = _round();
        _deliver(hospital, _license(IAccessLicense.Right.Train));
        _withdraw(hospital, sets[0], 1);
        _refusesNode(sets[0], researcher);
        _enrol(roundId, researcher, sets[0]);
    }

    function test_enrol_given_a_full_roster() external {
        uint256 roundId = _round();
        for (uint160 i = 1; i <= 101; ++i) {
            address node = address(0xA0000 + i);
            _transfer(i == 1 ? hospital : address(0xA0000 + i - 1), node, sets[0]);
            if (i == 101) {
                vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RosterFull.selector, roundId, 100));
            }
            _enrol(roundId, node, sets[0]);
        }
        vm.assertEq(models.roundOf(roundId).enrolled, 100);
    }

    function test_enrol_given_two_nodes() external {
        uint256 roundId = _round();
        for (uint16 i = 0; i < 2; ++i) {
            vm.recordLogs();
            _enrol(roundId, nodes[i], sets[i]);
            emit IModelRegistry.NodeEnrolled(roundId, nodes[i], sets[i], i, roundKeys);
            _saw(address(models));
        }
        IModelRegistry.Enrolment[] memory roster = models.rosterOf(roundId);
        vm.assertEq(roster.length, 2);
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertEq(roster[i].node, nodes[i]);
            vm.assertEq(roster[i].datasetId, sets[i]);
            vm.assertEq(roster[i].commitment, 0);
        }
        vm.assertEq(models.roundOf(roundId).enrolled, 2);
    }

    function test_startRound_given_fewer_nodes_than_the_minimum() external {
        uint256 roundId = _round();
        _enrol(roundId, hospital, sets[0]);
        _refusesFewNodes(roundId, 1, 2);
        _start(aggregator, roundId);
    }

    function test_startRound_given_another_sender_than_the_aggregator_before_enrolBy() external {
        uint256 roundId = _full();
        _refusesAggregator(roundId, stranger);
        _start(stranger, roundId);
    }

    function test_startRound_given_the_aggregator() external {
        uint256 roundId = _full();
        vm.recordLogs();
        _start(aggregator, roundId);
        emit IModelRegistry.RoundStarted(roundId, 2);
        _saw(address(models));
        _assertRound(roundId, IModelRegistry.RoundState.Running);
        _refusesRound(roundId, IModelRegistry.RoundState.Running);
        _start(aggregator, roundId);
        _refusesRound(roundId, IModelRegistry.RoundState.Running);
        _enrol(roundId, researcher, 1);
    }

    function test_startRound_given_anyone_after_enrolBy() external {
        uint256 roundId = _full();
        _wait(1 days + 1);
        _start(stranger, roundId);
        _assertRound(roundId, IModelRegistry.RoundState.Running);
    }

    /// @dev Of the researcher's, to the first hospital's dataset.
    function _license(IAccessLicense.Right right) private returns (uint256) {
        IAccessLicense.Offer memory terms = _terms(sets[0]);
        terms.right = right;
        return _buy(researcher, _createOffer(hospital, terms), DuoPolicy.GRU);
    }

    function _refusesNode(uint256 datasetId, address node) private {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotEntitled.selector, datasetId, node));
    }
}
