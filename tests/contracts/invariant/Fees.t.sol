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

    function commit(uint256 id) external watched(_pick(id)) {
        id = _pick(id);
        address worker = INFERENCES.requestOf(id).worker;
        vm.prank(worker);
        INFERENCES.commit(id, bytes32("out"), bytes32("blob"));
    }

    function cancel(uint256 id, bool byWorker) external watched(_pick(id)) {
        id = _pick(id);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        vm.prank(byWorker ? r.worker : r.requester);
        INFERENCES.cancel(id);
    }

    function expire(uint256 id) external watched(_pick(id)) {
        INFERENCES.expire(_pick(id));
    }

    function challenge(uint256 id) external watched(_pick(id)) {
        id = _pick(id);
        address requester = INFERENCES.requestOf(id).requester;
        vm.prank(requester);
        INFERENCES.challenge(id, bytes32("evidence"));
    }

    function resolve(uint256 id, bool upheld) external watched(_pick(id)) {
        id = _pick(id);
        vm.prank(ARBITER);
        INFERENCES.resolve(id, upheld);
    }

    function finalize(uint256 id, bool byRequester) external watched(_pick(id)) {
        id = _pick(id);
        address requester = INFERENCES.requestOf(id).requester;
        if (byRequester) vm.prank(requester);
        INFERENCES.finalize(id);
    }

    function collect(uint256 who) external {
        paidOut += INFERENCES.collect(people[who % 3]);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + time % 2 days);
    }

    function totalOwed() public view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += INFERENCES.owed(people[i]);
        }
    }

    function _pick(uint256 id) private view returns (uint256) {
        return 1 + id % INFERENCES.requestCount();
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

    /// @notice 6. The balance is the fees of what is not decided, plus what is owed.
    function invariant_6_balance_is_escrow_plus_owed() external view {
        uint256 escrow;
        for (uint256 id = 1; id <= inferences.requestCount(); ++id) {
            if (_inEscrow(id)) escrow += inferences.requestOf(id).fee;
        }
        require(address(inferences).balance == escrow + bureau.totalOwed(), "balance");
    }

    /// @notice 7. A request credits its fee once.
    function invariant_7_nobody_is_paid_twice() external view {
        for (uint256 id = 1; id <= inferences.requestCount(); ++id) {
            require(bureau.credited(id) == (_inEscrow(id) ? 0 : inferences.requestOf(id).fee), "credited");
        }
        require(bureau.paidIn() == address(inferences).balance + bureau.paidOut(), "paid");
    }

    /// @notice 8. Only a request with a committed output pays its worker.
    function invariant_8_final_means_committed() external view {
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
