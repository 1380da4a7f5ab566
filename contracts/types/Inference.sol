// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

enum RequestState {
    None, // 0
    Requested, // 1
    Committed, // 2: challenge window open
    Challenged, // 3
    Finalized, // 4: worker credited
    Refused, // 5: challenge upheld, or its arbiter was silent; requester credited
    Expired // 6: no answer in time, or cancelled; requester credited
}

/// @notice Who gave an auditor's statement its weight, when the statement was made.
enum Standing {
    Unnamed, // 0: nobody
    Trusted, // 1: the owner of the model
    Named // 2: the requester
}

/// @notice What a requester asks for; the fee is the value sent.
struct Wish {
    uint256 modelId;
    uint32 version;
    address worker;
    address arbiter; // zero: none, which a fee does not allow
    uint40 deadline; // of the worker's commitment, Unix seconds
    uint32 challengeWindow; // seconds, at most 90 days; with a fee at least an hour
    bytes32 inputCommitment;
    bytes32 input; // CID digest of the input, sealed to the worker; in the event alone
}

/// @notice A request as it stands. Where its sealed input and output lie is in the events.
struct Request {
    uint256 modelId;
    uint32 version;
    address requester;
    address worker;
    address arbiter;
    uint128 fee; // wei, in escrow
    uint40 deadline; // of the commit (Requested), the challenge window (Committed), the arbiter (Challenged)
    uint32 challengeWindow; // seconds
    RequestState state;
    bytes32 inputCommitment;
    bytes32 outputCommitment;
}
