// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {IERC721Errors, LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

/// @notice A model, two hospitals with a dataset each, and what brings a round into each state.
abstract contract ModelScene is LicenseScene {
    bytes32 internal constant PLAN = "plan";

    uint256 internal model;
    address[2] internal nodes;
    uint256[2] internal sets;
    bytes internal roundKeys = abi.encodePacked(keccak256("a"), keccak256("b"));

    struct Opening {
        IModelRegistry.RoundKind kind;
        bytes32 plan;
        address aggregator;
        uint16 minNodes;
        uint40 enrolBy;
        uint40 commitBy;
        uint40 finalizeBy;
    }

    function setUp() public virtual override {
        super.setUp();
        vm.prank(modelOwner);
        model = models.register("architecture", "model card", "root 1", "weights 1");
        nodes = [hospital, second];
        sets = [
            _publish(hospital, _publication("first", DuoPolicy.GRU)),
            _publish(second, _publication("second", DuoPolicy.GRU))
        ];
    }

    function _opening() internal view returns (Opening memory) {
        uint40 start = _now();
        return Opening({
            kind: IModelRegistry.RoundKind.Training,
            plan: PLAN,
            aggregator: aggregator,
            minNodes: 2,
            enrolBy: start + 1 days,
            commitBy: start + 2 days,
            finalizeBy: start + 3 days
        });
    }

    function _open(address by, Opening memory o) internal returns (uint256) {
        vm.prank(by);
        return models.openRound(model, o.kind, o.plan, o.aggregator, o.minNodes, o.enrolBy, o.commitBy, o.finalizeBy);
    }

    function _round() internal returns (uint256) {
        return _open(modelOwner, _opening());
    }

    function _enrol(uint256 roundId, address node, uint256 datasetId) internal {
        vm.prank(node);
        models.enrol(roundId, datasetId, PLAN, roundKeys);
    }

    function _fill(uint256 roundId) internal returns (uint256) {
        for (uint256 i = 0; i < 2; ++i) {
            _enrol(roundId, nodes[i], sets[i]);
        }
        return roundId;
    }

    function _start(address by, uint256 roundId) internal returns (uint256) {
        vm.prank(by);
        models.startRound(roundId);
        return roundId;
    }

    function _commit(address node, uint256 roundId, bytes32 commitment) internal {
        vm.prank(node);
        models.commitUpdate(roundId, commitment);
    }

    function _commitAll(uint256 roundId) internal returns (uint256) {
        for (uint256 i = 0; i < 2; ++i) {
            _commit(nodes[i], roundId, "masked");
        }
        return roundId;
    }

    function _close(address by, uint256 roundId) internal returns (uint256) {
        vm.prank(by);
        models.closeCommits(roundId);
        return roundId;
    }

    function _full() internal returns (uint256) {
        return _fill(_round());
    }

    function _running() internal returns (uint256) {
        return _start(aggregator, _full());
    }

    function _committed() internal returns (uint256) {
        return _commitAll(_running());
    }

    function _unmasking() internal returns (uint256) {
        return _close(aggregator, _committed());
    }

    function _assertRound(uint256 roundId, IModelRegistry.RoundState wanted) internal view {
        vm.assertEq(uint256(models.roundOf(roundId).state), uint256(wanted));
    }

    function _refusesRound(uint256 roundId, IModelRegistry.RoundState got) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_WrongState.selector, roundId, got));
    }

    function _refusesModelOwner(address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotOwner.selector, model, got));
    }

    function _refusesEmpty(string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_EmptyField.selector, field));
    }

    function _refusesField(string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_BadRound.selector, field));
    }

    function _refusesLate(uint256 roundId, uint40 since) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_TooLate.selector, roundId, since));
    }

    function _refusesFewNodes(uint256 roundId, uint16 got, uint16 required) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IModelRegistry.ModelRegistry_TooFewNodes.selector, roundId, got, required)
        );
    }

    function _refusesAggregator(uint256 roundId, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotAggregator.selector, roundId, got));
    }

    function _refusesEarlyRound(uint256 roundId, uint40 until) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_TooEarly.selector, roundId, until));
    }

    function _refusesMissing(uint256 modelId) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, modelId));
    }
}
