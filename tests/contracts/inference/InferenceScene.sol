// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {RequestState, Wish} from "../../../contracts/types/Inference.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

/// @notice A model, a requester and a worker with keys, and what brings a request into each state.
abstract contract InferenceScene is Scene {
    uint256 internal constant FEE = 0.01 ether;

    uint256 internal model;

    function setUp() public virtual override {
        super.setUp();
        vm.prank(modelOwner);
        model = models.register("a", "c", "r", "w");
        _registerKey(researcher);
        _registerKey(worker);
        _accept(arbiter, true);
    }

    function _wish() internal view returns (Wish memory) {
        return Wish(model, 1, worker, arbiter, _now() + 1 days, 2 days, "in", "in blob");
    }

    function _request(address by, Wish memory w, uint256 value) internal returns (uint256) {
        vm.prank(by);
        return inferences.request{value: value}(w);
    }

    function _request(Wish memory wish) internal returns (uint256) {
        return _request(researcher, wish, FEE);
    }

    function _requested() internal returns (uint256) {
        return _request(_wish());
    }

    function _commit(address by, uint256 requestId, bytes32 commitment, bytes32 output) internal {
        vm.prank(by);
        inferences.commit(requestId, "in", commitment, output);
    }

    function _commit(uint256 requestId) internal returns (uint256) {
        _commit(worker, requestId, "out", "out blob");
        return requestId;
    }

    function _committed() internal returns (uint256) {
        return _commit(_requested());
    }

    function _challenge(address by, uint256 requestId, bytes32 evidence) internal {
        vm.prank(by);
        inferences.challenge(requestId, evidence);
    }

    function _challenged() internal returns (uint256 requestId) {
        requestId = _committed();
        _challenge(researcher, requestId, "evidence");
    }

    function _accept(address account, bool accepted) internal {
        vm.prank(account);
        inferences.acceptArbitration(accepted);
    }

    function _name(address by, uint256 requestId, address auditor) internal {
        address[] memory auditors = new address[](1);
        auditors[0] = auditor;
        vm.prank(by);
        inferences.nameAuditors(requestId, auditors);
    }

    function _cancel(address by, uint256 requestId) internal {
        vm.prank(by);
        inferences.cancel(requestId);
    }

    function _expire(address by, uint256 requestId) internal {
        vm.prank(by);
        inferences.expire(requestId);
    }

    function _assertRequest(uint256 requestId, RequestState wanted) internal view {
        vm.assertEq(uint256(inferences.stateOf(requestId)), uint256(wanted));
    }

    function _refusesRequest(uint256 requestId, RequestState got) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_WrongState.selector, requestId, got)
        );
    }

    function _refusesOther(uint256 requestId) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_OtherRequest.selector, requestId)
        );
    }

    function _refusesParty(uint256 requestId, address account) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_PartyAsAuditor.selector, requestId, account)
        );
    }

    function _refusesEmpty(string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_EmptyField.selector, field));
    }

    function _refusesWorker(uint256 requestId, address got) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NotWorker.selector, requestId, got)
        );
    }

    function _refusesRequester(uint256 requestId, address got) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NotRequester.selector, requestId, got)
        );
    }

    function _refusesEarly(uint256 requestId, uint40 until) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_TooEarly.selector, requestId, until)
        );
    }

    function _refusesLate(uint256 requestId, uint40 since) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_TooLate.selector, requestId, since)
        );
    }
}
