// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {vm} from "../Vm.sol";
import {InferenceScene} from "./InferenceScene.sol";

contract RequestTest is InferenceScene {
    function test_request_given_an_empty_field() external {
        Wish memory wish = _wish();
        wish.inputCommitment = 0;
        _refusesEmpty("inputCommitment");
        _request(wish);
        wish = _wish();
        wish.input = 0;
        _refusesEmpty("input");
        _request(wish);
    }

    function test_request_given_bad_times() external {
        Wish memory wish = _wish();
        uint40[3] memory deadlines = [0, _now(), _now() + 365 days + 1];
        for (uint256 i = 0; i < 3; ++i) {
            wish.deadline = deadlines[i];
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_BadDeadline.selector, deadlines[i])
            );
            _request(wish);
        }
        wish = _wish();
        wish.challengeWindow = 90 days + 1;
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_BadWindow.selector, wish.challengeWindow)
        );
        _request(wish);
    }

    function test_request_given_a_worker_or_requester_without_a_key() external {
        Wish memory wish = _wish();
        wish.worker = stranger;
        _refusesKey(stranger);
        _request(wish);
        vm.prank(researcher);
        keys.revoke();
        _refusesKey(researcher);
        _request(_wish());
    }

    function test_request_given_a_version_that_does_not_exist() external {
        Wish memory wish = _wish();
        wish.version = 2;
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_UnknownVersion.selector, model, 2));
        _request(wish);
        (wish.version, wish.modelId) = (1, 9);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ModelRegistry_UnknownVersion.selector, 9, 1));
        _request(wish);
    }

    function test_request_given_a_fee_that_does_not_fit() external {
        vm.deal(researcher, 2 ** 97);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_FeeTooHigh.selector, uint256(2 ** 96))
        );
        _request(researcher, _wish(), 2 ** 96);
    }

    function test_request_given_a_wish() external {
        Wish memory wish = _wish();
        vm.recordLogs();
        uint256 requestId = _request(wish);
        emit IInferenceCommitment.InferenceRequested(requestId, model, worker, researcher, 1, "in", "in blob");
        _saw(address(inferences));
        IInferenceCommitment.Request memory wanted = IInferenceCommitment.Request({
            modelId: model,
            version: 1,
            requester: researcher,
            worker: worker,
            arbiter: arbiter,
            fee: uint128(FEE),
            deadline: wish.deadline,
            challengeWindow: 2 days,
            state: IInferenceCommitment.State.Requested,
            inputCommitment: "in",
            input: "in blob",
            outputCommitment: 0,
            output: 0
        });
        vm.assertEq(abi.encode(inferences.requestOf(requestId)), abi.encode(wanted));
        vm.assertEq(address(inferences).balance, FEE);
    }

    function test_commit_given_another_sender_or_an_empty_field() external {
        uint256 requestId = _requested();
        _refusesWorker(requestId, stranger);
        _commit(stranger, requestId, "out", "blob");
        _refusesEmpty("outputCommitment");
        _commit(worker, requestId, 0, "blob");
        _refusesEmpty("output");
        _commit(worker, requestId, "out", 0);
        _refusesWorker(9, worker);
        _commit(worker, 9, "out", "blob");
    }

    function test_commit_given_that_the_deadline_has_passed() external {
        uint256 requestId = _requested();
        uint40 since = inferences.requestOf(requestId).deadline;
        _wait(1 days + 1);
        _refusesLate(requestId, since);
        _commit(requestId);
    }

    function test_commit_given_an_answer() external {
        uint256 requestId = _requested();
        vm.recordLogs();
        _commit(worker, requestId, "out", "blob");
        emit IInferenceCommitment.InferenceCommitted(requestId, "out", "blob");
        _saw(address(inferences));
        IInferenceCommitment.Request memory got = inferences.requestOf(requestId);
        vm.assertEq(got.outputCommitment, "out");
        vm.assertEq(got.output, "blob");
        vm.assertEq(got.deadline, _now() + 2 days);
        _assertRequest(requestId, IInferenceCommitment.State.Committed);
        _refusesRequest(requestId, IInferenceCommitment.State.Committed);
        _commit(worker, requestId, "other", "blob");
    }

    function test_cancel_given_neither_requester_nor_worker() external {
        uint256 requestId = _requested();
        _refusesRequester(requestId, stranger);
        _cancel(stranger, requestId);
    }

    function test_cancel_given_the_worker() external {
        uint256 requestId = _requested();
        vm.recordLogs();
        _cancel(worker, requestId);
        emit IInferenceCommitment.InferenceExpired(requestId);
        _saw(address(inferences));
        _assertRequest(requestId, IInferenceCommitment.State.Expired);
        vm.assertEq(inferences.owed(researcher), FEE);
    }

    function test_cancel_given_the_requester() external {
        uint256 requestId = _requested();
        uint40 deadline = _now() + 10 minutes;
        vm.recordLogs();
        _cancel(researcher, requestId);
        emit IInferenceCommitment.InferenceCancelling(requestId, deadline);
        _saw(address(inferences));
        _wait(10 minutes);
        _refusesEarly(requestId, deadline);
        _expire(researcher, requestId);
        _wait(1);
        _expire(stranger, requestId);
        vm.assertEq(inferences.owed(researcher), FEE);
    }

    function test_cancel_given_the_requester_just_before_the_deadline() external {
        uint256 requestId = _requested();
        uint40 deadline = inferences.requestOf(requestId).deadline;
        _wait(1 days - 60);
        _cancel(researcher, requestId);
        vm.assertEq(inferences.requestOf(requestId).deadline, deadline);
    }

    function test_cancel_given_an_answer_within_the_notice() external {
        uint256 requestId = _requested();
        _cancel(researcher, requestId);
        _commit(requestId);
        _refusesRequest(requestId, IInferenceCommitment.State.Committed);
        _cancel(researcher, requestId);
    }

    function test_expire_given_a_deadline() external {
        uint256 requestId = _requested();
        uint40 until = inferences.requestOf(requestId).deadline;
        _wait(1 days);
        _refusesEarly(requestId, until);
        _expire(stranger, requestId);
        _wait(1);
        vm.recordLogs();
        _expire(stranger, requestId);
        emit IInferenceCommitment.InferenceExpired(requestId);
        _saw(address(inferences));
        vm.assertEq(inferences.owed(researcher), FEE);
        _refusesRequest(requestId, IInferenceCommitment.State.Expired);
        _expire(stranger, requestId);
    }

    function _refusesKey(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NoKey.selector, account));
    }
}
