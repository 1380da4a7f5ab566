// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Application, Enrolment, Opening, Round, RoundKind, RoundState} from "../../../contracts/types/Rounds.sol";
import {IDatasets, IModels} from "../Deployed.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice Does at random what a model's owner, its aggregator and five sites do, and tries what none of them may.
contract Federation {
    uint256 private constant SITES = 5;
    address private constant AGGREGATOR = address(0xA6);

    IModels public immutable MODELS;
    IDatasets public immutable DATASETS;
    uint256 public immutable MODEL;

    uint256 public current; // the round that the last steps are about
    mapping(bytes32 weights => uint256) public sums; // of updates
    uint256[] private _statistics; // sums: bit i for site i's dataset
    mapping(uint256 sum => uint256) private _versionsOf; // of their datasets, 32 bits each
    mapping(bytes32 what => uint256) public reached; // what happened how often: see RoundsReachTest
    uint256[SITES] private _datasets;

    uint256 private _plans;
    uint256 private _weights;

    constructor(World world) {
        (MODELS, DATASETS) = (world.models(), world.datasets());
        MODEL = MODELS.register("a", "c", "root", "w");
        IDatasetNFT.Publication memory p = world.publication(DuoPolicy.GRU);
        for (uint256 i = 0; i < SITES; ++i) {
            vm.prank(site(i));
            _datasets[i] = DATASETS.publish(p, new IDatasetNFT.Source[](0));
        }
    }

    /// @notice The next step of the round that is open, or the first of another one; some sites fail now and then.
    function goOn(uint256 seed) external {
        RoundState state = current == 0 ? RoundState.None : MODELS.roundOf(current).state;
        if (state == RoundState.Enrolling) _enrolAndStart(seed);
        else if (state == RoundState.Running) _run(seed);
        else if (state == RoundState.Unmasking) _finalize();
        else _open(seed);
    }

    /// @notice A site withdraws its data, and now and then publishes them anew.
    function withdraw(uint256 seed) external {
        uint256 i = seed % SITES;
        uint32 version = DATASETS.latestVersion(_datasets[i]);
        if (!DATASETS.isWithdrawn(_datasets[i], version)) {
            vm.prank(site(i));
            DATASETS.withdraw(_datasets[i], version);
        }
        if (seed % 2 == 0) return;
        vm.prank(site(i));
        DATASETS.publishVersion(_datasets[i], IDatasetNFT.Publication("card", "content", "key", DuoPolicy.GRU, 0));
    }

    /// @notice A site hands its dataset to an account that has none, which enrols it, too, and back.
    function handOn(uint256 seed) external {
        uint256 i = seed % SITES;
        address other = address(uint160(0xB000 + seed % 64));
        _move(_datasets[i], site(i), other);
        if (current != 0) {
            bool taken = _isSeated(_datasets[i]);
            bool ok = _tryEnrol(other, _datasets[i]);
            require(!(ok && taken), "inv24: a second seat");
            if (taken) ++reached["a second seat refused"];
        }
        _move(_datasets[i], other, site(i));
    }

    function abort(uint256 seed) external {
        if (current == 0 || seed % 4 != 0) return;
        RoundState state = MODELS.roundOf(current).state;
        if (state != RoundState.Finalized && state != RoundState.Aborted) MODELS.abort(current, "why");
    }

    function publishWeights(uint256 seed) external {
        if (MODELS.openRoundOf(MODEL) != 0) return;
        // Some of them are weights that were there before.
        MODELS.publishVersion(MODEL, keccak256(abi.encode(seed % 2 == 0 ? ++_weights : seed % (_weights + 1))), "w");
    }

    function site(uint256 i) public pure returns (address) {
        return address(uint160(0x51E0 + i));
    }

    function _open(uint256 seed) private {
        uint40 start = uint40(vm.getBlockTimestamp());
        Opening memory o = Opening({
            kind: RoundKind(seed % 2),
            plan: bytes32(seed % 8 == 0 && _plans > 0 ? _plans : ++_plans),
            invited: 0,
            aggregator: AGGREGATOR,
            minNodes: 2,
            colluders: 1,
            enrolBy: start + 1 days,
            commitBy: start + 2 days,
            finalizeBy: start + 3 days
        });
        (bool ok, bytes memory answer) = address(MODELS).call(abi.encodeCall(MODELS.openRound, (MODEL, o)));
        if (ok) current = abi.decode(answer, (uint256));
    }

    function _enrolAndStart(uint256 seed) private {
        for (uint256 i = 0; i < SITES; ++i) {
            if ((seed >> i) % 8 != 0) _tryEnrol(site(i), _datasets[i]);
        }
        _tryAs(AGGREGATOR, abi.encodeCall(MODELS.startRound, (current)));
    }

    function _run(uint256 seed) private {
        Round memory round = MODELS.roundOf(current);
        if (round.dealt == 0) {
            uint128 all = uint128((1 << round.enrolled) - 1);
            uint128 dealers = seed % 4 == 0 ? uint128(seed >> 8) & all : all;
            _tryAs(AGGREGATOR, abi.encodeCall(MODELS.fixDealers, (current, dealers, "dealt")));
            return;
        }
        Enrolment[] memory roster = MODELS.rosterOf(current);
        uint128 committed;
        for (uint256 i = 0; i < roster.length; ++i) {
            if ((seed >> i) % 8 != 0) {
                _tryAs(roster[i].node, abi.encodeCall(MODELS.commitUpdate, (current, "dealt", "c")));
            }
        }
        roster = MODELS.rosterOf(current);
        for (uint256 i = 0; i < roster.length; ++i) {
            if (roster[i].commitment != 0) committed |= uint128(1 << i);
        }
        if (seed % 2 == 0) vm.warp(uint256(round.commitBy) + 1);
        uint128 summed = seed % 8 < 4 ? committed : committed & uint128(seed >> 16);
        bool mayClose = !_isAnyWithdrawn(roster, summed);
        (uint256 sum, uint256 versions) = _datasetsOf(roster, summed);
        bool keepsApart = round.kind == RoundKind.Training || _keepsApart(sum, versions);
        bool ok = _tryAs(AGGREGATOR, abi.encodeCall(MODELS.closeCommits, (current, "dealt", summed)));
        require(!ok || keepsApart, "inv28: two sums of statistics differ in part");
        if (!keepsApart) ++reached["a sum with other sites refused"];
        require(!ok || mayClose, "inv25: withdrawn data are summed");
        if (!mayClose) ++reached["a sum of withdrawn data refused"];
        if (!ok) {
            // Nobody can commit any more, so that it would stay open for the rest of the sequence.
            if (vm.getBlockTimestamp() > round.commitBy) MODELS.abort(current, "why");
            return;
        }
        ++reached["closed"];
        if (round.kind == RoundKind.Training) {
            ++sums[_base(round)];
            return;
        }
        _statistics.push(sum);
        _versionsOf[sum] = versions;
    }

    function _finalize() private {
        Round memory round = MODELS.roundOf(current);
        bytes32 root = round.kind == RoundKind.Training ? keccak256(abi.encode("trained", current)) : bytes32(0);
        bool mayFinalize = !_isAnyWithdrawn(MODELS.rosterOf(current), type(uint128).max);
        bool ok = _tryAs(AGGREGATOR, abi.encodeCall(MODELS.finalize, (current, "dealt", "result", root, root)));
        bool inTime = vm.getBlockTimestamp() <= round.finalizeBy;
        require(ok == (mayFinalize && inTime), "inv25: finalized otherwise than it should be");
        if (!mayFinalize) ++reached["withdrawn while unmasking"];
        if (ok) ++reached[round.kind == RoundKind.Training ? bytes32("trained") : bytes32("statistics")];
        else MODELS.abort(current, "why");
    }

    /// @dev Of those whom these places name, and who are summed once that is fixed.
    function _isAnyWithdrawn(Enrolment[] memory roster, uint128 places) private view returns (bool) {
        for (uint256 i = 0; i < roster.length; ++i) {
            bool counts = places == type(uint128).max ? roster[i].summed : places & (1 << i) != 0;
            if (counts && DATASETS.isWithdrawn(roster[i].datasetId, roster[i].version)) return true;
        }
        return false;
    }

    function _isSeated(uint256 datasetId) private view returns (bool) {
        Enrolment[] memory roster = MODELS.rosterOf(current);
        for (uint256 i = 0; i < roster.length; ++i) {
            if (roster[i].datasetId == datasetId) return true;
        }
        return false;
    }

    /// @dev Which sites' datasets are at these places, and in which versions.
    function _datasetsOf(Enrolment[] memory roster, uint128 places)
        private
        view
        returns (uint256 sum, uint256 versions)
    {
        for (uint256 i = 0; i < roster.length; ++i) {
            if (places & (1 << i) == 0) continue;
            for (uint256 j = 0; j < SITES; ++j) {
                if (_datasets[j] != roster[i].datasetId) continue;
                sum |= 1 << j;
                versions |= uint256(roster[i].version) << (32 * j);
            }
        }
    }

    /// @dev Whether no earlier sum of statistics has some of these datasets and others, or other versions of them.
    function _keepsApart(uint256 sum, uint256 versions) private view returns (bool) {
        for (uint256 i = 0; i < _statistics.length; ++i) {
            uint256 earlier = _statistics[i];
            if (earlier & sum == 0) continue;
            if (earlier != sum || _versionsOf[earlier] != versions) return false;
        }
        return true;
    }

    function _base(Round memory round) private view returns (bytes32) {
        return MODELS.versionOf(MODEL, round.baseVersion).weightsRoot;
    }

    function sumsOn(uint256 roundId) external view returns (uint256) {
        return sums[_base(MODELS.roundOf(roundId))];
    }

    function _tryEnrol(address node, uint256 datasetId) private returns (bool) {
        Application memory application = Application({
            datasetId: datasetId,
            licenseId: 0,
            plan: MODELS.roundOf(current).plan,
            roundKeys: abi.encodePacked(keccak256(abi.encode(node, current)), keccak256(abi.encode(current, node))),
            invitation: new bytes32[](0)
        });
        return _tryAs(node, abi.encodeCall(MODELS.enrol, (current, application)));
    }

    function _tryAs(address sender, bytes memory data) private returns (bool ok) {
        vm.prank(sender);
        (ok,) = address(MODELS).call(data);
    }

    function _move(uint256 datasetId, address from, address to) private {
        vm.prank(from);
        DATASETS.transferFrom(from, to, datasetId);
    }
}

