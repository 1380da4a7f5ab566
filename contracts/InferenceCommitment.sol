// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInferenceCommitment} from "./interfaces/IInferenceCommitment.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";

/// @title Inference commitment
/// @dev The balance of this contract is the fees of the requests that are requested, committed or challenged, plus what is
/// owed. Money leaves through `collect` alone, last.
contract InferenceCommitment is IInferenceCommitment {
    struct StoredRequest {
        // slot 0
        address requester;
        uint40 deadline;
        uint32 challengeWindow;
        State state;
        // slot 1
        address worker;
        uint64 modelId;
        uint32 version;
        // slot 2
        address arbiter;
        uint96 fee;
        // slots 3 to 6
        bytes32 inputCommitment;
        bytes32 input;
        bytes32 outputCommitment;
        bytes32 output;
    }

    uint32 public constant MAX_CHALLENGE_WINDOW = 90 days;
    uint40 public constant MAX_DEADLINE = 365 days;

    /// @notice What a worker has left once the requester gives notice.
    uint40 public constant NOTICE = 10 minutes;

    /// @notice How long an arbiter has before anyone may let the worker be paid.
    uint40 public constant ARBITRATION = 30 days;

    IModelRegistry public immutable MODELS;
    IKeyRegistry public immutable KEYS;

    /// @inheritdoc IInferenceCommitment
    uint256 public requestCount;

    mapping(uint256 requestId => StoredRequest) private _requests;

    /// @inheritdoc IInferenceCommitment
    mapping(address account => uint256) public owed;

    constructor(IModelRegistry models, IKeyRegistry keys) {
        MODELS = models;
        KEYS = keys;
    }

    /// @inheritdoc IInferenceCommitment
    function request(
        uint256 modelId,
        uint32 version,
        address worker,
        address arbiter,
        bytes32 inputCommitment,
        bytes32 input,
        uint40 deadline,
        uint32 challengeWindow
    ) external payable returns (uint256 requestId) {
        if (inputCommitment == 0) revert InferenceCommitment_EmptyField("inputCommitment");
        if (input == 0) revert InferenceCommitment_EmptyField("input");
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_DEADLINE) {
            revert InferenceCommitment_BadDeadline(deadline);
        }
        if (challengeWindow > MAX_CHALLENGE_WINDOW) revert InferenceCommitment_BadWindow(challengeWindow);
        if (msg.value > type(uint96).max) revert InferenceCommitment_FeeTooHigh(msg.value);
        if (!KEYS.hasKey(worker)) revert InferenceCommitment_NoKey(worker);
        if (!KEYS.hasKey(msg.sender)) revert InferenceCommitment_NoKey(msg.sender);
        // slither-disable-next-line unused-return // called for its revert
        MODELS.versionOf(modelId, version); // reverts for a version that was never registered

        requestId = ++requestCount;
        StoredRequest storage stored = _requests[requestId];
        stored.requester = msg.sender;
        stored.deadline = deadline;
        stored.challengeWindow = challengeWindow;
        stored.state = State.Requested;
        stored.worker = worker;
        stored.modelId = uint64(modelId);
        stored.version = version;
        stored.arbiter = arbiter;
        stored.fee = uint96(msg.value);
        stored.inputCommitment = inputCommitment;
        stored.input = input;
        emit InferenceRequested(requestId, modelId, worker, msg.sender, version, inputCommitment, input);
    }

    /// @inheritdoc IInferenceCommitment
    function commit(uint256 requestId, bytes32 outputCommitment, bytes32 output) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.worker) revert InferenceCommitment_NotWorker(requestId, msg.sender);
        _checkState(requestId, stored, State.Requested);
        _checkNotLate(requestId, stored);
        if (outputCommitment == 0) revert InferenceCommitment_EmptyField("outputCommitment");
        if (output == 0) revert InferenceCommitment_EmptyField("output");
        stored.state = State.Committed;
        stored.deadline = uint40(block.timestamp) + stored.challengeWindow;
        stored.outputCommitment = outputCommitment;
        stored.output = output;
        emit InferenceCommitted(requestId, outputCommitment, output);
    }

    /// @inheritdoc IInferenceCommitment
    function cancel(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        bool declined = msg.sender == stored.worker;
        if (!declined && msg.sender != stored.requester) {
            revert InferenceCommitment_NotRequester(requestId, msg.sender);
        }
        _checkState(requestId, stored, State.Requested);
        if (declined) {
            _expire(requestId, stored);
        } else {
            uint40 deadline = uint40(block.timestamp) + NOTICE;
            if (deadline < stored.deadline) stored.deadline = deadline;
            emit InferenceCancelling(requestId, stored.deadline);
        }
    }

    /// @inheritdoc IInferenceCommitment
    function expire(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        _checkState(requestId, stored, State.Requested);
        _checkOver(requestId, stored);
        _expire(requestId, stored);
    }

    /// @inheritdoc IInferenceCommitment
    function challenge(uint256 requestId, bytes32 evidence) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.requester) revert InferenceCommitment_NotRequester(requestId, msg.sender);
        _checkState(requestId, stored, State.Committed);
        _checkNotLate(requestId, stored);
        if (evidence == 0) revert InferenceCommitment_EmptyField("evidence");
        if (stored.arbiter == address(0)) revert InferenceCommitment_EmptyField("arbiter");
        stored.state = State.Challenged;
        stored.deadline = uint40(block.timestamp) + ARBITRATION;
        emit InferenceChallenged(requestId, evidence);
    }

    /// @inheritdoc IInferenceCommitment
    function resolve(uint256 requestId, bool upheld) external {
        StoredRequest storage stored = _requests[requestId];
        if (msg.sender != stored.arbiter) revert InferenceCommitment_NotArbiter(requestId, msg.sender);
        _checkState(requestId, stored, State.Challenged);
        emit ChallengeResolved(requestId, upheld);
        if (upheld) {
            stored.state = State.Refused;
            _credit(stored.requester, stored.fee);
        } else {
            _finalize(requestId, stored);
        }
    }

    /// @inheritdoc IInferenceCommitment
    function finalize(uint256 requestId) external {
        StoredRequest storage stored = _requests[requestId];
        State state = stored.state;
        if (state != State.Committed && state != State.Challenged) {
            revert InferenceCommitment_WrongState(requestId, state);
        }
        if (state == State.Challenged || msg.sender != stored.requester) _checkOver(requestId, stored);
        _finalize(requestId, stored);
    }

    /// @inheritdoc IInferenceCommitment
    function attestAudit(uint256 requestId, bool passed, bytes32 report) external {
        State state = _requests[requestId].state;
        // slither-disable-next-line incorrect-equality // an enum, not an amount
        if (state == State.None || state == State.Requested || state == State.Expired) {
            revert InferenceCommitment_WrongState(requestId, state);
        }
        if (report == 0) revert InferenceCommitment_EmptyField("report");
        emit AuditAttested(requestId, msg.sender, passed, report);
    }

    /// @inheritdoc IInferenceCommitment
    function collect(address account) external returns (uint256 amount) {
        amount = owed[account];
        if (amount == 0) revert InferenceCommitment_NothingOwed(account);
        owed[account] = 0;
        emit Collected(account, amount);
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
            input: s.input,
            outputCommitment: s.outputCommitment,
            output: s.output
        });
    }

    /// @inheritdoc IInferenceCommitment
    function stateOf(uint256 requestId) external view returns (State) {
        return _requests[requestId].state;
    }

    function _expire(uint256 requestId, StoredRequest storage stored) private {
        stored.state = State.Expired;
        emit InferenceExpired(requestId);
        _credit(stored.requester, stored.fee);
    }

    function _finalize(uint256 requestId, StoredRequest storage stored) private {
        stored.state = State.Finalized;
        emit InferenceFinalized(requestId, stored.worker, stored.fee);
        _credit(stored.worker, stored.fee);
    }

    function _credit(address account, uint256 amount) private {
        if (amount != 0) owed[account] += amount;
    }

    function _checkState(uint256 requestId, StoredRequest storage stored, State required) private view {
        if (stored.state != required) revert InferenceCommitment_WrongState(requestId, stored.state);
    }

    function _checkNotLate(uint256 requestId, StoredRequest storage stored) private view {
        if (block.timestamp > stored.deadline) revert InferenceCommitment_TooLate(requestId, stored.deadline);
    }

    function _checkOver(uint256 requestId, StoredRequest storage stored) private view {
        if (block.timestamp <= stored.deadline) revert InferenceCommitment_TooEarly(requestId, stored.deadline);
    }
}
