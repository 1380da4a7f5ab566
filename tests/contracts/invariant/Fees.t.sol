// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IInferenceCommitment} from "../../../contracts/interfaces/IInferenceCommitment.sol";
import {Request, RequestState, Standing, Wish} from "../../../contracts/types/Inference.sol";
import {ReentrantBuyer} from "../tokens/ReentrantBuyer.sol";
import {vm, Vm} from "../Vm.sol";
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
    mapping(uint256 requestId => RequestState) public states;

    address private constant ARBITER = address(0xAB);
    address private constant AUDITOR = address(0xAD);
    RequestState private constant REQUESTED = RequestState.Requested;
    RequestState private constant COMMITTED = RequestState.Committed;
    RequestState private constant CHALLENGED = RequestState.Challenged;
    RequestState private constant FINALIZED = RequestState.Finalized;
    RequestState private constant REFUSED = RequestState.Refused;
    RequestState private constant EXPIRED = RequestState.Expired;

    ReentrantBuyer private immutable GREEDY = new ReentrantBuyer();

    uint256 private _count;
    bool private _trusted;
    mapping(uint256 requestId => bool) private _named;

    constructor(World world) {
        INFERENCES = world.inferences();
        people = [address(0xA1), address(0xA2), address(GREEDY)];
        IKeyRegistry keys = world.keys();
        for (uint256 i = 0; i < people.length; ++i) {
            vm.prank(people[i]); // holds for the next call, so nothing else may be called in between
            keys.register(new bytes(1216));
        }
        world.models().register(bytes32("a"), bytes32("c"), bytes32("r"), bytes32("w"));
        vm.prank(ARBITER);
        INFERENCES.acceptArbitration(true);
    }

    function request(uint256 seed) public {
        address requester = people[seed % 3];
        uint96 fee = (seed >> 152) % 4 == 0 ? 0 : uint96(seed >> 8);
        vm.deal(requester, requester.balance + fee);
        address arbiter = fee == 0 && (seed >> 136) % 3 == 0 ? address(0) : ARBITER;
        Wish memory wish = Wish({
            modelId: 1,
            version: 1,
            worker: people[(seed >> 128) % 3],
            arbiter: arbiter,
            deadline: uint40(vm.getBlockTimestamp()) + 1 days,
            challengeWindow: (fee == 0 ? 0 : 1 hours) + uint32(seed >> 144) % 2 days,
            inputCommitment: bytes32("in"),
            input: bytes32("blob")
        });
        _tryBadArbiters(requester, wish, fee);
        vm.prank(requester);
        last = INFERENCES.request{value: fee}(wish);
        (_count, states[last]) = (last, REQUESTED);
        escrow += fee;
    }

    function commit(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        Request memory r = INFERENCES.requestOf(id);
        if (vm.getBlockTimestamp() > r.deadline) return _expire(id, r);
        vm.prank(r.worker);
        INFERENCES.commit(id, bytes32("in"), bytes32("out"), bytes32("blob"));
        (last, states[id]) = (id, COMMITTED);
    }

    function cancel(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        Request memory r = INFERENCES.requestOf(id);
        bool byWorker = seed % 2 == 0;
        vm.prank(byWorker ? r.worker : r.requester);
        INFERENCES.cancel(id);
        last = id;
        if (byWorker || r.worker == r.requester) _credit(id, EXPIRED, r.requester, r.fee);
    }

    function expire(uint256 seed) external {
        uint256 id = _pick(seed, REQUESTED);
        if (id == 0) return request(seed);
        Request memory r = INFERENCES.requestOf(id);
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
        Request memory r = INFERENCES.requestOf(id);
        if (r.arbiter == address(0) || vm.getBlockTimestamp() > r.deadline) return _finalize(id, r, r.requester);
        vm.prank(r.requester);
        INFERENCES.challenge(id, bytes32("evidence"));
        (last, states[id]) = (id, CHALLENGED);
    }

    function resolve(uint256 seed) external {
        uint256 id = _pick(seed, CHALLENGED);
        if (id == 0) return request(seed);
        Request memory r = INFERENCES.requestOf(id);
        bool upheld = seed % 2 == 0;
        if (vm.getBlockTimestamp() > r.deadline) {
            vm.prank(ARBITER);
            require(!_try(abi.encodeCall(INFERENCES.resolve, (id, upheld, bytes32("out")))), "inv17: decided too late");
            return _finalize(id, r, address(this));
        }
        vm.prank(ARBITER);
        INFERENCES.resolve(id, upheld, bytes32("out"));
        if (upheld) _credit(id, REFUSED, r.requester, r.fee);
        else _credit(id, FINALIZED, r.worker, r.fee);
    }

    function finalize(uint256 seed) external {
        uint256 id = _pick(seed, seed % 2 == 0 ? CHALLENGED : COMMITTED);
        if (id == 0) return request(seed);
        Request memory r = INFERENCES.requestOf(id);
        bool early = states[id] == COMMITTED && seed % 4 < 2;
        if (!early && vm.getBlockTimestamp() <= r.deadline) {
            require(!_try(abi.encodeCall(INFERENCES.finalize, (id))), "inv17: finalized too early");
            if (seed % 8 > 1) return;
            vm.warp(r.deadline + 1);
        }
        _finalize(id, r, early ? r.requester : address(this));
    }

    /// @notice Auditors are named and trusted, and everybody attests: the parties in vain.
    function attest(uint256 seed) external {
        if (_count == 0) return request(seed);
        uint256 id = 1 + (seed >> 16) % _count;
        Request memory r = INFERENCES.requestOf(id);
        if (seed % 3 == 0) {
            _trusted = !_trusted;
            INFERENCES.trustAuditor(1, AUDITOR, _trusted);
            INFERENCES.trustAuditor(1, r.worker, true);
        }
        if ((seed >> 8) % 3 == 0) {
            address[] memory one = new address[](1);
            address[3] memory whom = [r.worker, r.requester, AUDITOR];
            for (uint256 i = 0; i < 3; ++i) {
                one[0] = whom[i];
                bytes memory data = abi.encodeCall(INFERENCES.nameAuditors, (id, one));
                require(!_try(data), "inv23: named by somebody else");
                vm.prank(r.requester);
                require(_try(data) == (i == 2), "inv23: a party is named");
            }
            _named[id] = true;
        }
        bool answered = r.state != REQUESTED && r.state != EXPIRED;
        (bool ok, Standing standing) = _attestAs(id, AUDITOR);
        require(ok == answered, "inv23: attested");
        Standing wanted = _named[id] ? Standing.Named : _trusted ? Standing.Trusted : Standing.Unnamed;
        if (ok) require(standing == wanted, "inv23: standing");
        (ok,) = _attestAs(id, r.worker);
        require(!ok, "inv23: the worker's own");
        (ok,) = _attestAs(id, r.requester);
        require(!ok, "inv23: the requester's own");
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
        Request memory r = INFERENCES.requestOf(id);
        bool open = r.state == REQUESTED;
        bytes[4] memory calls = [
            abi.encodeCall(INFERENCES.commit, (id, bytes32("in"), bytes32("out"), bytes32("blob"))),
            abi.encodeCall(INFERENCES.cancel, (id)),
            abi.encodeCall(INFERENCES.challenge, (id, bytes32("evidence"))),
            abi.encodeCall(INFERENCES.resolve, (id, seed % 2 == 0, bytes32("out")))
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

    function _expire(uint256 id, Request memory r) private {
        INFERENCES.expire(id);
        _credit(id, EXPIRED, r.requester, r.fee);
    }

    function _finalize(uint256 id, Request memory r, address caller) private {
        bool silent = r.state == CHALLENGED;
        vm.prank(caller);
        INFERENCES.finalize(id);
        if (silent) _credit(id, REFUSED, r.requester, r.fee);
        else _credit(id, FINALIZED, r.worker, r.fee);
    }

    /// @dev A fee without an arbiter, and arbiters that are a party or have not accepted.
    function _tryBadArbiters(address requester, Wish memory wish, uint96 fee) private {
        address[4] memory bad = [address(0), requester, wish.worker, AUDITOR];
        address good = wish.arbiter;
        for (uint256 i = fee == 0 ? 1 : 0; i < 4; ++i) {
            wish.arbiter = bad[i];
            vm.prank(requester);
            (bool ok,) = address(INFERENCES).call{value: fee}(abi.encodeCall(INFERENCES.request, (wish)));
            require(!ok, "inv21: a bad arbiter");
        }
        wish.arbiter = good;
    }

    /// @dev What an attestation is recorded as, or a revert.
    function _attestAs(uint256 id, address auditor) private returns (bool ok, Standing standing) {
        vm.recordLogs();
        vm.prank(auditor);
        ok = _try(abi.encodeCall(INFERENCES.attestAudit, (id, true, bytes32("report"), bytes32("out"))));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        require(logs.length == (ok ? 1 : 0), "inv23: events");
        if (ok) (standing,,) = abi.decode(logs[0].data, (Standing, bool, bytes32));
    }

    function _credit(uint256 id, RequestState state, address account, uint256 fee) private {
        (last, states[id]) = (id, state);
        owed[account] += fee;
        escrow -= fee;
    }

    /// @return id the next request in that state, or 0
    function _pick(uint256 seed, RequestState state) private view returns (uint256 id) {
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
        if (last == 0) return;
        _inv17_only_an_answer_is_paid(last);
        _inv21_no_fee_without_an_arbiter(last);
    }

    /// @dev At the end of every sequence of steps: of every request.
    function afterInvariant() external {
        for (uint256 id = inferences.requestCount(); id != 0; --id) {
            _inv17_only_an_answer_is_paid(id);
            _inv21_no_fee_without_an_arbiter(id);
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
        Request memory r = inferences.requestOf(id);
        require(r.state == bureau.states(id), "inv17: state");
        if (r.state == RequestState.Finalized) require(r.outputCommitment != 0, "inv17: no output");
        if (r.state == RequestState.Expired) require(r.outputCommitment == 0, "inv17: answered");
    }

    /// @notice 21. A fee has an arbiter that both sides can call on, who is neither. (23, that a party's attestation is never
    /// recorded, and another's with its auditor's standing alone, is checked by the step that attests.)
    function _inv21_no_fee_without_an_arbiter(uint256 id) private view {
        Request memory r = inferences.requestOf(id);
        if (r.fee != 0) require(inferences.isArbiter(r.arbiter), "inv21: no arbiter");
        require(r.arbiter != r.requester && r.arbiter != r.worker, "inv21: a party");
    }

    /// @notice 18. After long enough anybody can bring every request to its end and all fees to whom they are owed: nothing
    /// is left.
    function _inv18_every_request_has_an_exit() private {
        vm.warp(vm.getBlockTimestamp() + 40 days);
        for (uint256 id = inferences.requestCount(); id != 0; --id) {
            RequestState state = inferences.stateOf(id);
            if (state == RequestState.Requested) inferences.expire(id);
            else if (state == RequestState.Committed) inferences.finalize(id);
            else if (state == RequestState.Challenged) inferences.finalize(id);
        }
        for (uint256 i = 0; i < 3; ++i) {
            if (inferences.owed(bureau.people(i)) != 0) inferences.collect(bureau.people(i));
        }
        require(address(inferences).balance == 0, "inv18: fees are left");
    }
}
