// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILicenses} from "../Deployed.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {Dollar} from "../tokens/Dollar.sol";
import {vm} from "../Vm.sol";
import {World} from "../World.sol";
import {Ledger} from "./Ledger.sol";
import {Market} from "./Market.sol";

/// @notice What holds whatever people do in the market. The numbers are those of the README.
contract EscrowInvariants {
    uint256 private constant PEOPLE = 7;
    uint256 private constant CURRENCIES = 7;

    struct Seen {
        uint256 id;
        ILicenseLens.License license;
        Ledger.Entry entry;
        bool active;
    }

    Market private market;
    ILicenses private licenses;
    ILicenseLens private lens;
    address[PEOPLE] private people;
    address private liar; // the one token whose balances mean nothing

    function setUp() external {
        market = new Market(new World());
        licenses = market.LICENSES();
        lens = market.LENS();
        liar = market.currencies(CURRENCIES - 1);
        for (uint256 p = 0; p < PEOPLE; ++p) {
            people[p] = market.people(p);
        }
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(market);
    }

    /// @dev All of them in one campaign, which so goes deeper in the same time; for what was touched lately, and for something
    /// else in turn. No step of the market may fail: what should be possible is.
    /// forge-config: default.invariant.fail-on-revert = true
    /// forge-config: deep.invariant.fail-on-revert = true
    function invariant_market() external view {
        (uint256[] memory ids, address currency, uint256 steps) = market.lately();
        address[] memory currencies = new address[](3); // ETH is the first
        (currencies[1], currencies[2]) = (currency, market.currencies(steps % CURRENCIES));
        _check(ids, currencies);
    }

    /// @dev At the end of every sequence of steps: of everything.
    function afterInvariant() external {
        uint256[] memory ids = new uint256[](lens.licenseCount());
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = i + 1;
        }
        address[] memory currencies = new address[](CURRENCIES);
        for (uint256 c = 0; c < CURRENCIES; ++c) {
            currencies[c] = market.currencies(c);
        }
        _check(ids, currencies);
        _checkPrices(currencies);
        _inv14_every_state_has_an_exit(currencies);
    }

    function _check(uint256[] memory ids, address[] memory currencies) private view {
        Seen[] memory seen = new Seen[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 id = ids[i];
            seen[i] = Seen(id, lens.licenseOf(id), market.entryOf(id), licenses.isActive(id));
        }
        uint256 faults = market.faults();
        // First what the market saw happen, which says more than what came of it.
        _inv7_nothing_withdrawn_is_sold(faults);
        _inv10_an_order_is_carried_out_once(faults);
        _inv11_what_is_earned_is_rounded_down(seen);
        _inv12_nobody_gets_in_between(faults);
        _inv19_visas_are_as_the_owner_asks(faults);
        _inv20_a_person_judges_what_is_not_shown(faults);
        _inv22_nobody_acts_in_a_role_not_accepted(faults);
        _inv1_balance_is_escrow_plus_owed(currencies, faults);
        _inv2_everyone_is_owed_their_due(currencies);
        _inv3_nobody_is_paid_twice(seen, faults);
        _inv4_active_means_delivered(seen);
        _inv5_the_end_is_final(seen, faults);
        _inv6_states_follow_the_arrows(seen, faults);
        _inv8_no_licence_outlives_its_visas(seen, faults);
        _inv9_only_what_is_earned_is_credited(seen, faults);
        _inv13_what_was_paid_for_is_there(seen);
    }

    /// @notice 1. In every currency that tells the truth, the balance is what nobody was credited yet, plus what is
    /// owed. So the one that lies takes nothing from the others.
    function _inv1_balance_is_escrow_plus_owed(address[] memory currencies, uint256 faults) private view {
        for (uint256 c = 0; c < currencies.length; ++c) {
            address currency = currencies[c];
            if (currency == liar) continue;
            uint256 sum = market.escrow(currency);
            for (uint256 p = 0; p < PEOPLE; ++p) {
                sum += licenses.owed(people[p], currency);
            }
            require(_balance(currency) == sum, "inv1: balance");
        }
        _noFault(1, faults);
    }

    /// @notice 2. Everyone is owed what the rules give them, to the last unit, whatever others do.
    function _inv2_everyone_is_owed_their_due(address[] memory currencies) private view {
        for (uint256 c = 0; c < currencies.length; ++c) {
            for (uint256 p = 0; p < PEOPLE; ++p) {
                (address account, address currency) = (people[p], currencies[c]);
                require(licenses.owed(account, currency) == market.owed(account, currency), "inv2: owed");
            }
        }
    }

    /// @notice 3. The price of a licence is credited once: when it leaves escrow, or by the parts that time earns and the
    /// rest; and just what is owed is paid out.
    function _inv3_nobody_is_paid_twice(Seen[] memory seen, uint256 faults) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            (ILicenseLens.License memory l, Ledger.Entry memory e) = (seen[i].license, seen[i].entry);
            require(e.paid == l.price && e.credited + _held(l) == e.paid, "inv3: credited");
        }
        _noFault(3, faults);
    }

    /// @notice 4. No licence is active that was not delivered, or is in dispute.
    function _inv4_active_means_delivered(Seen[] memory seen) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            if (!seen[i].active) continue;
            ILicenseLens.License memory l = seen[i].license;
            require(seen[i].entry.delivered && l.expiresAt > block.timestamp, "inv4: active without delivery");
            bool open = l.state == IAccessLicense.State.Delivered || l.state == IAccessLicense.State.Settled;
            require(open, "inv4: active in another state");
        }
    }

    /// @notice 5. A licence that was refunded, rejected or revoked stays so, is never active and cannot be used, and its
    /// token is burnt.
    function _inv5_the_end_is_final(Seen[] memory seen, uint256 faults) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            ILicenseLens.License memory l = seen[i].license;
            IAccessLicense.State was = seen[i].entry.state;
            bool over = was == IAccessLicense.State.Refunded || was == IAccessLicense.State.Rejected
                || was == IAccessLicense.State.Revoked;
            if (over) require(l.state == was && !seen[i].active && l.deadline == 0, "inv5: came back");
            (bool held,) = address(licenses).staticcall(abi.encodeCall(licenses.ownerOf, (seen[i].id)));
            require(held != over, "inv5: a token of what is over");
        }
        _noFault(5, faults);
    }

    /// @notice 6. States change along the arrows of the interface only, within their time; whose licence it is, and of
    /// which version, never changes.
    function _inv6_states_follow_the_arrows(Seen[] memory seen, uint256 faults) private view {
        require(lens.licenseCount() == market.count(), "inv6: count");
        for (uint256 i = 0; i < seen.length; ++i) {
            (ILicenseLens.License memory l, Ledger.Entry memory e) = (seen[i].license, seen[i].entry);
            require(l.state == e.state && l.licensee == e.buyer && l.version == e.version, "inv6: state");
        }
        _noFault(6, faults);
    }

    /// @notice 7. A withdrawn version is never sold, and access that was taken away before any use pays nobody.
    function _inv7_nothing_withdrawn_is_sold(uint256 faults) private view {
        _noFault(7, faults);
    }

    /// @notice 8. A licence ends with the first of its visas at the latest, and gives no access once one is revoked.
    function _inv8_no_licence_outlives_its_visas(Seen[] memory seen, uint256 faults) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            (uint256 number, uint256 end, bool revoked) = market.visasOf(seen[i].id);
            if (number == 0) continue;
            require(seen[i].license.expiresAt <= end, "inv8: outlives its visas");
            require(!revoked && block.timestamp < end || !seen[i].active, "inv8: access without a visa");
        }
        _noFault(8, faults);
    }

    /// @notice 9. Nothing is credited for a licence before it is settled or over, and in review least of all; of a price that
    /// time earns, the owners were credited what was earned, and no more.
    function _inv9_only_what_is_earned_is_credited(Seen[] memory seen, uint256 faults) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            (ILicenseLens.License memory l, Ledger.Entry memory e) = (seen[i].license, seen[i].entry);
            if (_isInEscrow(l.state)) require(e.credited == 0 && l.earned == 0, "inv9: credited too early");
            if (l.proRata) require(l.earned == e.earned, "inv9: earned");
            (uint256 toOwner, uint256 toLicensee) = licenses.sharesOf(seen[i].id);
            require(toOwner + toLicensee <= _held(l), "inv9: more than is held");
        }
        _noFault(9, faults);
    }

    /// @notice 10. An order is carried out once, and not at all after it was cancelled.
    function _inv10_an_order_is_carried_out_once(uint256 faults) private view {
        _noFault(10, faults);
    }

    /// @notice 11. What time has earned is rounded down: owner and licensee together get the price, to the last unit.
    function _inv11_what_is_earned_is_rounded_down(Seen[] memory seen) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            ILicenseLens.License memory l = seen[i].license;
            if (!l.proRata || l.state != IAccessLicense.State.Settled) continue;
            (uint256 toOwner, uint256 toLicensee) = licenses.sharesOf(seen[i].id);
            require(toOwner + toLicensee + l.earned == l.price, "inv11: shares");
        }
    }

    /// @notice 12. Within a payment nobody takes money out, and no other tokens come in.
    function _inv12_nobody_gets_in_between(uint256 faults) private view {
        _noFault(12, faults);
    }

    /// @notice 13. A licence is active as long as it should be, to the second, whatever happens to others.
    function _inv13_what_was_paid_for_is_there(Seen[] memory seen) private view {
        for (uint256 i = 0; i < seen.length; ++i) {
            require(seen[i].active == market.isActive(seen[i].id), "inv13: active");
            require(seen[i].license.expiresAt == market.expiresAt(seen[i].id), "inv13: end");
        }
    }

    /// @notice 14. After long enough anybody can bring every licence to its end and all money to whom it is owed: nothing
    /// is left.
    function _inv14_every_state_has_an_exit(address[] memory currencies) private {
        vm.warp(vm.getBlockTimestamp() + 40 days);
        uint256 count = lens.licenseCount();
        for (uint256 id = 1; id <= count; ++id) {
            if (_isInEscrow(lens.licenseOf(id).state)) {
                (bool claimed,) = address(licenses).call(abi.encodeCall(IAccessLicense.claim, (id)));
                if (!claimed) licenses.refund(id);
            }
            if (_held(lens.licenseOf(id)) == 0) continue;
            (bool endedEarly,) = address(licenses).call(abi.encodeCall(IAccessLicense.refund, (id)));
            if (!endedEarly) licenses.claimEarned(id);
        }
        for (uint256 c = 0; c < currencies.length; ++c) {
            address currency = currencies[c];
            if (currency == liar) continue;
            for (uint256 p = 0; p < PEOPLE; ++p) {
                if (licenses.owed(people[p], currency) != 0) licenses.collect(people[p], currency);
            }
            require(_balance(currency) == 0, "inv14: money is left");
        }
    }

    /// @notice 19. Sales rest on just the visas that the offer asks for, each of which is as the dataset's
    /// owner of that moment wants it; and are not refused with these.
    function _inv19_visas_are_as_the_owner_asks(uint256 faults) private view {
        _noFault(19, faults);
    }

    /// @notice 20. Nothing is sold for a purpose that the terms rule out. Research on a disease goes without review only if
    /// the disease is proved to be one that the version names; a wrong proof is refused; no proof is a case for review.
    function _inv20_a_person_judges_what_is_not_shown(uint256 faults) private view {
        _noFault(20, faults);
    }

    /// @notice 22. Nobody delivers, delivers again or approves in a role that was proposed and not accepted, or that is over.
    function _inv22_nobody_acts_in_a_role_not_accepted(uint256 faults) private view {
        _noFault(22, faults);
    }

    // -------------------------------------------------------------- private

    /// @dev The escrow by the contract's own account.
    function _checkPrices(address[] memory currencies) private view {
        uint256 count = lens.licenseCount();
        for (uint256 c = 0; c < currencies.length; ++c) {
            uint256 sum;
            for (uint256 id = 1; id <= count; ++id) {
                ILicenseLens.License memory l = lens.licenseOf(id);
                if (l.currency == currencies[c]) sum += _held(l);
            }
            require(sum == market.escrow(currencies[c]), "inv1: escrow");
        }
    }

    /// @dev Of the price: what nobody was credited yet.
    function _held(ILicenseLens.License memory l) private pure returns (uint256) {
        if (_isInEscrow(l.state)) return l.price;
        return l.state == IAccessLicense.State.Settled && l.proRata ? l.price - l.earned : 0;
    }

    function _isInEscrow(IAccessLicense.State state) private pure returns (bool) {
        return state == IAccessLicense.State.InReview || state == IAccessLicense.State.Purchased
            || state == IAccessLicense.State.Delivered || state == IAccessLicense.State.Disputed;
    }

    function _noFault(uint256 number, uint256 faults) private view {
        if (faults >> number & 1 != 0) revert(market.fault(number));
    }

    function _balance(address currency) private view returns (uint256) {
        return currency == address(0) ? address(licenses).balance : Dollar(currency).balanceOf(address(licenses));
    }
}
