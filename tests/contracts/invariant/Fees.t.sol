// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {ReentrantBuyer} from "../tokens/ReentrantBuyer.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice Does at random what requesters, workers and arbiters do. Where there is no request in the state that a step
/// needs, it makes one, so that few calls are idle.
contract Bureau {
    IInferenceCommitment public immutable INFERENCES;

    /// @notice The third one collects again when it is paid.
    address[3] public people;
    uint256 public escrow;
    uint256 public last; // the request that the last step touched
    mapping(address account => uint256) public owed;
    mapping(uint256 requestId => IInferenceCommitment.State) public states;

    address private constant ARBITER = address(0xAB);
    IInferenceCommitment.State private constant REQUESTED = IInferenceCommitment.State.Requested;
    IInferenceCommitment.State private constant COMMITTED = IInferenceCommitment.State.Committed;
    IInferenceCommitment.State private constant CHALLENGED = IInferenceCommitment.State.Challenged;
    IInferenceCommitment.State private constant FINALIZED = IInferenceCommitment.State.Finalized;
    IInferenceCommitment.State private constant REFUSED = IInferenceCommitment.State.Refused;
    IInferenceCommitment.State private constant EXPIRED = IInferenceCommitment.State.Expired;

    ReentrantBuyer private immutable GREEDY = new ReentrantBuyer();

    uint256 private _count;

    constructor(World world) {
        INFERENCES = world.inferences();
        people = [address(0xA1), address(0xA2), address(GREEDY)];
        IKeyRegistry keys = world.keys();
        for (uint256 i = 0; i < people.length; ++i) {
            vm.prank(people[i]); // holds for the next call, so nothing else may be called in between
            keys.register(new bytes(1216));
        }
        world.models().register(bytes32("a"), bytes32("c"), bytes32("r"), bytes32("w"));
    }

    function request(uint256 seed) public {
        address requester = people[seed % 3];
        uint96 fee = uint96(seed >> 8);
        vm.deal(requester, requester.balance + fee);
        vm.prank(requester);
        last = INFERENCES.request{value: fee}(
            1,
            1,
            people[(seed >> 128) % 3],
            (seed >> 136) % 3 != 0 ? ARBITER : address(0),
            bytes32("in"),
            bytes32("blob"),
            uint40(vm.getBlockTimestamp()) + 1 days,
            uint32(seed >> 144) % 2 days
        );
        (_count, states[last]) = (last, REQUESTED);
        escrow += fee;
    }

    function commit(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        if (vm.getBlockTimestamp() > r.deadline) return _expire(id, r);
        vm.prank(r.worker);
        INFERENCES.commit(id, bytes32("out"), bytes32("blob"));
        (last, states[id]) = (id, COMMITTED);
    }

    function cancel(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        bool byWorker = seed % 2 == 0;
        vm.prank(byWorker ? r.worker : r.requester);
        INFERENCES.cancel(id);
        last = id;
        if (byWorker || r.worker == r.requester) _credit(id, EXPIRED, r.requester, r.fee);
    }

    function expire(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        if (vm.getBlockTimestamp() <= r.deadline) {
            require(!_try(abi.encodeCall(INFERENCES.expire, (id))), "inv17: expired too early");
            if (seed % 4 != 0) return;
            vm.warp(r.deadline + 1);
        }
        _expire(id, r);
    }

    function challenge(uint256 seed) external {
        uint256 id = _pick(seed, COMMITTED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        if (r.arbiter == address(0) || vm.getBlockTimestamp() > r.deadline) return _finalize(id, r, r.requester);
        vm.prank(r.requester);
        INFERENCES.challenge(id, bytes32("evidence"));
        (last, states[id]) = (id, CHALLENGED);
    }

    function resolve(uint256 seed) external {
        uint256 id = _pick(seed, CHALLENGED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        bool upheld = seed % 2 == 0;
        vm.prank(ARBITER);
        INFERENCES.resolve(id, upheld);
        if (upheld) _credit(id, REFUSED, r.requester, r.fee);
        else _credit(id, FINALIZED, r.worker, r.fee);
    }

    function finalize(uint256 seed) external {
        uint256 id = _pick(seed, seed % 2 == 0 ? CHALLENGED : COMMITTED);
        if (id == 0) return request(seed);
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        bool early = states[id] == COMMITTED && seed % 4 < 2;
        if (!early && vm.getBlockTimestamp() <= r.deadline) {
            require(!_try(abi.encodeCall(INFERENCES.finalize, (id))), "inv17: finalized too early");
            if (seed % 8 > 1) return;
            vm.warp(r.deadline + 1);
        }
        _finalize(id, r, early ? r.requester : address(this));
    }

    function collect(uint256 seed) external {
        for (uint256 i = 0; i < people.length; ++i) {
            address account = people[(seed % 3 + i) % 3];
            if (owed[account] == 0) continue;
            GREEDY.disarm();
            GREEDY.arm(address(INFERENCES), 0, abi.encodeCall(INFERENCES.collect, (account)));
            GREEDY.arm(address(INFERENCES), 0, abi.encodeCall(INFERENCES.collect, (account)));
            uint256 before = account.balance;
            require(INFERENCES.collect(account) == owed[account], "inv16: paid out another amount");
            require(account.balance == before + owed[account], "inv16: paid out another amount");
            owed[account] = 0;
            return;
        }
        request(seed);
    }

    function wait(uint256 time) external {
        vm.warp(vm.getBlockTimestamp() + (time % 16 == 0 ? time % 31 days : time % 3 hours));
    }

    /// @notice All that a request's state does not allow.
    function tryInVain(uint256 seed) external {
        if (_count == 0) return request(seed);
        uint256 id = 1 + (seed >> 16) % _count;
        IInferenceCommitment.Request memory r = INFERENCES.requestOf(id);
        bool open = r.state == REQUESTED;
        bytes[4] memory calls = [
            abi.encodeCall(INFERENCES.commit, (id, bytes32("out"), bytes32("blob"))),
            abi.encodeCall(INFERENCES.cancel, (id)),
            abi.encodeCall(INFERENCES.challenge, (id, bytes32("evidence"))),
            abi.encodeCall(INFERENCES.resolve, (id, seed % 2 == 0))
        ];
        address[4] memory who = [r.worker, r.requester, r.requester, ARBITER];
        bool[4] memory possible = [open, open, r.state == COMMITTED, r.state == CHALLENGED];
        for (uint256 i = 0; i < 4; ++i) {
            require(!_try(calls[i]), "inv17: a call by somebody else");
            if (possible[i]) continue;
            vm.prank(who[i]);
            require(!_try(calls[i]), "inv17: a call that the state does not allow");
        }
        if (!open) require(!_try(abi.encodeCall(INFERENCES.expire, (id))), "inv17: expired after an answer");
        if (r.state != COMMITTED && r.state != CHALLENGED) {
            require(!_try(abi.encodeCall(INFERENCES.finalize, (id))), "inv17: finalized again");
        }
    }

    function _try(bytes memory data) private returns (bool ok) {
        (ok,) = address(INFERENCES).call(data);
    }

    function _expire(uint256 id, IInferenceCommitment.Request memory r) private {
        INFERENCES.expire(id);
        _credit(id, EXPIRED, r.requester, r.fee);
    }

    function _finalize(uint256 id, IInferenceCommitment.Request memory r, address caller) private {
        vm.prank(caller);
        INFERENCES.finalize(id);
        _credit(id, FINALIZED, r.worker, r.fee);
    }

    function _credit(uint256 id, IInferenceCommitment.State state, address account, uint256 fee) private {
        (last, states[id]) = (id, state);
        owed[account] += fee;
        escrow -= fee;
    }

    /// @return id the next request in that state, or 0
    function _pick(uint256 seed, IInferenceCommitment.State state) private view returns (uint256 id) {
        for (uint256 i = 0; i < _count; ++i) {
            id = 1 + ((seed >> 16) % _count + i) % _count;
            if (states[id] == state) return id;
        }
        return 0;
    }
}

/// @notice What holds whatever requesters and workers do. The numbers are those of the README.
contract FeeInvariants {
    Bureau private bureau;
    IInferenceCommitment private inferences;

    function setUp() external {
        bureau = new Bureau(new World());
        inferences = bureau.INFERENCES();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(bureau);
    }

    /// @dev All of them in one campaign, which so goes deeper in the same time. No step may fail: what should be possible is.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_fees() external view {
        _inv15_balance_is_escrow_plus_owed();
        _inv16_nobody_is_paid_twice();
        uint256 last = bureau.last();
        if (last != 0) _inv17_only_an_answer_is_paid(last);
    }

    /// @dev At the end of every sequence of steps: of every request.
    function afterInvariant() external {
        for (uint256 id = inferences.requestCount(); id != 0; --id) {
            _inv17_only_an_answer_is_paid(id);
        }
        _inv18_every_request_has_an_exit();
    }

    /// @notice 15. The balance is the fees of what is not decided, plus what is owed.
    function _inv15_balance_is_escrow_plus_owed() private view {
        uint256 sum = bureau.escrow();
        for (uint256 i = 0; i < 3; ++i) {
            sum += inferences.owed(bureau.people(i));
        }
        require(address(inferences).balance == sum, "inv15: balance");
    }

    /// @notice 16. A request credits its fee once, to its worker or back to its requester.
    function _inv16_nobody_is_paid_twice() private view {
        for (uint256 i = 0; i < 3; ++i) {
            address account = bureau.people(i);
            require(inferences.owed(account) == bureau.owed(account), "inv16: owed");
        }
    }

    /// @notice 17. States change along the arrows only, and a request without a committed output never pays its worker.
    function _inv17_only_an_answer_is_paid(uint256 id) private view {
        IInferenceCommitment.Request memory r = inferences.requestOf(id);
        require(r.state == bureau.states(id), "inv17: state");
        if (r.state == IInferenceCommitment.State.Finalized) require(r.outputCommitment != 0, "inv17: no output");
        if (r.state == IInferenceCommitment.State.Expired) require(r.outputCommitment == 0, "inv17: answered");
    }

    /// @notice 18. After long enough anybody can bring every request to its end and all fees to whom they are owed: nothing
    /// is left.
    function _inv18_every_request_has_an_exit() private {
        vm.warp(vm.getBlockTimestamp() + 40 days);
        for (uint256 id = inferences.requestCount(); id != 0; --id) {
            IInferenceCommitment.State state = inferences.stateOf(id);
            if (state == IInferenceCommitment.State.Requested) inferences.expire(id);
            else if (state == IInferenceCommitment.State.Committed) inferences.finalize(id);
            else if (state == IInferenceCommitment.State.Challenged) inferences.finalize(id);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if (inferences.owed(bureau.people(i)) != 0) inferences.collect(bureau.people(i));
        }
        require(address(inferences).balance == 0, "inv18: fees are left");
    }
}
