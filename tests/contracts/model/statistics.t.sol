// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Application, Disclosure, Opening, RoundKind, RoundState} from "../../../contracts/types/Rounds.sol";
import {vm} from "../Vm.sol";
import {ModelScene} from "./ModelScene.sol";

contract StatisticsTest is ModelScene {
    address[4] private sites;
    uint256[4] private data;
    uint256 private plans;

    function setUp() public override {
        super.setUp();
        sites = [hospital, second, stranger, custodian];
        data = [sets[0], sets[1], _own(stranger), _own(custodian)];
    }

    function test_closeCommits_given_the_same_datasets_again() external {
        uint256 first = _closed(model, 15);
        _end(first);
        // However the first ended, and whichever model asks: there is no difference.
        uint256 again = _closed(model, 15);
        _finish(again);
        _closed(_another(), 15);
        for (uint256 i = 0; i < 4; ++i) {
            _assertDisclosure(i, first, 1, false);
        }
    }

    function test_closeCommits_given_a_dataset_less() external {
        uint256 first = _closed(model, 15);
        _end(first);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 roundId = _committedBy(_another(), uint128(15 & ~(1 << i)));
            _refusesSites(roundId, i == 0 ? data[1] : data[0]);
            _close(aggregator, roundId, 7);
        }
        // Nor do new weights of the same model make it another question.
        vm.prank(modelOwner);
        models.publishVersion(model, "other root", "other weights");
        uint256 later = _committedBy(model, 7);
        _refusesSites(later, data[0]);
        _close(aggregator, later, 7);
        _assertDisclosure(3, first, 1, false);
    }

    function test_closeCommits_given_a_dropout_the_second_time() external {
        _finish(_closed(model, 15));
        uint256 roundId = _committedBy(_another(), 15);
        _wait(2 days + 1);
        _refusesSites(roundId, data[0]);
        _close(aggregator, roundId, 7);
        _close(aggregator, roundId, 15);
    }

    function test_closeCommits_given_a_dataset_more() external {
        _finish(_closed(model, 7));
        uint256 roundId = _committedBy(_another(), 15);
        _refusesSites(roundId, data[0]);
        _close(aggregator, roundId, 15);
        _assertDisclosure(3, 0, 0, false);
    }

    function test_closeCommits_given_as_many_datasets_of_which_one_is_another() external {
        _finish(_closed(model, 7));
        uint256 roundId = _committedBy(_another(), 14);
        _refusesSites(roundId, data[3]);
        _close(aggregator, roundId, 7);
        _assertDisclosure(3, 0, 0, false);
    }

    function test_closeCommits_given_datasets_of_two_earlier_sums() external {
        _finish(_closed(model, 3));
        _finish(_closed(_another(), 12));
        uint256 roundId = _committedBy(_another(), 5);
        _refusesSites(roundId, data[2]);
        _close(aggregator, roundId, 3);
    }

    function test_closeCommits_given_another_version_of_a_dataset() external {
        _finish(_closed(model, 15));
        vm.prank(sites[2]);
        datasets.publishVersion(data[2], _publication("more patients", DuoPolicy.GRU));
        uint256 roundId = _committedBy(_another(), 15);
        _refusesSites(roundId, data[2]);
        _close(aggregator, roundId, 15);
    }

    function test_closeCommits_given_a_round_that_never_closed() external {
        uint256 roundId = _committedBy(model, 15);
        vm.prank(modelOwner);
        models.abort(roundId, "why");
        _assertDisclosure(0, 0, 0, false);
        _closed(model, 7);
    }

    function test_closeCommits_given_that_all_sites_released_theirs() external {
        _finish(_closed(model, 15));
        for (uint256 i = 0; i < 2; ++i) {
            _release(i, true);
        }
        uint256 roundId = _committedBy(_another(), 7);
        _refusesSites(roundId, data[2]);
        _close(aggregator, roundId, 7);
        _release(2, true);
        _close(aggregator, roundId, 7);
        // It was for one sum, and from now on these are the others.
        for (uint256 i = 0; i < 3; ++i) {
            _assertDisclosure(i, roundId, 1, false);
        }
        uint256 next = _committedBy(_another(), 15);
        _refusesSites(next, data[0]);
        _close(aggregator, next, 15);
    }

    function test_closeCommits_given_a_newcomer_among_released_ones() external {
        _finish(_closed(model, 7));
        for (uint256 i = 0; i < 3; ++i) {
            _release(i, true);
        }
        uint256 roundId = _committedBy(_another(), 15);
        _refusesSites(roundId, data[3]);
        _close(aggregator, roundId, 15);
        _release(3, true);
        _close(aggregator, roundId, 15);
    }

    function test_closeCommits_given_a_Training_round() external {
        _finish(_closed(model, 15));
        Opening memory o = _planned(99);
        _close(aggregator, _committedBy(model, o, 7), 7);
        _assertDisclosure(0, 1, 1, false);
    }

    function test_releaseStatistics_given_a_stranger() external {
        _refusesNode(data[0], researcher);
        vm.prank(researcher);
        models.releaseStatistics(data[0], true);
    }

    function test_releaseStatistics_given_the_owner() external {
        vm.recordLogs();
        _release(0, true);
        emit IModelRegistry.StatisticsReleased(data[0], hospital, true);
        _saw(address(models));
        _assertDisclosure(0, 0, 0, true);
        _release(0, false);
        _assertDisclosure(0, 0, 0, false);
    }

    function _own(address site) private returns (uint256) {
        return _publish(site, _publication("own", DuoPolicy.GRU));
    }

    function _another() private returns (uint256 modelId) {
        vm.prank(modelOwner);
        return models.register("architecture", "model card", "root", "weights");
    }

    function _committedBy(uint256 modelId, uint128 places) private returns (uint256) {
        Opening memory o = _planned(++plans);
        o.kind = RoundKind.Statistics;
        return _committedBy(modelId, o, places);
    }

    /// @dev A round in which the sites at these places (bit by bit) committed.
    function _committedBy(uint256 modelId, Opening memory o, uint128 places) private returns (uint256 roundId) {
        vm.prank(modelOwner);
        roundId = models.openRound(modelId, o);
        uint256 count = 0;
        for (uint256 i = 0; i < 4; ++i) {
            if (places & (1 << i) == 0) continue;
            ++count;
            _enrolIn(roundId, i, o.plan);
        }
        _start(aggregator, roundId);
        _fix(aggregator, roundId, uint128((1 << count) - 1));
        for (uint256 i = 0; i < 4; ++i) {
            if (places & (1 << i) != 0) _commit(sites[i], roundId, "masked");
        }
    }

    function _enrolIn(uint256 roundId, uint256 i, bytes32 plan) private {
        Application memory application = _application(sites[i], data[i]);
        application.plan = plan;
        _enrol(roundId, sites[i], application);
    }

    /// @dev A Statistics round in which all of these were fixed as those who are summed.
    function _closed(uint256 modelId, uint128 places) private returns (uint256 roundId) {
        roundId = _committedBy(modelId, places);
        uint128 all = uint128((1 << models.roundOf(roundId).enrolled) - 1);
        _close(aggregator, roundId, all);
    }

    function _finish(uint256 roundId) private {
        vm.prank(aggregator);
        models.finalize(roundId, DEALT, "result", 0, 0);
    }

    function _end(uint256 roundId) private {
        vm.prank(modelOwner);
        models.abort(roundId, "why");
        _assertRound(roundId, RoundState.Aborted);
    }

    function _release(uint256 i, bool released) private {
        vm.prank(sites[i]);
        models.releaseStatistics(data[i], released);
    }

    function _refusesSites(uint256 roundId, uint256 datasetId) private {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_OtherSites.selector, roundId, datasetId));
    }

    function _assertDisclosure(uint256 i, uint256 roundId, uint32 version, bool released) private view {
        Disclosure memory wanted = Disclosure(uint64(roundId), version, released);
        vm.assertEq(abi.encode(models.disclosureOf(data[i])), abi.encode(wanted));
    }
}
