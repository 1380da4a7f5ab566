// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {Shop} from "./Shop.sol";

contract SettlementTest is Shop {
    /// @notice Whatever the price, owner and first publisher together are credited exactly it, royalty rounded down.
    function testFuzz_the_split_is_exact(uint128 price, bool resold) external {
        uint256 id = _delivered(_offer(ETH, price));
        if (resold) {
            vm.prank(PUBLISHER);
            datasets.transferFrom(PUBLISHER, HEIR, 1);
        }
        _confirm(id);
        uint256 royalty = resold ? uint256(price) * 500 / 10_000 : price;
        require(licenses.owed(PUBLISHER, ETH) == royalty, "publisher");
        require(licenses.owed(HEIR, ETH) == price - royalty, "heir");
    }

    /// @notice Whenever the buyer looks, access has ended at the second that the delivery promised.
    function testFuzz_access_ends_on_time(uint32 later) external {
        uint256 id = _delivered(_offer(ETH, 1));
        uint256 end = lens.licenseOf(id).expiresAt;
        vm.warp(block.timestamp + later);
        require(licenses.isActive(id) == (vm.getBlockTimestamp() < end), "access");
    }

    /// @notice A key reaches a licence by owner or custodian, and by nobody else.
    function testFuzz_nobody_else_delivers(address sender) external {
        vm.assume(sender != PUBLISHER && sender != address(vm));
        uint256 id = _purchase(_create(_offer(ETH, 1)), 1);
        (bool ok, bytes memory answer) = _try(
            sender, 0, abi.encodeCall(IAccessLicense.deliver, (uint48(id), bytes32("e"), world.commitments(), buyer))
        );
        _requireError(ok, answer, abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, 1, sender));
    }

    /// @notice Of a price that time earns, owner and licensee together get all, each its part: the owner's is rounded down.
    function testFuzz_each_gets_its_part(uint128 price, uint32 duration, uint32 first, uint32 later) external {
        IAccessLicense.Offer memory offer = _offer(ETH, price);
        (offer.duration, offer.proRata) = (1 + duration % 3650 days, true);
        uint256 id = _delivered(offer);
        _confirm(id);
        uint256 start = block.timestamp;
        first = first % offer.duration;
        vm.warp(start + first);
        (bool claimed,) = _try(HEIR, 0, abi.encodeCall(IAccessLicense.claimEarned, (id)));
        uint256 earned = uint256(price) * first / offer.duration;
        require(claimed == (earned != 0) && licenses.owed(PUBLISHER, ETH) == earned, "claimed");

        uint256 passed = uint256(first) + later % 3650 days;
        vm.warp(start + passed);
        earned = uint256(price) * (passed < offer.duration ? passed : offer.duration) / offer.duration;
        (uint256 toOwner, uint256 toLicensee) = licenses.sharesOf(id);
        require(toOwner + licenses.owed(PUBLISHER, ETH) == earned && toLicensee == price - earned, "shares");
        _mustCall(PUBLISHER, abi.encodeCall(IAccessLicense.revoke, (id, bytes32("ended"), buyer)));
        require(licenses.owed(PUBLISHER, ETH) == earned && licenses.owed(buyer, ETH) == price - earned, "parts");
    }

    /// @notice However a price is claimed in parts, the royalty is that of the whole.
    function testFuzz_the_royalty_is_of_the_whole(uint128 price, uint8 parts) external {
        IAccessLicense.Offer memory offer = _offer(ETH, price);
        offer.proRata = true;
        uint256 id = _delivered(offer);
        _confirm(id);
        vm.prank(PUBLISHER);
        datasets.transferFrom(PUBLISHER, HEIR, 1);
        uint256 start = block.timestamp;
        uint256 times = 1 + parts % 16;
        for (uint256 i = 1; i <= times; ++i) {
            vm.warp(start + uint256(offer.duration) * i / times);
            _try(RELAYER, 0, abi.encodeCall(IAccessLicense.claimEarned, (id)));
        }
        uint256 royalty = uint256(price) * 500 / 10_000;
        require(licenses.owed(PUBLISHER, ETH) == royalty, "publisher");
        require(licenses.owed(HEIR, ETH) == price - royalty, "heir");
    }

    /// @notice However the case ends, the price is owed once: to the buyer or to the owner.
    function testFuzz_the_price_is_owed_once(uint128 price, uint8 way) external {
        uint256 id = _delivered(_offer(ETH, price));
        if (way % 3 == 0) {
            _confirm(id);
        } else if (way % 3 == 1) {
            _mustCall(PUBLISHER, abi.encodeCall(IAccessLicense.revoke, (id, bytes32("ended"), buyer)));
        } else {
            _mustCall(buyer, abi.encodeCall(IAccessLicense.consume, (id)));
        }
        require(licenses.owed(buyer, ETH) == (way % 3 == 1 ? price : 0), "buyer");
        require(licenses.owed(PUBLISHER, ETH) == (way % 3 == 1 ? 0 : price), "owner");
    }

    /// @notice Who paid for training that was stopped before the owner was paid gets the price back; of a download, the owner.
    function testFuzz_stopped_training_is_not_paid(uint128 price, bool train, uint16 later) external {
        IAccessLicense.Offer memory offer = _offer(ETH, price);
        if (train) offer.right = IAccessLicense.Right.Train;
        uint256 id = _delivered(offer);
        vm.prank(PUBLISHER);
        datasets.withdraw(1, 1);
        vm.warp(block.timestamp + offer.disputeWindow + 1 + later);
        bytes memory claim = abi.encodeCall(IAccessLicense.claim, (id));
        bytes memory refund = abi.encodeCall(IAccessLicense.refund, (id));
        (bool ok, bytes memory answer) = _try(HEIR, 0, train ? claim : refund);
        bytes memory withdrawn = abi.encodeWithSelector(IAccessLicense.AccessLicense_TakenAway.selector, id);
        bytes memory state = abi.encodeWithSelector(
            IAccessLicense.AccessLicense_WrongState.selector, id, IAccessLicense.State.Delivered
        );
        _requireError(ok, answer, train ? withdrawn : state);
        _mustCall(HEIR, train ? refund : claim);
        require(licenses.owed(buyer, ETH) == (train ? price : 0), "buyer");
        require(licenses.owed(PUBLISHER, ETH) == (train ? 0 : price), "owner");
    }

    function _delivered(IAccessLicense.Offer memory offer) private returns (uint256 id) {
        id = _purchase(_create(offer), offer.price);
        _deliver(id);
    }

    function _mustCall(address from, bytes memory data) private {
        (bool ok,) = _try(from, 0, data);
        require(ok, "it failed");
    }
}
