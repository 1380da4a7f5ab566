// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Application, Opening, RoundKind, RoundState} from "../../../contracts/types/Rounds.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {IERC721Errors, LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

/// @notice A model, two hospitals with a dataset each, and what brings a round into each state.
abstract contract ModelScene is LicenseScene {
    bytes32 internal constant PLAN = "plan";
    bytes32 internal constant DEALT = "dealt";
    uint128 internal constant BOTH = 3; // both nodes' places in the roster

    uint256 internal model;
    address[2] internal nodes;
    uint256[2] internal sets;
    bytes32[] internal invitation; // none

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
            kind: RoundKind.Training,
            plan: PLAN,
            invited: 0,
            aggregator: aggregator,
            minNodes: 2,
            colluders: 1,
            enrolBy: start + 1 days,
            commitBy: start + 2 days,
            finalizeBy: start + 3 days
        });
    }

    /// @dev Of another round on the same base: each has a plan of its own.
    function _planned(uint256 attempt) internal view returns (Opening memory o) {
        o = _opening();
        o.plan = keccak256(abi.encode("plan", attempt));
    }

    function _open(address by, Opening memory o) internal returns (uint256) {
        vm.prank(by);
        return models.openRound(model, o);
    }

    function _round() internal returns (uint256) {
        return _open(modelOwner, _opening());
    }

    /// @dev Two keys of a node, in hexadecimal neither of low order nor anybody else's.
    function _keysOf(address node) internal pure returns (bytes memory) {
        return abi.encodePacked(keccak256(abi.encode("mask", node)), keccak256(abi.encode("share", node)));
    }

    function _application(address node, uint256 datasetId) internal view returns (Application memory) {
        return
            Application({
                datasetId: datasetId, licenseId: 0, plan: PLAN, roundKeys: _keysOf(node), invitation: invitation
            });
    }

    function _enrol(uint256 roundId, address node, uint256 datasetId) internal {
        _enrol(roundId, node, _application(node, datasetId));
    }

    function _enrol(uint256 roundId, address node, Application memory application) internal {
        vm.prank(node);
        models.enrol(roundId, application);
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

    function _fix(address by, uint256 roundId, uint128 dealers) internal returns (uint256) {
        vm.prank(by);
        models.fixDealers(roundId, dealers, DEALT);
        return roundId;
    }

    function _commit(address node, uint256 roundId, bytes32 commitment) internal {
        vm.prank(node);
        models.commitUpdate(roundId, DEALT, commitment);
    }

    function _commitAll(uint256 roundId) internal returns (uint256) {
        for (uint256 i = 0; i < 2; ++i) {
            _commit(nodes[i], roundId, "masked");
        }
        return roundId;
    }

    function _close(address by, uint256 roundId) internal returns (uint256) {
        return _close(by, roundId, BOTH);
    }

    function _close(address by, uint256 roundId, uint128 summed) internal returns (uint256) {
        vm.prank(by);
        models.closeCommits(roundId, DEALT, summed);
        return roundId;
    }

    function _full() internal returns (uint256) {
        return _fill(_round());
    }

    function _running() internal returns (uint256) {
        return _start(aggregator, _full());
    }

    function _dealt() internal returns (uint256) {
        return _fix(aggregator, _running(), BOTH);
    }

    function _committed() internal returns (uint256) {
        return _commitAll(_dealt());
    }

    function _unmasking() internal returns (uint256) {
        return _close(aggregator, _committed());
    }

    function _assertRound(uint256 roundId, RoundState wanted) internal view {
        vm.assertEq(uint256(models.roundOf(roundId).state), uint256(wanted));
    }

    function _refusesRound(uint256 roundId, RoundState got) internal {
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

    function _refusesConsent(uint256 datasetId, uint32 version) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_Withdrawn.selector, datasetId, version));
    }

    function _refusesNodes(uint256 roundId, uint128 got, uint128 allowed) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_BadNodes.selector, roundId, got, allowed));
    }

    function _refusesNode(uint256 datasetId, address node) internal {
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_NotEntitled.selector, datasetId, node));
    }

    function _refusesMissing(uint256 modelId) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, modelId));
    }
}
