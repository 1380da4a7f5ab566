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
        uint256 end = licenses.expiresAt(id);
        vm.warp(block.timestamp + later);
        require(licenses.isActive(id) == (vm.getBlockTimestamp() < end), "access");
    }

    /// @notice A key reaches a licence by owner or custodian, and by nobody else.
    function testFuzz_nobody_else_delivers(address sender) external {
        vm.assume(sender != PUBLISHER && sender != address(vm));
        uint256 id = _purchase(_create(_offer(ETH, 1)), 1);
        (bool ok, bytes memory answer) = _try(sender, 0, abi.encodeCall(IAccessLicense.deliver, (id, bytes32("e"))));
        _requireError(ok, answer, abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, 1, sender));
    }

    /// @notice What an owner pays back is the unused share, rounded up: never less, and never a whole unit more.
    function testFuzz_the_unused_share_comes_back(uint128 price, uint32 duration, uint8 uses, uint8 used, uint32 later)
        external
    {
        IAccessLicense.Offer memory offer = _offer(ETH, price);
        (offer.duration, offer.uses, offer.proRata) = (1 + duration % 3650 days, uses, true);
        uint256 id = _delivered(offer);
        _confirm(id);
        for (uint256 i = uses == 0 ? 0 : used % uses; i != 0; --i) {
            vm.prank(buyer);
            licenses.consume(id);
        }
        uint256 start = block.timestamp;
        vm.warp(start + later % (offer.duration + 10));
        uint256 passed = later % (offer.duration + 10);
        uint256 left = passed < offer.duration ? offer.duration - passed : 0;
        (uint256 share, uint256 whole) = (uint256(price) * left, offer.duration);
        uint256 usesLeft = uses == 0 ? 0 : uses - used % uses;
        if (uses != 0 && usesLeft * whole < left * uses) (share, whole) = (uint256(price) * usesLeft, uses);

        uint256 due = licenses.refundDue(id);
        require(due * whole >= share && due * whole < share + whole, "not the share, rounded up");
        _checkPayBack(id, due);
    }

    /// @notice A licence renewed n times that starts its first term is worth n + 1 prices; each renewal was the owner's.
    function testFuzz_renewals_come_back_too(uint96 price, uint8 renewals) external {
        IAccessLicense.Offer memory offer = _offer(ETH, price);
        offer.proRata = true;
        uint256 id = _delivered(offer);
        _confirm(id);
        uint256 times = renewals % 8;
        for (uint256 i = 0; i < times; ++i) {
            _renew(id, price);
        }
        require(licenses.expiresAt(id) == block.timestamp + (times + 1) * offer.duration, "end");
        require(licenses.owed(PUBLISHER, ETH) == (times + 1) * price, "income");
        require(licenses.refundDue(id) == (times + 1) * price, "worth");
    }

    /// @notice A renewal adds a term at the end of the present one, or from now if that is over.
    function testFuzz_a_renewal_adds_one_term(uint32 later, uint8 uses) external {
        IAccessLicense.Offer memory offer = _offer(ETH, 5);
        offer.uses = uses;
        uint256 id = _delivered(offer);
        _confirm(id);
        uint256 end = licenses.expiresAt(id);
        uint256 then = block.timestamp + later % 3650 days;
        vm.warp(then);
        _renew(id, 5);
        require(licenses.expiresAt(id) == (then > end ? then : end) + offer.duration, "end");
        uint32 left = licenses.licenseOf(id).usesLeft;
        require(left == (uses == 0 ? type(uint32).max : 2 * uint32(uses)), "uses");
    }

    /// @notice However the case ends, the price is owed once: to the buyer or to the owner.
    function testFuzz_the_price_is_owed_once(uint128 price, uint8 way) external {
        uint256 id = _delivered(_offer(ETH, price));
        bytes memory data = abi.encodeCall(IAccessLicense.revoke, (id, bytes32("ended")));
        if (way % 3 == 0) _confirm(id);
        else if (way % 3 == 1) _mustCall(PUBLISHER, data);
        else _mustCall(buyer, abi.encodeCall(IAccessLicense.dispute, (id, bytes32("wrong key"))));
        require(licenses.owed(buyer, ETH) == (way % 3 == 0 ? 0 : price), "buyer");
        require(licenses.owed(PUBLISHER, ETH) == (way % 3 == 0 ? price : 0), "owner");
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
        bytes memory withdrawn = abi.encodeWithSelector(IAccessLicense.AccessLicense_Withdrawn.selector, 1, 1);
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

    /// @dev One unit less is refused, and one unit more is owed to the owner again.
    function _checkPayBack(uint256 id, uint256 due) private {
        bytes memory data = abi.encodeCall(IAccessLicense.revoke, (id, bytes32("ended")));
        if (due != 0) {
            (bool ok, bytes memory answer) = _try(PUBLISHER, due - 1, data);
            bytes memory expected =
                abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongPrice.selector, due - 1, due);
            _requireError(ok, answer, expected);
        }
        uint256 income = licenses.owed(PUBLISHER, ETH);
        (bool paid,) = _try(PUBLISHER, due + 1, data);
        require(paid, "revoke");
        require(licenses.owed(buyer, ETH) == due, "buyer");
        require(licenses.owed(PUBLISHER, ETH) == income + 1, "owner");
    }

    function _mustCall(address from, bytes memory data) private {
        (bool ok,) = _try(from, 0, data);
        require(ok, "it failed");
    }
}
