// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessLicense} from "../../../contracts/AccessLicense.sol";
import {DatasetNFT} from "../../../contracts/DatasetNFT.sol";
import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";

/// @notice Does at random what people do with datasets and licences, and remembers what must never be undone.
contract Market {
    World public immutable WORLD;
    AccessLicense public immutable LICENSES;
    DatasetNFT public immutable DATASETS;

    address[4] public people = [address(0xA1), address(0xA2), address(0xA3), address(0xA4)];
    address public constant ARBITER = address(0xAB);

    uint256 public paidIn;
    uint256 public paidOut;
    mapping(uint256 licenseId => uint256) public credited;
    mapping(uint256 licenseId => IAccessLicense.State) public seen;
    bool public broken; // a transition that must not be

    constructor(World world) {
        WORLD = world;
        LICENSES = world.licenses();
        DATASETS = world.datasets();
        KeyRegistry keys = world.keys();
        for (uint256 i = 0; i < people.length; ++i) {
            vm.prank(people[i]); // holds for the next call, so nothing else may be called in between
            keys.register(new bytes(1216));
        }
        publish(0, 0, 5 ether, false);
        publish(1, 1, 1 ether, true);
    }

    /// @dev The money credited by a call is the growth of what is owed; every licence is looked at again afterwards.
    modifier watched(uint256 licenseId) {
        uint256 before = totalOwed();
        _;
        credited[licenseId] += totalOwed() - before;
        for (uint256 id = 1; id <= LICENSES.licenseCount(); ++id) {
            IAccessLicense.State state = LICENSES.licenseOf(id).state;
            if (state != seen[id] && !_allowed(seen[id], state)) broken = true;
            seen[id] = state;
        }
    }

    function publish(uint256 who, uint256 kind, uint128 price, bool arbitrated) public {
        if (DATASETS.datasetCount() > 1 && kind % 4 != 0) return;
        uint64[3] memory terms =
            [DuoPolicy.GRU, DuoPolicy.GRU | DuoPolicy.US, DuoPolicy.HMB | DuoPolicy.NCU | DuoPolicy.IRB];
        IDatasetNFT.Publication memory p = WORLD.publication(terms[kind % 3]);
        IAccessLicense.Offer memory offer = WORLD.offerOf(
            0,
            price % 100 ether,
            arbitrated ? ARBITER : address(0),
            IAccessLicense.Right(1 + kind % 3),
            uint32(kind % 4)
        );
        vm.prank(people[who % 4]);
        DATASETS.publishWithOffer(p, new uint256[](0), offer);
    }

    function purchase(uint256 who, uint256 offerId) external watched(0) {
        if (LICENSES.licenseCount() >= 12) return; // every step looks at all of them
        offerId = 1 + offerId % LICENSES.offerCount();
        (IAccessLicense.Offer memory offer,) = LICENSES.offerOf(offerId);
        address buyer = people[who % 4];
        vm.deal(buyer, offer.price);
        vm.prank(buyer);
        LICENSES.purchase{value: offer.price}(offerId, DuoPolicy.HMB | DuoPolicy.IRB);
        paidIn += offer.price;
    }

    function approve(uint256 id) external watched(_find(id, IAccessLicense.State.InReview)) {
        id = _find(id, IAccessLicense.State.InReview);
        address owner = _ownerOf(id);
        vm.prank(owner);
        LICENSES.approve(id);
    }

    function reject(uint256 id)
        external
        watched(_find(id, id % 2 == 0 ? IAccessLicense.State.InReview : IAccessLicense.State.Purchased))
    {
        id = _find(id, id % 2 == 0 ? IAccessLicense.State.InReview : IAccessLicense.State.Purchased);
        address owner = _ownerOf(id);
        vm.prank(owner);
        LICENSES.reject(id, 0);
    }

    function deliver(uint256 id) external watched(_find(id, IAccessLicense.State.Purchased)) {
        id = _find(id, IAccessLicense.State.Purchased);
        address owner = _ownerOf(id);
        vm.prank(owner);
        LICENSES.deliver(id, bytes32("envelope"));
    }

    function confirm(uint256 id) external watched(_find(id, IAccessLicense.State.Delivered)) {
        id = _find(id, IAccessLicense.State.Delivered);
        address licensee = LICENSES.ownerOf(id);
        vm.prank(licensee);
        LICENSES.confirm(id);
    }

    function claim(uint256 id) external watched(_find(id, IAccessLicense.State.Delivered)) {
        LICENSES.claim(_find(id, IAccessLicense.State.Delivered));
    }

    function refund(uint256 id)
        external
        watched(_find(id, id % 2 == 0 ? IAccessLicense.State.Disputed : IAccessLicense.State.Purchased))
    {
        LICENSES.refund(_find(id, id % 2 == 0 ? IAccessLicense.State.Disputed : IAccessLicense.State.Purchased));
    }

    function dispute(uint256 id) external watched(_find(id, IAccessLicense.State.Delivered)) {
        id = _find(id, IAccessLicense.State.Delivered);
        address licensee = LICENSES.ownerOf(id);
        vm.prank(licensee);
        LICENSES.dispute(id, 0);
    }

    function resolve(uint256 id, bool payOwner) external watched(_find(id, IAccessLicense.State.Disputed)) {
        id = _find(id, IAccessLicense.State.Disputed);
        vm.prank(ARBITER);
        LICENSES.resolve(id, payOwner);
    }

    function revoke(uint256 id)
        external
        watched(_find(id, id % 2 == 0 ? IAccessLicense.State.Settled : IAccessLicense.State.Delivered))
    {
        id = _find(id, id % 2 == 0 ? IAccessLicense.State.Settled : IAccessLicense.State.Delivered);
        address owner = _ownerOf(id);
        vm.prank(owner);
        LICENSES.revoke(id, 0);
    }

    function consume(uint256 id)
        external
        watched(_find(id, id % 2 == 0 ? IAccessLicense.State.Settled : IAccessLicense.State.Delivered))
    {
        id = _find(id, id % 2 == 0 ? IAccessLicense.State.Settled : IAccessLicense.State.Delivered);
        address licensee = LICENSES.ownerOf(id);
        vm.prank(licensee);
        LICENSES.consume(id);
    }

    function present(uint256 id) external {
        LICENSES.present(_find(id, id % 2 == 0 ? IAccessLicense.State.Settled : IAccessLicense.State.Delivered));
    }

    function collect(uint256 who) external {
        paidOut += LICENSES.collect(people[who % 4]);
    }

    function sell(uint256 datasetId, uint256 to) external {
        if (datasetId % 8 != 0) return; // every sale ends the offers
        datasetId = 1 + datasetId % DATASETS.datasetCount();
        address owner = DATASETS.ownerOf(datasetId);
        vm.prank(owner);
        DATASETS.transferFrom(owner, people[to % 4], datasetId);
    }

    function withdraw(uint256 datasetId) external {
        if (datasetId % 8 != 0) return;
        datasetId = 1 + datasetId % DATASETS.datasetCount();
        uint32 version = DATASETS.latestVersion(datasetId);
        address owner = DATASETS.ownerOf(datasetId);
        vm.prank(owner);
        DATASETS.withdraw(datasetId, version);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % 8 == 0 ? time % 31 days : time % 1 days));
    }

    function totalOwed() public view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += LICENSES.owed(people[i]);
        }
    }

    /// @dev The next licence in that state, if there is one: else the call reverts, and is no step.
    function _find(uint256 seed, IAccessLicense.State state) private view returns (uint256 id) {
        uint256 count = LICENSES.licenseCount();
        for (uint256 i = 0; i < count; ++i) {
            id = 1 + (seed % count + i) % count;
            if (LICENSES.licenseOf(id).state == state) return id;
        }
        revert("none");
    }

    function _ownerOf(uint256 id) private view returns (address) {
        return DATASETS.ownerOf(LICENSES.licenseOf(id).datasetId);
    }

    /// @dev Nothing leaves Refunded, Rejected and Revoked; Settled is left by a revocation alone; money that was
    /// credited is never in escrow again.
    function _allowed(IAccessLicense.State from, IAccessLicense.State to) private pure returns (bool) {
        if (from == IAccessLicense.State.None) {
            return to == IAccessLicense.State.InReview || to == IAccessLicense.State.Purchased;
        }
        if (from == IAccessLicense.State.InReview) {
            return to == IAccessLicense.State.Purchased || to == IAccessLicense.State.Rejected
                || to == IAccessLicense.State.Refunded;
        }
        if (from == IAccessLicense.State.Purchased) {
            return to == IAccessLicense.State.Delivered || to == IAccessLicense.State.Rejected
                || to == IAccessLicense.State.Refunded;
        }
        if (from == IAccessLicense.State.Delivered) {
            return to == IAccessLicense.State.Settled || to == IAccessLicense.State.Disputed
                || to == IAccessLicense.State.Refunded || to == IAccessLicense.State.Revoked;
        }
        if (from == IAccessLicense.State.Disputed) {
            return to == IAccessLicense.State.Settled || to == IAccessLicense.State.Refunded
                || to == IAccessLicense.State.Revoked;
        }
        return from == IAccessLicense.State.Settled && to == IAccessLicense.State.Revoked;
    }
}

