// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Typed} from "../Typed.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {IDatasets, ILicenses} from "../Deployed.sol";
import {vm, Vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice Six people publish, clone, sell, buy, hand over, appoint, resign and withdraw at random, and everybody tries to
/// deliver keys. Who may is known from the steps alone: the contracts are asked nothing.
contract Releases {
    uint256 private constant PEOPLE = 6;
    uint256 private constant MOST_DATASETS = 6;
    uint256 private constant MOST_OFFERS = 18;
    IAccessLicense.Right private constant _DOWNLOAD = IAccessLicense.Right.Download;
    address private constant NOBODY = address(0xDEAD);

    struct Sold {
        uint256 datasetId;
        uint32 version;
        IAccessLicense.Right right;
    }

    IDatasets public immutable DATASETS;
    ILicenses public immutable LICENSES;
    World private immutable WORLD;

    uint256 public datasets;
    mapping(uint256 datasetId => address) public ownerOf;
    mapping(uint256 datasetId => uint256) public transfers;
    mapping(uint256 datasetId => uint32) public latest;
    mapping(uint256 datasetId => mapping(uint32 version => bool)) private _withdrawn;
    mapping(uint256 datasetId => Sold) private _parents; // proven ones: a dataset and its version; 0: none
    // What stands for the term of one owner, which ends with the transfer.
    mapping(bytes32 termRoleAndPerson => bool) private _proposed;
    mapping(bytes32 termRoleAndPerson => bool) private _accepted;
    mapping(uint256 datasetId => mapping(address person => bool)) private _everAccepted;

    uint256 public offers;
    mapping(uint256 offerId => Sold) private _onSale; // the version is that of the purchase
    mapping(uint256 offerId => bytes32) private _hashes;
    uint256 public licenses;
    mapping(uint256 licenseId => address) private _buyers;
    mapping(uint256 licenseId => Sold) private _sold;
    mapping(bytes32 what => uint256) public reached; // what happened how often: see CustodyReachTest

    constructor(World world) {
        (WORLD, DATASETS, LICENSES) = (world, world.datasets(), world.licenses());
        IKeyRegistry keys = world.keys();
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.prank(person(i));
            keys.register(new bytes(1216));
        }
        for (uint256 i = 0; i < 3; ++i) {
            _publish(person(i), i);
        }
    }

    function person(uint256 seed) public pure returns (address) {
        return address(uint160(0x9E0 + seed % PEOPLE));
    }

    // ------------------------------------------------------------- datasets

    /// @notice A dataset more, whose key commitment is that of all the others: a clone. Or a version more.
    function publish(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        if (datasets < MOST_DATASETS && seed % 4 == 0) return _publish(person(seed >> 8), seed >> 16);
        bytes memory data = abi.encodeCall(IDatasetNFT.publishVersion, (d, WORLD.publication(DuoPolicy.GRU)));
        if (_tryAs(ownerOf[d], address(DATASETS), data)) latest[d] += 1;
    }

    function transfer(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        if ((seed >> 8) % 2 == 0) return;
        address to = person(seed);
        vm.prank(ownerOf[d]);
        DATASETS.transferFrom(ownerOf[d], to, d);
        (ownerOf[d], transfers[d]) = (to, transfers[d] + 1);
    }

    function withdraw(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        if (seed % 2 == 0) return;
        uint32 version = uint32(1 + (seed >> 8) % latest[d]);
        address by = seed % 8 == 1 ? person(seed >> 40) : ownerOf[d];
        bool ok = _tryAs(by, address(DATASETS), abi.encodeCall(IDatasetNFT.withdraw, (d, version)));
        require(!ok || by == ownerOf[d], "inv27: withdrawn by somebody else");
        if (ok) _withdrawn[d][version] = true;
    }

    // ---------------------------------------------------------------- roles

    /// @notice To two people, mostly by the owner, and mostly as custodians.
    function propose(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        address by = seed % 8 == 0 ? person(seed >> 16) : ownerOf[d];
        for (uint256 i = 0; i < 2; ++i) {
            (IDatasetNFT.Role role, address to) = (_role(seed >> i), person((seed >> 8) + i));
            bool ok = _tryAs(by, address(DATASETS), abi.encodeCall(IDatasetNFT.grantRole, (d, role, to)));
            require(!ok || by == ownerOf[d], "inv27: proposed by somebody else than the owner");
            if (ok) _proposed[_term(d, role, to)] = true;
        }
    }

    /// @notice By whom it was proposed to, or by anybody. It counts where this owner, in this term, proposed it.
    function accept(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        IDatasetNFT.Role role = _role(seed);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            address by = person((seed >> 8) + i);
            bool ok = _tryAs(by, address(DATASETS), abi.encodeCall(IDatasetNFT.acceptRole, (d, role)));
            if (!ok) continue;
            require(_proposed[_term(d, role, by)], "inv27: accepted what nobody proposed");
            _accepted[_term(d, role, by)] = true;
            if (role == IDatasetNFT.Role.Custodian) _everAccepted[d][by] = true;
            return;
        }
    }

    /// @notice By the owner, by the person itself, or in vain by another one.
    function dismiss(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        (IDatasetNFT.Role role, address whom) = (_role(seed), person(seed >> 8));
        address by = seed % 3 == 0 ? whom : seed % 3 == 1 ? ownerOf[d] : person(seed >> 16);
        bool ok = _tryAs(by, address(DATASETS), abi.encodeCall(IDatasetNFT.revokeRole, (d, role, whom)));
        require(!ok || by == whom || by == ownerOf[d], "inv27: dismissed by somebody else");
        if (ok) (_proposed[_term(d, role, whom)], _accepted[_term(d, role, whom)]) = (false, false);
    }

    // ------------------------------------------------------------- licences

    /// @notice Puts a right to a dataset up for nothing, or buys what is up; mostly downloads.
    function trade(uint256 draw) external {
        (uint256 d, uint256 seed) = _dataset(draw);
        if (offers == 0 || (offers < MOST_OFFERS && seed % 4 == 0)) {
            IAccessLicense.Right right = IAccessLicense.Right(
                (seed >> 8) % 4 == 0 ? 1 + (seed >> 16) % 3 : uint256(IAccessLicense.Right.Download)
            );
            IAccessLicense.Offer memory offer = WORLD.offerOf(d, 0, address(0), right, 0);
            vm.prank(ownerOf[d]);
            offers = LICENSES.createOffer(offer);
            _onSale[offers] = Sold(d, 0, right);
            _hashes[offers] = Typed.offer(offer);
            return;
        }
        uint256 offerId = 1 + (seed >> 16) % offers;
        Sold memory sold = _onSale[offerId];
        sold.version = latest[sold.datasetId];
        address buyer = person(seed >> 32);
        vm.prank(buyer);
        try LICENSES.purchase(offerId, _hashes[offerId], sold.version, DuoPolicy.GRU, false) returns (uint256 id) {
            (licenses, _sold[id], _buyers[id]) = (id, sold, buyer);
        } catch {}
    }

    /// @notice Everybody delivers one licence, in an order of the dice, with a key or without; the owner now and then not.
    function deliver(uint256 draw) external {
        _everybodyTries(draw, IAccessLicense.deliver.selector);
    }

    function redeliver(uint256 draw) external {
        _everybodyTries(draw, IAccessLicense.redeliver.selector);
    }

    function wait(uint256 draw) external {
        if (draw % 4 == 0) vm.warp(vm.getBlockTimestamp() + draw % 12 hours);
    }

    // -------------------------------------------------------------- private

    function _publish(address by, uint256 seed) private {
        IDatasetNFT.Source[] memory sources = new IDatasetNFT.Source[](seed % 3 != 0 && datasets > 2 ? 1 : 0);
        uint256 parent = sources.length == 1 ? 1 + (seed >> 8) % datasets : 0;
        if (parent != 0) sources[0] = IDatasetNFT.Source(parent, 0);
        if (parent != 0 && seed % 8 != 0) by = ownerOf[parent];
        bytes memory data = abi.encodeCall(IDatasetNFT.publish, (WORLD.publication(DuoPolicy.GRU), sources));
        if (!_tryAs(by, address(DATASETS), data)) return;
        datasets += 1;
        (ownerOf[datasets], latest[datasets]) = (by, 1);
        // Who owns the parent proves the descent; anybody else claims it, which binds nothing.
        if (parent != 0 && ownerOf[parent] == by) _parents[datasets] = Sold(parent, latest[parent], _DOWNLOAD);
    }

    function _everybodyTries(uint256 draw, bytes4 call) private {
        if (licenses == 0) return;
        uint256 seed = uint256(keccak256(abi.encode(draw)));
        // Mostly one of the latest, which may be waiting for it.
        uint256 id = seed % 4 == 0 ? 1 + (seed >> 8) % licenses : licenses - (seed >> 8) % (licenses < 6 ? licenses : 6);
        bytes32 envelope = seed % 8 == 1 ? bytes32(0) : bytes32("envelope");
        bytes memory data = abi.encodeWithSelector(call, id, envelope, WORLD.commitments(), _buyers[id]);
        bool leavesItToOthers = (seed >> 32) % 2 == 0;
        for (uint256 i = 0; i <= PEOPLE; ++i) {
            address by = i == PEOPLE ? NOBODY : person((seed >> 64) + i);
            if (leavesItToOthers && by == ownerOf[_sold[id].datasetId]) continue;
            vm.recordLogs();
            bool ok = _tryAs(by, address(LICENSES), data);
            _judge(by, vm.getRecordedLogs());
            if (!ok) _note(id, by);
        }
    }

    /// @dev Whatever a call brought about: no key leaves but by whom it may, for a download of what consent stands for.
    function _judge(address by, Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 kind = logs[i].topics[0];
            bool again = kind == IAccessLicense.KeyRedelivered.selector;
            if (!again && kind != IAccessLicense.LicenseDelivered.selector) continue;
            (address named, bytes32 envelope) = abi.decode(logs[i].data, (address, bytes32));
            Sold memory sold = _sold[uint256(logs[i].topics[1])];
            require(named == by, "inv27: another one is named");
            require(
                _mayRelease(sold.datasetId, by), "inv27: by no owner, and by nobody who accepted since it is theirs"
            );
            require(!_isWithdrawn(sold.datasetId, sold.version), "inv27: of a version that is withdrawn");
            require((envelope != 0) == (sold.right == IAccessLicense.Right.Download), "inv27: a key without the right");
            ++reached[again ? bytes32("delivered again") : bytes32("delivered")];
            if (by != ownerOf[sold.datasetId]) ++reached["by a custodian"];
            else if (transfers[sold.datasetId] != 0) ++reached["by a later owner"];
        }
    }

    /// @dev What the campaign is about has to be tried, and not only what succeeds.
    function _note(uint256 id, address by) private {
        Sold memory sold = _sold[id];
        uint256 d = sold.datasetId;
        bytes32 term = _term(d, IDatasetNFT.Role.Custodian, by);
        if (_mayRelease(d, by)) {
            if (_withdrawn[d][sold.version]) ++reached["refused: withdrawn"];
            else if (_isWithdrawn(d, sold.version)) ++reached["refused: parent withdrawn"];
        } else if (_proposed[term]) {
            ++reached["refused: not accepted"];
        } else if (_everAccepted[d][by]) {
            ++reached["refused: over"];
        } else if (_accepted[_term(d, IDatasetNFT.Role.Operator, by)]) {
            ++reached["refused: another role"];
        }
    }

    /// @dev Consent to data ends with that to what they are proven to descend from.
    function _isWithdrawn(uint256 d, uint32 version) private view returns (bool) {
        for (; d != 0; (d, version) = (_parents[d].datasetId, _parents[d].version)) {
            if (_withdrawn[d][version]) return true;
        }
        return false;
    }

    function _mayRelease(uint256 d, address by) private view returns (bool) {
        return by == ownerOf[d] || _accepted[_term(d, IDatasetNFT.Role.Custodian, by)];
    }

    function _term(uint256 d, IDatasetNFT.Role role, address who) private view returns (bytes32) {
        return keccak256(abi.encode(d, transfers[d], role, who));
    }

    function _role(uint256 seed) private pure returns (IDatasetNFT.Role) {
        return IDatasetNFT.Role((seed >> 128) % 2 == 0 ? 0 : 1 + (seed >> 130) % 2);
    }

    function _dataset(uint256 draw) private view returns (uint256 d, uint256 seed) {
        seed = uint256(keccak256(abi.encode(draw)));
        d = 1 + (seed >> 192) % datasets;
    }

    function _tryAs(address sender, address to, bytes memory data) private returns (bool ok) {
        vm.prank(sender);
        (ok,) = to.call(data);
    }
}

