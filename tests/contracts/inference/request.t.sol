// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {Request, RequestState, Wish} from "../../../contracts/types/Inference.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
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
        wish.challengeWindow = 1 hours - 1;
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_BadWindow.selector, wish.challengeWindow)
        );
        _request(wish);
        _assertRequest(_request(researcher, wish, 0), RequestState.Requested);
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
        for (uint32 version = 0; version < 3; version += 2) {
            wish.version = version;
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_UnknownVersion.selector, model, version)
            );
            _request(wish);
        }
        (wish.version, wish.modelId) = (1, 9);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 9));
        _request(wish);
    }

    function test_request_given_a_fee_without_an_arbiter() external {
        Wish memory wish = _wish();
        wish.arbiter = address(0);
        _refusesEmpty("arbiter");
        _request(researcher, wish, 1);
        _assertRequest(_request(researcher, wish, 0), RequestState.Requested);
    }

    function test_request_given_an_arbiter_that_is_a_party() external {
        Wish memory wish = _wish();
        address[2] memory parties = [researcher, worker];
        for (uint256 i = 0; i < 2; ++i) {
            _accept(parties[i], true);
            wish.arbiter = parties[i];
            for (uint256 fee = 0; fee < 2; ++fee) {
                vm.expectRevert(
                    abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_PartyAsArbiter.selector, parties[i])
                );
                _request(researcher, wish, fee);
            }
        }
    }

    function test_request_given_an_arbiter_that_has_not_accepted() external {
        Wish memory wish = _wish();
        wish.arbiter = stranger;
        _refusesArbiter(stranger);
        _request(wish);
        _accept(arbiter, false);
        _refusesArbiter(arbiter);
        _request(_wish());
    }

    function test_acceptArbitration_given_an_account() external {
        vm.assertEq(inferences.isArbiter(stranger), false);
        vm.recordLogs();
        _accept(stranger, true);
        emit IInferenceCommitment.ArbitrationAccepted(stranger, true);
        _saw(address(inferences));
        vm.assertEq(inferences.isArbiter(stranger), true);
        _accept(stranger, false);
        vm.assertEq(inferences.isArbiter(stranger), false);
    }

    function test_acceptArbitration_given_a_request_that_names_the_account() external {
        uint256 requestId = _commit(_requested());
        _accept(arbiter, false);
        _challenge(researcher, requestId, "evidence");
        vm.prank(arbiter);
        inferences.resolve(requestId, true, "out");
        _assertRequest(requestId, RequestState.Refused);
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
        emit IInferenceCommitment.InferenceRequested(
            requestId,
            model,
            worker,
            researcher,
            1,
            "in",
            "in blob",
            wish.arbiter,
            uint96(FEE),
            wish.challengeWindow,
            wish.deadline
        );
        _saw(address(inferences));
        Request memory wanted = Request({
            modelId: model,
            version: 1,
            requester: researcher,
            worker: worker,
            arbiter: arbiter,
            fee: uint128(FEE),
            deadline: wish.deadline,
            challengeWindow: 2 days,
            state: RequestState.Requested,
            inputCommitment: "in",
            outputCommitment: 0
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

    function test_commit_given_another_request_with_its_number() external {
        uint256 requestId = _requested();
        vm.prank(worker);
        _refusesOther(requestId);
        inferences.commit(requestId, "another", "out", "out blob");
        _assertRequest(requestId, RequestState.Requested);
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
        emit IInferenceCommitment.InferenceCommitted(requestId, worker, "out", "blob");
        _saw(address(inferences));
        Request memory got = inferences.requestOf(requestId);
        vm.assertEq(got.outputCommitment, "out");
        vm.assertEq(got.deadline, _now() + 2 days);
        _assertRequest(requestId, RequestState.Committed);
        _refusesRequest(requestId, RequestState.Committed);
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
        emit IInferenceCommitment.InferenceExpired(requestId, researcher, FEE, worker);
        _saw(address(inferences));
        _assertRequest(requestId, RequestState.Expired);
        vm.assertEq(inferences.owed(researcher), FEE);
    }

    function test_cancel_given_the_requester() external {
        uint256 requestId = _requested();
        uint40 deadline = _now() + 10 minutes;
        vm.recordLogs();
        _cancel(researcher, requestId);
        emit IInferenceCommitment.InferenceCancelling(requestId, researcher, deadline);
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
        _refusesRequest(requestId, RequestState.Committed);
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
        emit IInferenceCommitment.InferenceExpired(requestId, researcher, FEE, stranger);
        _saw(address(inferences));
        vm.assertEq(inferences.owed(researcher), FEE);
        _refusesRequest(requestId, RequestState.Expired);
        _expire(stranger, requestId);
    }

    function _refusesArbiter(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_ArbiterHasNotAccepted.selector, account)
        );
    }

    function _refusesKey(address account) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceCommitment.InferenceCommitment_NoKey.selector, account));
    }
}
