// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {vm} from "../Vm.sol";
import {InferenceScene} from "./InferenceScene.sol";

contract SettleTest is InferenceScene {
    function test_challenge_given_another_sender_than_the_requester_or_no_evidence() external {
        uint256 requestId = _committed();
        _refusesRequester(requestId, worker);
        _challenge(worker, requestId, "evidence");
        _refusesEmpty("evidence");
        _challenge(researcher, requestId, 0);
    }

    function test_challenge_given_no_answer() external {
        uint256 requestId = _requested();
        _refusesRequest(requestId, IInferenceCommitment.State.Requested);
        _challenge(researcher, requestId, "evidence");
    }

    function test_challenge_given_that_the_window_is_over() external {
        uint256 requestId = _committed();
        uint40 since = inferences.requestOf(requestId).deadline;
        _wait(2 days + 1);
        _refusesLate(requestId, since);
        _challenge(researcher, requestId, "evidence");
    }

    function test_challenge_given_no_arbiter() external {
        Wish memory wish = _wish();
        wish.arbiter = address(0);
        uint256 requestId = _commit(_request(wish));
        _refusesEmpty("arbiter");
        _challenge(researcher, requestId, "evidence");
    }

    function test_challenge_given_evidence() external {
        uint256 requestId = _committed();
        vm.recordLogs();
        _challenge(researcher, requestId, "evidence");
        emit IInferenceCommitment.InferenceChallenged(requestId, "evidence");
        _saw(address(inferences));
        _assertRequest(requestId, IInferenceCommitment.State.Challenged);
        vm.assertEq(inferences.requestOf(requestId).deadline, _now() + 30 days);
    }

    function test_resolve_given_another_sender_than_the_arbiter_or_no_challenge() external {
        uint256 requestId = _committed();
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NotArbiter.selector, requestId, researcher)
        );
        _resolve(researcher, requestId, true);
        _refusesRequest(requestId, IInferenceCommitment.State.Committed);
        _resolve(arbiter, requestId, true);
    }

    function test_resolve_given_an_upheld_challenge() external {
        uint256 requestId = _challenged();
        vm.recordLogs();
        _resolve(arbiter, requestId, true);
        emit IInferenceCommitment.ChallengeResolved(requestId, true);
        _saw(address(inferences));
        _assertRequest(requestId, IInferenceCommitment.State.Refused);
        _assertOwed(FEE, 0);
    }

    function test_resolve_given_a_challenge_that_is_not_upheld() external {
        uint256 requestId = _challenged();
        vm.recordLogs();
        _resolve(arbiter, requestId, false);
        emit IInferenceCommitment.ChallengeResolved(requestId, false);
        emit IInferenceCommitment.InferenceFinalized(requestId, worker, FEE);
        _saw(address(inferences));
        _assertRequest(requestId, IInferenceCommitment.State.Finalized);
        _assertOwed(0, FEE);
    }

    function test_finalize_given_no_answer() external {
        uint256 requestId = _requested();
        _refusesRequest(requestId, IInferenceCommitment.State.Requested);
        _finalize(researcher, requestId);
    }

    function test_finalize_given_the_requester() external {
        uint256 requestId = _committed();
        _refusesEarly(requestId, inferences.requestOf(requestId).deadline);
        _finalize(worker, requestId);
        vm.recordLogs();
        _finalize(researcher, requestId);
        emit IInferenceCommitment.InferenceFinalized(requestId, worker, FEE);
        _saw(address(inferences));
        _assertOwed(0, FEE);
        _refusesRequest(requestId, IInferenceCommitment.State.Finalized);
        _finalize(researcher, requestId);
    }

    function test_finalize_given_anyone_after_the_window() external {
        uint256 requestId = _committed();
        _wait(2 days + 1);
        _finalize(stranger, requestId);
        _assertOwed(0, FEE);
    }

    function test_finalize_given_a_silent_arbiter() external {
        uint256 requestId = _challenged();
        uint40 until = inferences.requestOf(requestId).deadline;
        _refusesEarly(requestId, until);
        _finalize(researcher, requestId);
        _refusesEarly(requestId, until);
        _finalize(worker, requestId);
        _wait(30 days + 1);
        _finalize(stranger, requestId);
        _assertOwed(0, FEE);
    }

    function test_attestAudit_given_nothing_to_audit_or_no_report() external {
        uint256 requestId = _requested();
        _refusesRequest(requestId, IInferenceCommitment.State.Requested);
        _attest(requestId, "report");
        _commit(requestId);
        _refusesEmpty("report");
        _attest(requestId, 0);
    }

    function test_attestAudit_given_a_report() external {
        uint256 requestId = _committed();
        vm.recordLogs();
        _attest(requestId, "report");
        emit IInferenceCommitment.AuditAttested(requestId, stranger, false, "report");
        _saw(address(inferences));
        _assertRequest(requestId, IInferenceCommitment.State.Committed);
    }

    function test_collect_given_nothing_owed() external {
        _refusesDebt(worker);
        inferences.collect(worker);
    }

    function test_collect_given_a_fee() external {
        uint256 requestId = _committed();
        _finalize(researcher, requestId);
        uint256 before = worker.balance;
        vm.recordLogs();
        vm.prank(stranger);
        inferences.collect(worker);
        emit IInferenceCommitment.Collected(worker, FEE);
        _saw(address(inferences));
        vm.assertEq(worker.balance, before + FEE);
        vm.assertEq(address(inferences).balance, 0);
        _refusesDebt(worker);
        inferences.collect(worker);
    }

    function test_collect_given_an_account_that_takes_no_money() external {
        uint256 requestId = _requested();
        address payer = address(keys); // a contract that asks for an inference, and takes no money
        vm.deal(payer, 1 ether);
        _registerKey(payer);
        uint256 theirs = _request(payer, _wish(), FEE);
        _cancel(worker, theirs);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_TransferFailed.selector, payer, FEE)
        );
        inferences.collect(payer);
        vm.assertEq(inferences.owed(payer), FEE);
        _cancel(worker, requestId);
        vm.assertEq(address(inferences).balance, 2 * FEE);
        inferences.collect(researcher);
        vm.assertEq(address(inferences).balance, FEE);
    }

    function _resolve(address by, uint256 requestId, bool upheld) private {
        vm.prank(by);
        inferences.resolve(requestId, upheld);
    }

    function _finalize(address by, uint256 requestId) private {
        vm.prank(by);
        inferences.finalize(requestId);
    }

    function _attest(uint256 requestId, bytes32 report) private {
        vm.prank(stranger);
        inferences.attestAudit(requestId, false, report);
    }

    function _assertOwed(uint256 requesters, uint256 workers) private view {
        vm.assertEq(inferences.owed(researcher), requesters);
        vm.assertEq(inferences.owed(worker), workers);
    }

    function _refusesDebt(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NothingOwed.selector, account));
    }
}
