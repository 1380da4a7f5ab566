// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {RequestState, Standing, Wish} from "../../../contracts/types/Inference.sol";
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
        _refusesRequest(requestId, RequestState.Requested);
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
        uint256 requestId = _commit(_request(researcher, wish, 0));
        _refusesEmpty("arbiter");
        _challenge(researcher, requestId, "evidence");
    }

    function test_challenge_given_evidence() external {
        uint256 requestId = _committed();
        vm.recordLogs();
        _challenge(researcher, requestId, "evidence");
        emit IInferenceCommitment.InferenceChallenged(requestId, researcher, "evidence");
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Challenged);
        vm.assertEq(inferences.requestOf(requestId).deadline, _now() + 30 days);
    }

    function test_resolve_given_another_sender_than_the_arbiter_or_no_challenge() external {
        uint256 requestId = _committed();
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NotArbiter.selector, requestId, researcher)
        );
        _resolve(researcher, requestId, true);
        _refusesRequest(requestId, RequestState.Committed);
        _resolve(arbiter, requestId, true);
    }

    function test_resolve_given_another_answer_with_its_number() external {
        uint256 requestId = _challenged();
        vm.prank(arbiter);
        _refusesOther(requestId);
        inferences.resolve(requestId, true, "another");
        _assertRequest(requestId, RequestState.Challenged);
    }

    function test_resolve_given_an_upheld_challenge() external {
        uint256 requestId = _challenged();
        vm.recordLogs();
        _resolve(arbiter, requestId, true);
        emit IInferenceCommitment.ChallengeResolved(requestId, arbiter, true);
        emit IInferenceCommitment.InferenceRefused(requestId, researcher, FEE, arbiter);
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Refused);
        _assertOwed(FEE, 0);
    }

    function test_resolve_given_a_challenge_that_is_not_upheld() external {
        uint256 requestId = _challenged();
        vm.recordLogs();
        _resolve(arbiter, requestId, false);
        emit IInferenceCommitment.ChallengeResolved(requestId, arbiter, false);
        emit IInferenceCommitment.InferenceFinalized(requestId, worker, FEE, arbiter);
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Finalized);
        _assertOwed(0, FEE);
    }

    function test_resolve_given_a_late_arbiter() external {
        uint256 requestId = _challenged();
        uint40 since = inferences.requestOf(requestId).deadline;
        _wait(30 days + 1);
        _refusesLate(requestId, since);
        _resolve(arbiter, requestId, false);
        _refusesLate(requestId, since);
        _resolve(arbiter, requestId, true);
        _finalize(stranger, requestId);
        _assertOwed(FEE, 0);
    }

    function test_finalize_given_no_answer() external {
        uint256 requestId = _requested();
        _refusesRequest(requestId, RequestState.Requested);
        _finalize(researcher, requestId);
    }

    function test_finalize_given_the_requester() external {
        uint256 requestId = _committed();
        _refusesEarly(requestId, inferences.requestOf(requestId).deadline);
        _finalize(worker, requestId);
        vm.recordLogs();
        _finalize(researcher, requestId);
        emit IInferenceCommitment.InferenceFinalized(requestId, worker, FEE, researcher);
        _saw(address(inferences));
        _assertOwed(0, FEE);
        _refusesRequest(requestId, RequestState.Finalized);
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
        vm.recordLogs();
        _finalize(stranger, requestId);
        emit IInferenceCommitment.InferenceRefused(requestId, researcher, FEE, stranger);
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Refused);
        _assertOwed(FEE, 0);
    }

    function test_nameAuditors_given_another_sender_than_the_requester_or_nobody() external {
        uint256 requestId = _requested();
        _refusesRequester(requestId, worker);
        _name(worker, requestId, stranger);
        _refusesEmpty("auditors");
        vm.prank(researcher);
        inferences.nameAuditors(requestId, new address[](0));
    }

    function test_nameAuditors_given_requester_or_worker() external {
        uint256 requestId = _requested();
        _refusesParty(requestId, worker);
        _name(researcher, requestId, worker);
        _refusesParty(requestId, researcher);
        _name(researcher, requestId, researcher);
    }

    function test_nameAuditors_given_an_auditor() external {
        uint256 requestId = _requested();
        vm.recordLogs();
        _name(researcher, requestId, stranger);
        emit IInferenceCommitment.AuditorNamed(requestId, researcher, stranger);
        _saw(address(inferences));
        vm.assertEq(inferences.isNamed(requestId, stranger), true);
        vm.assertEq(inferences.isNamed(_requested(), stranger), false);
    }

    function test_trustAuditor_given_another_sender_than_the_models_owner() external {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NotModelOwner.selector, model, worker)
        );
        _trust(worker, stranger, true);
    }

    function test_trustAuditor_given_the_owner() external {
        vm.recordLogs();
        _trust(modelOwner, stranger, true);
        emit IInferenceCommitment.AuditorTrusted(model, modelOwner, stranger, true);
        _saw(address(inferences));
        vm.assertEq(inferences.isTrusted(model, modelOwner, stranger), true);
        _trust(modelOwner, stranger, false);
        vm.assertEq(inferences.isTrusted(model, modelOwner, stranger), false);
    }

    function test_attestAudit_given_nothing_to_audit_or_no_report() external {
        uint256 requestId = _requested();
        _refusesRequest(requestId, RequestState.Requested);
        _attest(requestId, "report");
        _commit(requestId);
        _refusesEmpty("report");
        _attest(requestId, 0);
    }

    function test_attestAudit_given_another_answer_with_its_number() external {
        uint256 requestId = _committed();
        vm.prank(stranger);
        _refusesOther(requestId);
        inferences.attestAudit(requestId, true, "report", "another");
    }

    function test_attestAudit_given_requester_or_worker() external {
        uint256 requestId = _committed();
        _trust(modelOwner, worker, true);
        _refusesParty(requestId, worker);
        _attest(worker, requestId, "report");
        _refusesParty(requestId, researcher);
        _attest(researcher, requestId, "report");
    }

    function test_attestAudit_given_an_auditor_whom_nobody_named() external {
        uint256 requestId = _committed();
        vm.recordLogs();
        _attest(requestId, "report");
        emit IInferenceCommitment.AuditAttested(requestId, stranger, Standing.Unnamed, false, "report");
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Committed);
    }

    function test_attestAudit_given_an_auditor_whom_the_requester_named() external {
        uint256 requestId = _committed();
        _trust(modelOwner, stranger, true);
        _name(researcher, requestId, stranger);
        vm.recordLogs();
        _attest(requestId, "report");
        emit IInferenceCommitment.AuditAttested(requestId, stranger, Standing.Named, false, "report");
        _saw(address(inferences));
    }

    function test_attestAudit_given_an_auditor_whom_the_models_owner_trusts() external {
        uint256 requestId = _committed();
        _trust(modelOwner, stranger, true);
        vm.recordLogs();
        _attest(requestId, "report");
        emit IInferenceCommitment.AuditAttested(requestId, stranger, Standing.Trusted, false, "report");
        _saw(address(inferences));
        vm.prank(modelOwner);
        models.transferFrom(modelOwner, hospital, model);
        vm.recordLogs();
        _attest(requestId, "report");
        emit IInferenceCommitment.AuditAttested(requestId, stranger, Standing.Unnamed, false, "report");
        _saw(address(inferences));
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
        emit IInferenceCommitment.Collected(worker, FEE, stranger);
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
        inferences.resolve(requestId, upheld, "out");
    }

    function _finalize(address by, uint256 requestId) private {
        vm.prank(by);
        inferences.finalize(requestId);
    }

    function _attest(uint256 requestId, bytes32 report) private {
        _attest(stranger, requestId, report);
    }

    function _attest(address by, uint256 requestId, bytes32 report) private {
        vm.prank(by);
        inferences.attestAudit(requestId, false, report, "out");
    }

    function _trust(address by, address auditor, bool trusted) private {
        vm.prank(by);
        inferences.trustAuditor(model, auditor, trusted);
    }

    function _assertOwed(uint256 requesters, uint256 workers) private view {
        vm.assertEq(inferences.owed(researcher), requesters);
        vm.assertEq(inferences.owed(worker), workers);
    }

    function _refusesDebt(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NothingOwed.selector, account));
    }
}