/// @notice What holds of rounds whatever their sites do. The numbers are those of the README.
contract RoundInvariants {
    Federation private federation;
    IModels private models;

    function setUp() external {
        vm.warp(1_800_000_000);
        federation = new Federation(new World());
        models = federation.MODELS();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(federation);
    }

    /// @dev All of them in one campaign, which so goes deeper in the same time. No step may fail: what should be possible is.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_rounds() external view {
        if (federation.current() == 0) return;
        _inv24_no_seat_twice();
        _inv26_one_sum_on_the_same_weights();
    }

    /// @notice 24. An account and a dataset have one seat in a round.
    function _inv24_no_seat_twice() private view {
        Enrolment[] memory roster = models.rosterOf(federation.current());
        for (uint256 i = 0; i < roster.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(roster[i].node != roster[j].node);
                vm.assertTrue(roster[i].datasetId != roster[j].datasetId);
            }
        }
    }

    /// @notice 26. Of updates one sum at most is unmasked over the same weights.
    function _inv26_one_sum_on_the_same_weights() private view {
        vm.assertTrue(federation.sumsOn(federation.current()) <= 1);
    }
}

/// @notice A campaign says nothing of what it never reaches. Half of its steps, by dice that always fall alike, must close
/// rounds and finalize both kinds of them, and meet the refusals that the invariants are about.
contract RoundsReachTest {
    error ReachedTooSeldom(bytes32 what, uint256 times);

    uint256 private constant FEDERATIONS = 20;
    uint256 private constant STEPS = 160;

    bytes4[] private _actions = [
        Federation.goOn.selector,
        Federation.withdraw.selector,
        Federation.handOn.selector,
        Federation.abort.selector,
        Federation.publishWeights.selector
    ];
    bytes32[] private _states = [
        bytes32("closed"),
        "trained",
        "statistics",
        "a second seat refused",
        "a sum of withdrawn data refused",
        "withdrawn while unmasking",
        "a sum with other sites refused"
    ];
    uint256[] private _least = [uint256(20), 5, 5, 20, 1, 1, 5];
    mapping(bytes32 what => uint256) private _reached;

    function test_the_sites_close_and_finalize_rounds() external {
        vm.pauseGasMetering();
        vm.warp(1_800_000_000);
        uint256 draw;
        for (uint256 f = 0; f < FEDERATIONS; ++f) {
            Federation federation = new Federation(new World());
            for (uint256 i = 0; i < STEPS; ++i) {
                draw = uint256(keccak256(abi.encode(draw)));
                (bool ok,) = address(federation).call(abi.encodeWithSelector(_actions[draw % _actions.length], draw));
                require(ok, "a step failed");
            }
            for (uint256 i = 0; i < _states.length; ++i) {
                _reached[_states[i]] += federation.reached(_states[i]);
            }
        }
        for (uint256 i = 0; i < _states.length; ++i) {
            uint256 times = _reached[_states[i]];
            if (times < _least[i]) revert ReachedTooSeldom(_states[i], times);
        }
    }
}