contract EscrowInvariants {
    Market private market;
    AccessLicense private licenses;

    function setUp() external {
        market = new Market(new World());
        licenses = market.LICENSES();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(market);
    }

    /// @dev All of them after every step of one campaign, which so goes deeper in the same time.
    function invariant_market() external view {
        _inv1_balance_is_escrow_plus_owed();
        _inv2_active_means_delivered();
        _inv3_nobody_is_paid_twice();
        _inv4_no_forbidden_transition();
        _inv5_access_means_an_active_licence();
    }

    /// @notice 1. The balance is the price of what is not settled, plus what is owed.
    function _inv1_balance_is_escrow_plus_owed() private view {
        uint256 escrow;
        for (uint256 id = 1; id <= licenses.licenseCount(); ++id) {
            IAccessLicense.License memory l = licenses.licenseOf(id);
            if (_inEscrow(l.state)) escrow += l.price;
        }
        require(address(licenses).balance == escrow + market.totalOwed(), "balance");
    }

    /// @notice 2. No licence is active that was not delivered, or that was refunded, rejected, revoked or is disputed.
    function _inv2_active_means_delivered() private view {
        for (uint256 id = 1; id <= licenses.licenseCount(); ++id) {
            if (!licenses.isActive(id)) continue;
            IAccessLicense.License memory l = licenses.licenseOf(id);
            require(l.envelope != 0 && l.expiresAt > block.timestamp, "active without delivery");
            require(
                l.state == IAccessLicense.State.Delivered || l.state == IAccessLicense.State.Settled,
                "active in the end"
            );
        }
    }

    /// @notice 3. A licence credits its price once, when it leaves escrow, and never again.
    function _inv3_nobody_is_paid_twice() private view {
        for (uint256 id = 1; id <= licenses.licenseCount(); ++id) {
            IAccessLicense.License memory l = licenses.licenseOf(id);
            require(market.credited(id) == (_inEscrow(l.state) ? 0 : l.price), "credited");
        }
        require(market.paidIn() == address(licenses).balance + market.paidOut(), "paid");
    }

    /// @notice 4. States change along the arrows of the interface only.
    function _inv4_no_forbidden_transition() private view {
        require(!market.broken(), "transition");
    }

    /// @notice 5. Access is an active licence of that account, dataset and right.
    function _inv5_access_means_an_active_licence() private view {
        for (uint256 d = 1; d <= market.DATASETS().datasetCount(); ++d) {
            for (uint256 p = 0; p < 4; ++p) {
                for (uint256 r = 1; r <= 3; ++r) {
                    _checkAccess(d, market.people(p), IAccessLicense.Right(r));
                }
            }
        }
    }

    function _checkAccess(uint256 datasetId, address account, IAccessLicense.Right right) private view {
        if (!licenses.hasAccess(datasetId, account, right)) return;
        for (uint256 id = 1; id <= licenses.licenseCount(); ++id) {
            IAccessLicense.License memory l = licenses.licenseOf(id);
            if (l.datasetId == datasetId && l.licensee == account && l.right == right && licenses.isActive(id)) return;
        }
        revert("access without a licence");
    }

    function _inEscrow(IAccessLicense.State state) private pure returns (bool) {
        return state == IAccessLicense.State.InReview || state == IAccessLicense.State.Purchased
            || state == IAccessLicense.State.Delivered || state == IAccessLicense.State.Disputed;
    }
}
