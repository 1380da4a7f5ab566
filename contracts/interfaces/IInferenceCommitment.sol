// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {Request, RequestState, Standing, Wish} from "../types/Inference.sol";

/// @title Inference commitment
/// @notice Binds an encrypted inference to a registered model version: the request commits to the input, the worker to the output.
/// A request's number alone says little: after the chain took blocks back it can be another request's. An answer names the
/// input, and a judgement the answer, that it is for; else it reverts with `InferenceCommitment_OtherRequest`.
/// @dev Who is paid, and what an answer is bound to, is state. Where the sealed input and output lie (CID digests) is in
/// the events alone, by request id: whoever reads them checks what the CID gives against the commitment in state.
interface IInferenceCommitment {
    event InferenceRequested(
        uint256 indexed requestId,
        uint256 indexed modelId,
        address indexed worker,
        address requester,
        uint32 version,
        bytes32 inputCommitment,
        bytes32 input,
        address arbiter,
        uint96 fee,
        uint32 challengeWindow,
        uint40 deadline
    );
    event InferenceCommitted(
        uint256 indexed requestId, address indexed worker, bytes32 outputCommitment, bytes32 output
    );
    event InferenceChallenged(uint256 indexed requestId, address indexed requester, bytes32 evidence);
    event ChallengeResolved(uint256 indexed requestId, address indexed arbiter, bool upheld);
    event InferenceCancelling(uint256 indexed requestId, address indexed requester, uint40 deadline);

    /// @notice The end of a request: `paid` wei are credited to `worker` or `requester`, and `by` brought it about.
    event InferenceFinalized(uint256 indexed requestId, address indexed worker, uint256 paid, address by);
    event InferenceRefused(uint256 indexed requestId, address indexed requester, uint256 paid, address by);
    event InferenceExpired(uint256 indexed requestId, address indexed requester, uint256 paid, address by);

    event ArbitrationAccepted(address indexed account, bool accepted);
    event AuditorNamed(uint256 indexed requestId, address indexed requester, address indexed auditor);
    event AuditorTrusted(uint256 indexed modelId, address indexed owner, address indexed auditor, bool trusted);
    event AuditAttested(
        uint256 indexed requestId, address indexed auditor, Standing standing, bool passed, bytes32 report
    );
    event Collected(address indexed account, uint256 amount, address by);

    error InferenceCommitment_EmptyField(string field);
    error InferenceCommitment_NoKey(address account);
    error InferenceCommitment_UnknownVersion(uint256 modelId, uint32 version);
    error InferenceCommitment_PartyAsArbiter(address account);
    error InferenceCommitment_ArbiterHasNotAccepted(address account);
    error InferenceCommitment_PartyAsAuditor(uint256 requestId, address account);
    error InferenceCommitment_NotModelOwner(uint256 modelId, address got);
    error InferenceCommitment_NotWorker(uint256 requestId, address got);
    error InferenceCommitment_NotRequester(uint256 requestId, address got);
    error InferenceCommitment_NotArbiter(uint256 requestId, address got);
    error InferenceCommitment_OtherRequest(uint256 requestId);
    error InferenceCommitment_WrongState(uint256 requestId, RequestState got);
    error InferenceCommitment_TooEarly(uint256 requestId, uint40 until);
    error InferenceCommitment_TooLate(uint256 requestId, uint40 since);
    error InferenceCommitment_BadDeadline(uint40 got);
    error InferenceCommitment_BadWindow(uint32 got);
    error InferenceCommitment_FeeTooHigh(uint256 got);
    error InferenceCommitment_NothingOwed(address account);
    error InferenceCommitment_TransferFailed(address to, uint256 amount);

    /// @notice Requests an inference from a worker on a model version; the value sent is the fee. A fee needs an arbiter, so
    /// that noise can be challenged: one that has accepted (`acceptArbitration`), and is neither requester nor worker.
    /// @dev `inputCommitment` is keccak256(abi.encode(keccak256("biodesci/input/v2"), chainId, this, requester, worker, salt,
    /// tensor root)): it opens for nobody else's request.
    function request(Wish calldata wish) external payable returns (uint256 requestId);

    /// @param inputCommitment of the request that is answered
    /// @param outputCommitment keccak256(abi.encode(keccak256("biodesci/output/v1"), chainId, this, requestId, worker,
    /// weightsRoot, salt, tensor root))
    /// @param output CID digest of the output, sealed to the requester; in the event alone
    function commit(uint256 requestId, bytes32 inputCommitment, bytes32 outputCommitment, bytes32 output) external;

    /// @notice The worker declines: the requester is credited at once. The requester gives notice: the worker has 10 minutes
    /// left (or less, if the deadline is nearer), so that nobody reads an answer on its way and takes the fee back.
    function cancel(uint256 requestId) external;

    /// @notice Anyone, once the deadline has passed without a commit: the requester is credited.
    function expire(uint256 requestId) external;

    /// @notice The requester disputes the output within the challenge window; `evidence` is the CID digest of the audit report.
    /// Needs an arbiter: a requester who named none, which only an unpaid request may do, waived this.
    function challenge(uint256 requestId, bytes32 evidence) external;

    /// @notice The arbiter decides, within 30 days of the challenge; a late one decides nothing.
    /// @param outputCommitment of the answer that was judged
    function resolve(uint256 requestId, bool upheld, bytes32 outputCommitment) external;

    /// @notice Of an answer that was not challenged: the requester at once, anyone after the challenge window; the worker is
    /// credited. Of one that was: anyone, when the arbiter was silent for 30 days; the requester is credited.
    /// @dev A worker serves only arbiters of its own list, so it can choose one that answers; if silence paid it, a worker
    /// could list one that never does and be paid for noise. A requester who challenges without a reason gains only
    /// by an arbiter that the worker listed and that does not answer: the worker strikes it off.
    function finalize(uint256 requestId) external;

    /// @notice Says whether the sender may be named as arbiter from now on; requests that name it already stay its own.
    function acceptArbitration(bool accepted) external;

    /// @notice Whether an account accepts to be named as arbiter.
    function isArbiter(address account) external view returns (bool);

    /// @notice The requester names auditors; what they attest from then on counts as theirs. Neither requester nor worker
    /// can be one. It cannot be taken back, so that nobody drops an auditor for its verdict.
    function nameAuditors(uint256 requestId, address[] calldata auditors) external;

    /// @notice Whether the requester named this auditor.
    function isNamed(uint256 requestId, address auditor) external view returns (bool);

    /// @notice The owner of a model says whose audits of its inferences it trusts. It ends with its ownership.
    function trustAuditor(uint256 modelId, address auditor, bool trusted) external;

    /// @notice Whether this owner of a model trusts this auditor.
    function isTrusted(uint256 modelId, address owner, address auditor) external view returns (bool);

    /// @notice Records an auditor's verdict with the standing that the auditor has now; the report is on IPFS. Decides
    /// nothing by itself. Requester and worker audit for themselves alone: theirs is not recorded.
    /// @param outputCommitment of the answer that was audited
    function attestAudit(uint256 requestId, bool passed, bytes32 report, bytes32 outputCommitment) external;

    function collect(address account) external returns (uint256 amount);
    function owed(address account) external view returns (uint256);
    function requestOf(uint256 requestId) external view returns (Request memory);
    function stateOf(uint256 requestId) external view returns (RequestState);

    /// @notice How many requests there are; their ids are 1 to this.
    function requestCount() external view returns (uint256);
}
