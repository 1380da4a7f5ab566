// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceCommitment} from "../../../contracts/InferenceCommitment.sol";
import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice Does at random what requesters, workers and arbiters do.
contract Bureau {
    InferenceCommitment public immutable INFERENCES;

    address[3] public people = [address(0xA1), address(0xA2), address(0xA3)];
    address public constant ARBITER = address(0xAB);
    uint256 public paidIn;
    uint256 public paidOut;
    mapping(uint256 requestId => uint256) public credited;

    constructor(World world) {
        INFERENCES = world.inferences();
        KeyRegistry keys = world.keys();
        for (uint256 i = 0; i < people.length; ++i) {
            vm.prank(people[i]); // holds for the next call, so nothing else may be called in between
            keys.register(new bytes(1216));
        }
        world.models().register(bytes32("a"), bytes32("c"), bytes32("r"), bytes32("w"));
    }

    modifier watched(uint256 requestId) {
        uint256 before = totalOwed();
        _;
        credited[requestId] += totalOwed() - before;
    }

    function request(uint256 who, uint256 worker, uint96 fee, bool arbitrated, uint32 window) external watched(0) {
        if (INFERENCES.requestCount() >= 12) return; // every step looks at all of them
        address requester = people[who % 3];
        vm.deal(requester, fee);
        vm.prank(requester);
        INFERENCES.request{value: fee}(
            1,
            1,
            people[worker % 3],
            arbitrated ? ARBITER : address(0),
            bytes32("in"),
            bytes32("blob"),
            uint40(block.timestamp) + 1 days,
            window % 2 days
        );
        paidIn += fee;
    }

    function commit(uint256 id) external watched(_find(id, IInferenceCommitment.State.Requested)) {
        id = _find(id, IInferenceCommitment.State.Requested);
        address worker = INFERENCES.requestOf(id).worker;
        vm.prank(worker);
        INFERENCES.commit(id, bytes32("out"), bytes32("blob"));
    }

    function cancel(uint256 id, bool byWorker) external watched(_find(id, IInferenceCommitment.State.Requested)) {
        id = _find(id, IInferenceCommitment.State.Requested);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        vm.prank(byWorker ? r.worker : r.requester);
        INFERENCES.cancel(id);
    }

    function expire(uint256 id) external watched(_find(id, IInferenceCommitment.State.Requested)) {
        INFERENCES.expire(_find(id, IInferenceCommitment.State.Requested));
    }

    function challenge(uint256 id) external watched(_find(id, IInferenceCommitment.State.Committed)) {
        id = _find(id, IInferenceCommitment.State.Committed);
        address requester = INFERENCES.requestOf(id).requester;
        vm.prank(requester);
        INFERENCES.challenge(id, bytes32("evidence"));
    }

    function resolve(uint256 id, bool upheld) external watched(_find(id, IInferenceCommitment.State.Challenged)) {
        id = _find(id, IInferenceCommitment.State.Challenged);
        vm.prank(ARBITER);
        INFERENCES.resolve(id, upheld);
    }

    function finalize(uint256 id, bool byRequester)
        external
        watched(_find(id, id % 2 == 0 ? IInferenceCommitment.State.Challenged : IInferenceCommitment.State.Committed))
    {
        id = _find(id, id % 2 == 0 ? IInferenceCommitment.State.Challenged : IInferenceCommitment.State.Committed);
        address requester = INFERENCES.requestOf(id).requester;
        if (byRequester) vm.prank(requester);
        INFERENCES.finalize(id);
    }

    function collect(uint256 who) external {
        paidOut += INFERENCES.collect(people[who % 3]);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % 8 == 0 ? time % 31 days : time % 12 hours));
    }

    function totalOwed() public view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += INFERENCES.owed(people[i]);
        }
    }

    /// @dev The next request in that state, if there is one: else the call reverts, and is no step.
    function _find(uint256 seed, IInferenceCommitment.State state) private view returns (uint256 id) {
        uint256 count = INFERENCES.requestCount();
        for (uint256 i = 0; i < count; ++i) {
            id = 1 + (seed % count + i) % count;
            if (INFERENCES.stateOf(id) == state) return id;
        }
        revert("none");
    }
}

contract FeeInvariants {
    Bureau private bureau;
    InferenceCommitment private inferences;

    function setUp() external {
        bureau = new Bureau(new World());
        inferences = bureau.INFERENCES();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(bureau);
    }

    /// @dev All of them after every step of one campaign, which so goes deeper in the same time.
    function invariant_fees() external view {
        _inv6_balance_is_escrow_plus_owed();
        _inv7_nobody_is_paid_twice();
        _inv8_final_means_committed();
    }

    /// @notice 6. The balance is the fees of what is not decided, plus what is owed.
    function _inv6_balance_is_escrow_plus_owed() private view {
        uint256 escrow;
        for (uint256 id = 1; id <= inferences.requestCount(); ++id) {
            if (_inEscrow(id)) escrow += inferences.requestOf(id).fee;
        }
        require(address(inferences).balance == escrow + bureau.totalOwed(), "balance");
    }

    /// @notice 7. A request credits its fee once.
    function _inv7_nobody_is_paid_twice() private view {
        for (uint256 id = 1; id <= inferences.requestCount(); ++id) {
            require(bureau.credited(id) == (_inEscrow(id) ? 0 : inferences.requestOf(id).fee), "credited");
        }
        require(bureau.paidIn() == address(inferences).balance + bureau.paidOut(), "paid");
    }

    /// @notice 8. Only a request with a committed output pays its worker.
    function _inv8_final_means_committed() private view {
        for (uint256 id = 1; id <= inferences.requestCount(); ++id) {
            IInferenceCommitment.Request memory r = inferences.requestOf(id);
            if (r.state == IInferenceCommitment.State.Finalized) require(r.outputCommitment != 0, "no output");
            if (r.state == IInferenceCommitment.State.Expired) require(r.outputCommitment == 0, "answered");
        }
    }

    function _inEscrow(uint256 id) private view returns (bool) {
        IInferenceCommitment.State state = inferences.stateOf(id);
        return state == IInferenceCommitment.State.Requested || state == IInferenceCommitment.State.Committed
            || state == IInferenceCommitment.State.Challenged;
    }
}
