// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/// @title Inference commitment
/// @notice Binds an encrypted inference to a registered model version: the request commits to the input, the worker to the output.
interface IInferenceCommitment {
    enum State {
        None, // 0
        Requested, // 1
        Committed, // 2: challenge window open
        Challenged, // 3
        Finalized, // 4: worker credited
        Refused, // 5: challenge upheld, requester credited
        Expired // 6: no answer in time, or cancelled; requester credited
    }

    struct Request {
        uint256 modelId;
        uint32 version;
        address requester;
        address worker;
        address arbiter;
        uint128 fee; // wei, in escrow
        uint40 deadline; // of the commit (Requested), the challenge window (Committed), the arbiter (Challenged)
        uint32 challengeWindow; // seconds, at most 90 days
        State state;
        bytes32 inputCommitment;
        bytes32 input; // CID digest of the input, sealed to the worker
        bytes32 outputCommitment;
        bytes32 output; // CID digest of the output, sealed to the requester
    }

    event InferenceRequested(
        uint256 indexed requestId,
        uint256 indexed modelId,
        address indexed worker,
        address requester,
        uint32 version,
        bytes32 inputCommitment,
        bytes32 input
    );
    event InferenceCommitted(uint256 indexed requestId, bytes32 outputCommitment, bytes32 output);
    event InferenceChallenged(uint256 indexed requestId, bytes32 evidence);
    event ChallengeResolved(uint256 indexed requestId, bool upheld);
    event InferenceFinalized(uint256 indexed requestId, address indexed worker, uint256 paid);
    event InferenceCancelling(uint256 indexed requestId, uint40 deadline);
    event InferenceExpired(uint256 indexed requestId);
    event AuditAttested(uint256 indexed requestId, address indexed auditor, bool passed, bytes32 report);
    event Collected(address indexed account, uint256 amount);

    error InferenceCommitment_EmptyField(string field);
    error InferenceCommitment_NoKey(address account);
    error InferenceCommitment_NotWorker(uint256 requestId, address got);
    error InferenceCommitment_NotRequester(uint256 requestId, address got);
    error InferenceCommitment_NotArbiter(uint256 requestId, address got);
    error InferenceCommitment_WrongState(uint256 requestId, State got);
    error InferenceCommitment_TooEarly(uint256 requestId, uint40 until);
    error InferenceCommitment_TooLate(uint256 requestId, uint40 since);
    error InferenceCommitment_BadDeadline(uint40 got);
    error InferenceCommitment_BadWindow(uint32 got);
    error InferenceCommitment_FeeTooHigh(uint256 got);
    error InferenceCommitment_NothingOwed(address account);
    error InferenceCommitment_TransferFailed(address to, uint256 amount);

    /// @notice Requests an inference from `worker` on a model version; the value sent is the fee.
    /// @param inputCommitment keccak256(abi.encode(INPUT_TYPEHASH, chainId, this, salt, sha256(input tensor bytes)))
    function request(
        uint256 modelId,
        uint32 version,
        address worker,
        address arbiter,
        bytes32 inputCommitment,
        bytes32 input,
        uint40 deadline,
        uint32 challengeWindow
    ) external payable returns (uint256 requestId);

    /// @param outputCommitment keccak256(abi.encode(OUTPUT_TYPEHASH, chainId, this, requestId, worker, weightsRoot, salt, sha256(output tensor bytes)))
    function commit(uint256 requestId, bytes32 outputCommitment, bytes32 output) external;

    /// @notice The worker declines: the requester is credited at once. The requester gives notice: the worker has 10 minutes
    /// left (or less, if the deadline is nearer), so that nobody reads an answer on its way and takes the fee back.
    function cancel(uint256 requestId) external;

    /// @notice Anyone, once the deadline has passed without a commit: the requester is credited.
    function expire(uint256 requestId) external;

    /// @notice The requester disputes the output within the challenge window; `evidence` is the CID digest of the audit report.
    /// Needs an arbiter: a requester who named none waived this.
    function challenge(uint256 requestId, bytes32 evidence) external;
    function resolve(uint256 requestId, bool upheld) external;

    /// @notice The requester at once, anyone after the challenge window, and anyone when the arbiter of a challenge was silent
    /// for 30 days (the requester chose the arbiter, so its silence must not pay the requester): the worker is credited.
    function finalize(uint256 requestId) external;

    /// @notice Records an auditor's verdict; the report is on IPFS. Says who said it, decides nothing by itself.
    function attestAudit(uint256 requestId, bool passed, bytes32 report) external;

    function collect(address account) external returns (uint256 amount);
    function owed(address account) external view returns (uint256);
    function requestOf(uint256 requestId) external view returns (Request memory);
    function stateOf(uint256 requestId) external view returns (State);

    /// @notice How many requests there are; their ids are 1 to this.
    function requestCount() external view returns (uint256);
}
