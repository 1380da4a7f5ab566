// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IInferenceCommitment} from "./interfaces/IInferenceCommitment.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {Request, RequestState, Standing, Wish} from "./types/Inference.sol";

/// @title Inference commitment
/// @dev The balance of this contract is the fees of the requests that are requested, committed or challenged, plus what is
/// owed. Money leaves through `collect` alone, last.
contract InferenceCommitment is IInferenceCommitment {
    struct StoredRequest {
        // slot 0
        address requester;
        uint40 deadline;
        uint32 challengeWindow;
        RequestState state;
        // slot 1
        address worker;
        uint64 modelId;
        uint32 version;
        // slot 2
        address arbiter;
        uint96 fee;
        // slots 3 and 4
        bytes32 inputCommitment;
        bytes32 outputCommitment;
    }

    uint32 public constant MAX_CHALLENGE_WINDOW = 90 days;
    uint40 public constant MAX_DEADLINE = 365 days;

    /// @notice What a requester has at least to dispute an answer that it pays for.
    uint32 public constant MIN_PAID_WINDOW = 1 hours;

    /// @notice What a worker has left once the requester gives notice.
    uint40 public constant NOTICE = 10 minutes;

    /// @notice How long an arbiter has; then anyone may let the requester be paid back.
    uint40 public constant ARBITRATION = 30 days;

    IModelRegistry public immutable MODELS;
    IKeyRegistry public immutable KEYS;

    /// @inheritdoc IInferenceCommitment
    uint256 public requestCount;

    mapping(uint256 requestId => StoredRequest) private _requests;

    /// @inheritdoc IInferenceCommitment
    mapping(address account => bool) public isArbiter;

    /// @inheritdoc IInferenceCommitment
    mapping(uint256 requestId => mapping(address auditor => bool)) public isNamed;

    /// @inheritdoc IInferenceCommitment
    mapping(uint256 modelId => mapping(address owner => mapping(address auditor => bool))) public isTrusted;

    /// @inheritdoc IInferenceCommitment
    mapping(address account => uint256) public owed;

    constructor(IModelRegistry models, IKeyRegistry keys) {
        MODELS = models;
        KEYS = keys;
    }

    /// @inheritdoc IInferenceCommitment
    function request(Wish calldata wish) external payable returns (uint256 requestId) {
        _checkWish(wish);
        requestId = ++requestCount;
        StoredRequest storage stored = _requests[requestId];
        stored.requester = msg.sender;
        stored.deadline = wish.deadline;
        stored.challengeWindow = wish.challengeWindow;
        stored.state = RequestState.Requested;
        stored.worker = wish.worker;
        stored.modelId = uint64(wish.modelId); // the registry has it, and counts from 1
        stored.version = wish.version;
        stored.arbiter = wish.arbiter;
        stored.fee = uint96(msg.value); // checked
        stored.inputCommitment = wish.inputCommitment;
        emit InferenceRequested(
            requestId,
            wish.modelId,
            wish.worker,
            msg.sender,
            wish.version,
            wish.inputCommitment,
            wish.input,
            wish.arbiter,
            uint96(msg.value), // checked
            wish.challengeWindow,
            wish.deadline
        );
    }

    /// @inheritdoc IInferenceCommitment
    function commit(uint256 requestId, bytes32 inputCommitment, bytes32 outputCommitment, bytes32 output) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.worker) revert InferenceCommitment_NotWorker(requestId, msg.sender);
        _checkState(requestId, stored, RequestState.Requested);
        if (stored.inputCommitment != inputCommitment) revert InferenceCommitment_OtherRequest(requestId);
        _checkNotLate(requestId, stored);
        if (outputCommitment == 0) revert InferenceCommitment_EmptyField("outputCommitment");
        if (output == 0) revert InferenceCommitment_EmptyField("output");
        stored.state = RequestState.Committed;
        stored.deadline = uint40(block.timestamp) + stored.challengeWindow;
        stored.outputCommitment = outputCommitment;
        emit InferenceCommitted(requestId, msg.sender, outputCommitment, output);
    }

    /// @inheritdoc IInferenceCommitment
    function cancel(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        bool declined = msg.sender == stored.worker;
        if (!declined && msg.sender != stored.requester) {
            revert InferenceCommitment_NotRequester(requestId, msg.sender);
        }
        _checkState(requestId, stored, RequestState.Requested);
        if (declined) {
            _expire(requestId, stored);
        } else {
            uint40 deadline = uint40(block.timestamp) + NOTICE;
            if (deadline < stored.deadline) stored.deadline = deadline;
            emit InferenceCancelling(requestId, msg.sender, stored.deadline);
        }
    }

    /// @inheritdoc IInferenceCommitment
    function expire(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        _checkState(requestId, stored, RequestState.Requested);
        _checkOver(requestId, stored);
        _expire(requestId, stored);
    }

    /// @inheritdoc IInferenceCommitment
    function challenge(uint256 requestId, bytes32 evidence) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.requester) revert InferenceCommitment_NotRequester(requestId, msg.sender);
        _checkState(requestId, stored, RequestState.Committed);
        _checkNotLate(requestId, stored);
        if (evidence == 0) revert InferenceCommitment_EmptyField("evidence");
        if (stored.arbiter == address(0)) revert InferenceCommitment_EmptyField("arbiter");
        stored.state = RequestState.Challenged;
        stored.deadline = uint40(block.timestamp) + ARBITRATION;
        emit InferenceChallenged(requestId, msg.sender, evidence);
    }

    /// @inheritdoc IInferenceCommitment
    function resolve(uint256 requestId, bool upheld, bytes32 outputCommitment) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.arbiter) revert InferenceCommitment_NotArbiter(requestId, msg.sender);
        _checkState(requestId, stored, RequestState.Challenged);
        _checkAnswer(requestId, stored, outputCommitment);
        _checkNotLate(requestId, stored);
        emit ChallengeResolved(requestId, msg.sender, upheld);
        if (upheld) _refuse(requestId, stored);
        else _finalize(requestId, stored);
    }

    /// @inheritdoc IInferenceCommitment
    function finalize(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        if (stored.state == RequestState.Challenged) {
            _checkOver(requestId, stored);
            _refuse(requestId, stored);
            return;
        }
        _checkState(requestId, stored, RequestState.Committed);
        if (msg.sender != stored.requester) _checkOver(requestId, stored);
        _finalize(requestId, stored);
    }

    /// @inheritdoc IInferenceCommitment
    function acceptArbitration(bool accepted) external {
        isArbiter[msg.sender] = accepted;
        emit ArbitrationAccepted(msg.sender, accepted);
    }

    /// @inheritdoc IInferenceCommitment
    function nameAuditors(uint256 requestId, address[] calldata auditors) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.requester) revert InferenceCommitment_NotRequester(requestId, msg.sender);
        if (auditors.length == 0) revert InferenceCommitment_EmptyField("auditors");
        for (uint256 i = 0; i < auditors.length; ++i) {
            _checkNoParty(requestId, stored, auditors[i]);
            isNamed[requestId][auditors[i]] = true;
            emit AuditorNamed(requestId, msg.sender, auditors[i]);
        }
    }

    /// @inheritdoc IInferenceCommitment
    function trustAuditor(uint256 modelId, address auditor, bool trusted) external {
        if (msg.sender != _ownerOf(modelId)) revert InferenceCommitment_NotModelOwner(modelId, msg.sender);
        isTrusted[modelId][msg.sender][auditor] = trusted;
        emit AuditorTrusted(modelId, msg.sender, auditor, trusted);
    }

    /// @inheritdoc IInferenceCommitment
    function attestAudit(uint256 requestId, bool passed, bytes32 report, bytes32 outputCommitment) external {
        StoredRequest storage stored = _requests[requestId];
        RequestState state = stored.state;
        if (state == RequestState.None || state == RequestState.Requested || state == RequestState.Expired) {
            revert InferenceCommitment_WrongState(requestId, state);
        }
        if (report == 0) revert InferenceCommitment_EmptyField("report");
        _checkAnswer(requestId, stored, outputCommitment);
        _checkNoParty(requestId, stored, msg.sender);
        Standing standing = Standing.Unnamed;
        if (isNamed[requestId][msg.sender]) standing = Standing.Named;
        else if (isTrusted[stored.modelId][_ownerOf(stored.modelId)][msg.sender]) standing = Standing.Trusted;
        emit AuditAttested(requestId, msg.sender, standing, passed, report);
    }

    /// @inheritdoc IInferenceCommitment
    function collect(address account) external returns (uint256 amount) {
        amount = owed[account];
        if (amount == 0) revert InferenceCommitment_NothingOwed(account);
        owed[account] = 0;
        emit Collected(account, amount, msg.sender);
        // slither-disable-next-line arbitrary-send-eth,missing-zero-check,low-level-calls // to whom it is owed
        (bool ok,) = account.call{value: amount}("");
        if (!ok) revert InferenceCommitment_TransferFailed(account, amount);
    }

    /// @inheritdoc IInferenceCommitment
    function requestOf(uint256 requestId) external view returns (Request memory) {
        StoredRequest storage s = _requests[requestId];
        return Request({
            modelId: s.modelId,
            version: s.version,
            requester: s.requester,
            worker: s.worker,
            arbiter: s.arbiter,
            fee: s.fee,
            deadline: s.deadline,
            challengeWindow: s.challengeWindow,
            state: s.state,
            inputCommitment: s.inputCommitment,
            outputCommitment: s.outputCommitment
        });
    }

    /// @inheritdoc IInferenceCommitment
    function stateOf(uint256 requestId) external view returns (RequestState) {
        return _requests[requestId].state;
    }

    function _expire(uint256 requestId, StoredRequest storage stored) private {
        stored.state = RequestState.Expired;
        emit InferenceExpired(requestId, stored.requester, stored.fee, msg.sender);
        _credit(stored.requester, stored.fee);
    }

    function _refuse(uint256 requestId, StoredRequest storage stored) private {
        stored.state = RequestState.Refused;
        emit InferenceRefused(requestId, stored.requester, stored.fee, msg.sender);
        _credit(stored.requester, stored.fee);
    }

    function _finalize(uint256 requestId, StoredRequest storage stored) private {
        stored.state = RequestState.Finalized;
        emit InferenceFinalized(requestId, stored.worker, stored.fee, msg.sender);
        _credit(stored.worker, stored.fee);
    }

    function _credit(address account, uint256 amount) private {
        if (amount != 0) owed[account] += amount;
    }

    function _ownerOf(uint256 modelId) private view returns (address) {
        return IERC721(address(MODELS)).ownerOf(modelId); // models are tokens
    }

    function _checkWish(Wish calldata wish) private view {
        if (wish.inputCommitment == 0) revert InferenceCommitment_EmptyField("inputCommitment");
        if (wish.input == 0) revert InferenceCommitment_EmptyField("input");
        if (msg.value > type(uint96).max) revert InferenceCommitment_FeeTooHigh(msg.value);
        _checkTimes(wish.deadline, wish.challengeWindow);
        _checkArbiter(wish.arbiter, wish.worker);
        if (!KEYS.hasKey(wish.worker)) revert InferenceCommitment_NoKey(wish.worker);
        if (!KEYS.hasKey(msg.sender)) revert InferenceCommitment_NoKey(msg.sender);
        // Cheaper than to read the version itself; of a model that does not exist it reverts.
        if (wish.version == 0 || wish.version > MODELS.latestVersion(wish.modelId)) {
            revert InferenceCommitment_UnknownVersion(wish.modelId, wish.version);
        }
    }

    function _checkTimes(uint40 deadline, uint32 challengeWindow) private view {
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_DEADLINE) {
            revert InferenceCommitment_BadDeadline(deadline);
        }
        uint32 shortest = msg.value == 0 ? 0 : MIN_PAID_WINDOW;
        if (challengeWindow < shortest || challengeWindow > MAX_CHALLENGE_WINDOW) {
            revert InferenceCommitment_BadWindow(challengeWindow);
        }
    }

    function _checkArbiter(address arbiter, address worker) private view {
        if (arbiter == address(0)) {
            if (msg.value != 0) revert InferenceCommitment_EmptyField("arbiter");
            return;
        }
        if (arbiter == msg.sender || arbiter == worker) revert InferenceCommitment_PartyAsArbiter(arbiter);
        if (!isArbiter[arbiter]) revert InferenceCommitment_ArbiterHasNotAccepted(arbiter);
    }

    function _checkNoParty(uint256 requestId, StoredRequest storage stored, address auditor) private view {
        if (auditor == stored.worker || auditor == stored.requester) {
            revert InferenceCommitment_PartyAsAuditor(requestId, auditor);
        }
    }

    function _checkState(uint256 requestId, StoredRequest storage stored, RequestState required) private view {
        if (stored.state != required) revert InferenceCommitment_WrongState(requestId, stored.state);
    }

    /// @dev The answer that was judged, and not one to a request that got its number after the chain took blocks back.
    function _checkAnswer(uint256 requestId, StoredRequest storage stored, bytes32 outputCommitment) private view {
        if (stored.outputCommitment != outputCommitment) revert InferenceCommitment_OtherRequest(requestId);
    }

    function _checkNotLate(uint256 requestId, StoredRequest storage stored) private view {
        if (block.timestamp > stored.deadline) revert InferenceCommitment_TooLate(requestId, stored.deadline);
    }

    function _checkOver(uint256 requestId, StoredRequest storage stored) private view {
        if (block.timestamp <= stored.deadline) revert InferenceCommitment_TooEarly(requestId, stored.deadline);
    }
}