/// @notice What holds of keys whatever owners, custodians and strangers do. The numbers are those of the README.
contract CustodyInvariants {
    Releases private releases;

    function setUp() external {
        vm.warp(1_800_000_000);
        releases = new Releases(new World());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(releases);
    }

    /// @dev 27 is seen as each step is taken; no step may fail. Here: that owners are who the steps made them.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_custody() external view {
        for (uint256 d = 1; d <= releases.datasets(); ++d) {
            vm.assertEq(releases.DATASETS().ownerOf(d), releases.ownerOf(d));
        }
    }
}

/// @notice A campaign says nothing of what it never reaches. Half of its steps, by dice that always fall alike, must release
/// keys by owners and custodians, and meet each refusal that 27 is about.
contract CustodyReachTest {
    error ReachedTooSeldom(bytes32 what, uint256 times);

    uint256 private constant CAMPAIGNS = 20;
    uint256 private constant STEPS = 160;

    bytes4[] private _actions = [
        Releases.publish.selector,
        Releases.transfer.selector,
        Releases.withdraw.selector,
        Releases.propose.selector,
        Releases.accept.selector,
        Releases.dismiss.selector,
        Releases.trade.selector,
        Releases.deliver.selector,
        Releases.redeliver.selector,
        Releases.wait.selector
    ];
    bytes32[] private _states = [
        bytes32("delivered"),
        "delivered again",
        "by a custodian",
        "by a later owner",
        "refused: withdrawn",
        "refused: parent withdrawn",
        "refused: not accepted",
        "refused: over",
        "refused: another role"
    ];
    uint256[] private _least = [uint256(20), 20, 10, 20, 20, 2, 10, 10, 10];
    mapping(bytes32 what => uint256) private _reached;

    function test_keys_are_released_and_refused() external {
        vm.pauseGasMetering();
        vm.warp(1_800_000_000);
        uint256 draw;
        for (uint256 c = 0; c < CAMPAIGNS; ++c) {
            Releases releases = new Releases(new World());
            for (uint256 i = 0; i < STEPS; ++i) {
                draw = uint256(keccak256(abi.encode(draw)));
                (bool ok,) = address(releases).call(abi.encodeWithSelector(_actions[draw % _actions.length], draw));
                require(ok, "a step failed");
            }
            for (uint256 i = 0; i < _states.length; ++i) {
                _reached[_states[i]] += releases.reached(_states[i]);
            }
        }
        for (uint256 i = 0; i < _states.length; ++i) {
            uint256 times = _reached[_states[i]];
            if (times < _least[i]) revert ReachedTooSeldom(_states[i], times);
        }
    }
}
