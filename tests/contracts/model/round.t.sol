// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Application, Enrolment, Opening, Round, RoundState} from "../../../contracts/types/Rounds.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract RoundTest is ModelScene {
    function test_openRound_given_another_sender_than_the_owner() external {
        _refusesModelOwner(stranger);
        _open(stranger, _opening());
    }

    function test_openRound_given_a_bad_field() external {
        string[9] memory fields = [
            "plan", "aggregator", "minNodes", "minNodes", "enrolBy", "commitBy", "finalizeBy", "colluders", "colluders"
        ];
        for (uint256 i = 0; i < 9; ++i) {
            Opening memory o = _opening();
            if (i == 0) o.plan = 0;
            if (i == 1) o.aggregator = address(0);
            if (i == 2) o.minNodes = 1;
            if (i == 3) o.minNodes = 101;
            if (i == 4) o.enrolBy = _now();
            if (i == 5) o.commitBy = o.enrolBy;
            if (i == 6) o.finalizeBy = o.commitBy;
            if (i == 7) o.colluders = 0;
            if (i == 8) o.colluders = 100;
            _refusesField(fields[i]);
            _open(modelOwner, o);
        }
    }

    function test_openRound_given_an_open_round_of_the_model() external {
        uint256 roundId = _round();
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RoundOpen.selector, model, roundId));
        _round();
    }

    function test_openRound_given_a_plan_that_ran() external {
        uint256 roundId = _round();
        vm.prank(modelOwner);
        models.abort(roundId, "why");
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_PlanUsed.selector, model, PLAN));
        _round();
        Opening memory o = _opening();
        o.plan = "second attempt";
        _open(modelOwner, o);
    }

    function test_openRound_given_weights_that_were_summed() external {
        uint256 roundId = _unmasking();
        vm.assertEq(models.isSummed(model, 1), true);
        vm.prank(modelOwner);
        models.abort(roundId, "why");
        Opening memory o = _opening();
        o.plan = "second";
        _refusesBase(1);
        _open(modelOwner, o);
        // The same weights under another number are the same base.
        vm.prank(modelOwner);
        models.publishVersion(model, "root 1", "weights 1");
        _refusesBase(2);
        _open(modelOwner, o);
        vm.prank(modelOwner);
        models.publishVersion(model, "root 3", "weights 3");
        _open(modelOwner, o);
    }

    function test_openRound_given_the_owner() external {
        Opening memory o = _opening();
        vm.recordLogs();
        uint256 roundId = _open(modelOwner, o);
        emit IModelRegistry.RoundOpened(roundId, model, modelOwner, 1, o);
        _saw(address(models));
        Round memory wanted = Round({
            modelId: model,
            plan: PLAN,
            invited: 0,
            dealt: 0,
            result: 0,
            aggregator: aggregator,
            baseVersion: 1,
            minNodes: 2,
            colluders: 1,
            enrolled: 0,
            committed: 0,
            kind: o.kind,
            state: RoundState.Enrolling,
            enrolBy: o.enrolBy,
            commitBy: o.commitBy,
            finalizeBy: o.finalizeBy
        });
        vm.assertEq(abi.encode(models.roundOf(roundId)), abi.encode(wanted));
        vm.assertEq(models.openRoundOf(model), roundId);
        vm.assertEq(models.rosterOf(roundId).length, 0);
    }

    function test_enrol_given_a_round_in_another_state() external {
        _refusesRound(9, RoundState.None);
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
        Application memory application = _application(hospital, sets[0]);
        application.plan = "other";
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_WrongPlan.selector, roundId, bytes32("other"), PLAN)
        );
        _enrol(roundId, hospital, application);
    }

    function test_enrol_given_round_keys_of_another_length() external {
        uint256 roundId = _round();
        uint256[4] memory lengths = [uint256(0), 32, 63, 65];
        for (uint256 i = 0; i < 4; ++i) {
            Application memory application = _application(hospital, sets[0]);
            application.roundKeys = new bytes(lengths[i]);
            _refusesField("roundKeys");
            _enrol(roundId, hospital, application);
        }
    }

    function test_enrol_given_round_keys_of_small_order() external {
        uint256 roundId = _round();
        bytes32[7] memory points = [
            bytes32(0),
            0x0100000000000000000000000000000000000000000000000000000000000000,
            0xe0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800,
            0x5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157,
            0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f,
            0xedffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f,
            0xeeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f
        ];
        for (uint256 i = 0; i < 14; ++i) {
            // The highest bit of the last byte counts for nothing.
            bytes32 point = i < 7 ? points[i] : points[i - 7] | bytes32(uint256(0x80));
            Application memory application = _application(hospital, sets[0]);
            application.roundKeys =
                i % 2 == 0 ? abi.encodePacked(point, keccak256("b")) : abi.encodePacked(keccak256("a"), point);
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_UnusableRoundKey.selector, point));
            _enrol(roundId, hospital, application);
        }
    }

    function test_enrol_given_round_keys_that_somebody_copied_before() external {
        uint256 roundId = _round();
        Application memory application = _application(second, sets[1]);
        application.roundKeys = _keysOf(hospital);
        _enrol(roundId, second, application);
        _enrol(roundId, hospital, sets[0]);
        vm.assertEq(models.rosterOf(roundId)[1].node, hospital);
    }

    function test_enrol_given_an_account_that_is_not_invited() external {
        Opening memory o = _opening();
        (bytes32 first, bytes32 other) = (_leaf(hospital), _leaf(second));
        o.invited = first < other ? keccak256(bytes.concat(first, other)) : keccak256(bytes.concat(other, first));
        uint256 roundId = _open(modelOwner, o);
        uint256 own = _publish(stranger, _publication("own", DuoPolicy.GRU));
        Application memory application = _application(stranger, own);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotInvited.selector, roundId, stranger));
            _enrol(roundId, stranger, application);
            application.invitation = new bytes32[](1);
            application.invitation[0] = other;
        }
        application = _application(hospital, sets[0]);
        application.invitation = new bytes32[](1);
        application.invitation[0] = other;
        _enrol(roundId, hospital, application);
        vm.assertEq(models.roundOf(roundId).invited, o.invited);
    }

    function test_enrol_given_a_dataset_that_has_a_seat() external {
        uint256 roundId = _round();
        _enrol(roundId, hospital, sets[0]);
        // Neither another account nor another version makes it another dataset.
        _transfer(hospital, stranger, sets[0]);
        vm.prank(stranger);
        datasets.publishVersion(sets[0], _publication("again", DuoPolicy.GRU));
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_DatasetEnrolled.selector, roundId, sets[0]));
        _enrol(roundId, stranger, sets[0]);
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
        _refusesConsent(sets[0], 1);
        _enrol(roundId, hospital, sets[0]);
    }

    function test_enrol_given_a_full_roster() external {
        uint256 roundId = _round();
        for (uint160 i = 1; i <= 101; ++i) {
            address node = address(0xA0000 + i);
            uint256 own = _publish(node, _publication("own", DuoPolicy.GRU));
            if (i == 101) {
                vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_RosterFull.selector, roundId, 100));
            }
            _enrol(roundId, node, own);
        }
        vm.assertEq(models.roundOf(roundId).enrolled, 100);
    }

    function test_enrol_given_two_nodes() external {
        uint256 roundId = _round();
        for (uint16 i = 0; i < 2; ++i) {
            vm.recordLogs();
            _enrol(roundId, nodes[i], sets[i]);
            emit IModelRegistry.NodeEnrolled(roundId, nodes[i], sets[i], 1, 0, i, _keysOf(nodes[i]));
            _saw(address(models));
        }
        Enrolment[] memory roster = models.rosterOf(roundId);
        vm.assertEq(roster.length, 2);
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertEq(roster[i].node, nodes[i]);
            vm.assertEq(roster[i].datasetId, sets[i]);
            vm.assertEq(roster[i].version, 1);
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
        emit IModelRegistry.RoundStarted(roundId, aggregator, 2);
        _saw(address(models));
        _assertRound(roundId, RoundState.Running);
        _refusesRound(roundId, RoundState.Running);
        _start(aggregator, roundId);
        _refusesRound(roundId, RoundState.Running);
        _enrol(roundId, researcher, 1);
    }

    function test_startRound_given_anyone_after_enrolBy() external {
        uint256 roundId = _full();
        _wait(1 days + 1);
        _start(stranger, roundId);
        _assertRound(roundId, RoundState.Running);
    }

    function _refusesBase(uint32 version) private {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_BaseSummed.selector, model, version));
    }

    function _leaf(address account) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(account))));
    }
}
