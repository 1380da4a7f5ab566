// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Collectible} from "../tokens/Collectible.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

/// @notice Each named after what somebody tries, who has no right to it: all of it once worked.
contract LicenseAttacks is LicenseScene {
    function test_free_data_by_a_dispute_that_nobody_decides() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.arbiter = address(0);
        uint256 licenseId = _deliver(_buy(_createOffer(hospital, terms)));
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NoArbiter.selector, licenseId));
        _dispute(licenseId);
        _assertOwed(researcher, 0);
    }

    function test_a_key_for_who_may_only_train_or_infer() external {
        for (uint256 i = 2; i < 4; ++i) {
            IAccessLicense.Right right = IAccessLicense.Right(i);
            uint256 licenseId = _buy(_ofRight(right));
            bytes memory refusal =
                abi.encodeWithSelector(IAccessLicense.AccessLicense_NoKeyWithRight.selector, licenseId, right);
            vm.expectRevert(refusal);
            _deliver(licenseId);
            _grant(licenseId);
            vm.expectRevert(refusal);
            _redeliver(hospital, licenseId, ENVELOPE);
        }
    }

    function test_training_without_being_counted() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.right, terms.uses) = (IAccessLicense.Right.Train, 1);
        uint256 licenseId = _grant(_buy(_createOffer(hospital, terms)));
        vm.prank(address(models));
        licenses.consumeFor(licenseId, dataset, researcher, IAccessLicense.Right.Train);
        vm.prank(address(models));
        _refusesInactive(licenseId);
        licenses.consumeFor(licenseId, dataset, researcher, IAccessLicense.Right.Train);
    }

    function test_more_use_past_the_committee() external {
        uint256 licenseId = _inReview();
        _review(hospital, licenseId);
        _deliver(hospital, licenseId);
        _confirm(licenseId);
        uint256 again = _buy(researcher, lens.licenseOf(licenseId).offerId, DuoPolicy.GRU);
        _assertState(again, IAccessLicense.State.InReview);
    }

    function test_more_use_sold_and_revoked_in_one_second_with_everything_kept() external {
        uint256 offerId = _offer();
        uint256 first = _settle(_buy(offerId));
        uint256 again = _buy(offerId);
        _deliver(again);
        _revoke(hospital, again);
        _revoke(hospital, first);
        _assertOwed(researcher, PRICE); // the second price is in escrow until it is confirmed
    }

    function test_money_locked_in_review() external {
        uint256 licenseId = _inReview();
        vm.prank(researcher);
        licenses.cancel(licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_an_owner_burns_the_uses() external {
        uint256 licenseId = _settle(_buy(_ofLength(30 days, 1)));
        address[2] memory senders = [hospital, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _consume(senders[i], licenseId);
        }
    }

    function test_proRata_evaded_by_the_owners_own_issuer() external {
        IVisaRegistry.Visa memory visa = _status();
        _trust(hospital, issuer, RESEARCHER);
        _registerKey(researcher);
        IAccessLicense.Offer memory terms = _proRata();
        terms.visas = RESEARCHER;
        _submit(_order(_createOffer(hospital, terms)), _shown(visa));
        _confirm(_grant(1));
        _wait(3 days);
        _revokeVisa(visa);
        _wait(27 days);
        licenses.claimEarned(1);
        _assertOwed(hospital, PRICE / 10);
        _refund(stranger, 1);
        _assertOwed(researcher, PRICE - PRICE / 10);
    }

    function test_proRata_evaded_by_a_withdrawal() external {
        uint256 licenseId = _soldProRata();
        _wait(3 days);
        _withdraw(hospital, dataset, 1);
        _wait(27 days);
        _refund(stranger, licenseId);
        _assertOwed(hospital, PRICE / 10);
        _assertOwed(researcher, PRICE - PRICE / 10);
    }

    function test_an_unearned_fraction_in_the_owners_hands() external {
        uint256 licenseId = _soldProRata();
        _assertOwed(hospital, 0);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NothingEarned.selector, licenseId));
        licenses.claimEarned(licenseId);
    }

    function test_access_paid_and_taken_away_by_the_owners_own_issuer() external {
        IVisaRegistry.Visa memory visa = _status();
        _trust(hospital, issuer, RESEARCHER);
        _registerKey(researcher);
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.visas, terms.right) = (RESEARCHER, IAccessLicense.Right.Infer);
        _submit(_order(_createOffer(hospital, terms)), _shown(visa));
        _grant(1);
        _revokeVisa(visa);
        _wait(3 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TakenAway.selector, 1));
        licenses.claim(1);
        _refund(stranger, 1);
        _assertOwed(researcher, PRICE);
    }

    function test_a_refund_of_what_was_used_up() external {
        uint256 used = _deliver(_buy(_ofLength(30 days, 1)));
        _consume(researcher, used);
        _refusesState(used, IAccessLicense.State.Settled);
        _dispute(used);
    }

    function test_a_delivery_in_the_last_second_of_a_visa() external {
        IVisaRegistry.Visa memory visa = _status();
        visa.expires = _now() + 1 hours;
        uint256 licenseId = _buyWithVisa(visa);
        _wait(1 hours - 1);
        _deliver(licenseId);
        _wait(1);
        _dispute(licenseId);
        _resolve(arbiter, licenseId, false);
        _assertOwed(researcher, PRICE);
    }

    function test_junk_sold_by_a_version_in_front() external {
        uint256 offerId = _offer();
        _registerKey(researcher);
        _publishVersion(hospital, dataset, _publication("junk", TERMS));
        vm.prank(researcher);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongVersion.selector, 1, 2));
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, false);
    }

    function test_the_number_of_an_offer_after_the_chain_took_blocks_back() external {
        _registerKey(researcher);
        IAccessLicense.Offer memory read = _dollarTerms();
        uint256 start = vm.snapshotState();
        uint256 offerId = _createOffer(hospital, read);
        bytes32 agreed = hashes[offerId];
        vm.revertToState(start);
        // Another hospital's transaction is first now, and its offer has the number.
        uint256 theirs = _publish(second, _publication("dearer", TERMS));
        IAccessLicense.Offer memory dearer = read;
        (dearer.datasetId, dearer.price) = (theirs, 4 * DOLLARS);
        vm.assertEq(_createOffer(second, dearer), offerId);
        // It was given for more than one purchase.
        _approve(researcher, 4 * DOLLARS);
        _refusesAnother(offerId);
        vm.prank(researcher);
        licenses.purchase(offerId, agreed, 1, HMB, false);
        IAccessLicense.Order memory order = _order(offerId);
        (order.offerHash, order.currency, order.price) = (agreed, address(dollar), 4 * DOLLARS);
        _refusesAnother(offerId);
        _submit(stranger, order, _signOrder(researcher, order), _noEvidence(), _direct());
        vm.assertEq(dollar.balanceOf(researcher), 4 * DOLLARS);
    }

    function test_an_offer_that_differs_in_one_thing() external {
        _registerKey(researcher);
        IAccessLicense.Offer memory read = _terms(dataset);
        uint256 offerId = _createOffer(hospital, read);
        for (uint256 field = 0; field < 11; ++field) {
            IAccessLicense.Offer memory other = _terms(dataset);
            if (field == 0) other.datasetId += 1;
            if (field == 1) other.price -= 1;
            if (field == 2) other.currency = address(dollar);
            if (field == 3) other.duration += 1;
            if (field == 4) other.uses += 1;
            if (field == 5) other.deliveryWindow -= 1;
            if (field == 6) other.disputeWindow += 1;
            if (field == 7) other.right = IAccessLicense.Right.Infer;
            if (field == 8) other.visas = RESEARCHER;
            if (field == 9) other.proRata = true;
            if (field == 10) other.arbiter = address(0);
            _refusesAnother(offerId);
            vm.prank(researcher);
            licenses.purchase{value: PRICE}(offerId, Typed.offer(other), 1, HMB, false);
        }
        vm.prank(researcher);
        licenses.purchase{value: PRICE}(offerId, Typed.offer(read), 1, HMB, false);
    }

    function test_money_locked_by_a_version_in_front_that_needs_review() external {
        uint256 offerId = _offer();
        _registerKey(researcher);
        _publishVersion(hospital, dataset, _publication("judged", TERMS | DuoPolicy.US));
        vm.prank(researcher);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_NeedsReview.selector, TERMS | DuoPolicy.US, HMB)
        );
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 2, HMB, false);
    }

    function test_a_late_arbiter_decides() external {
        uint256 licenseId = _disputed();
        uint40 until = lens.licenseOf(licenseId).deadline;
        _wait(30 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, until));
        _resolve(arbiter, licenseId, true);
    }

    function test_an_arbiter_that_was_never_asked() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.arbiter = second;
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterHasNotAccepted.selector, second));
        _createOffer(hospital, terms);
    }

    function test_an_arbiter_that_works_for_the_owner() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.arbiter = custodian;
        _acceptArbitration(custodian, true);
        bytes memory refusal =
            abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterTakesPart.selector, dataset, custodian);
        vm.expectRevert(refusal);
        _createOffer(hospital, terms);
        uint256 licenseId = _disputed();
        _appoint(hospital, dataset, IDatasetNFT.Role.Committee, arbiter);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterTakesPart.selector, dataset, arbiter)
        );
        _resolve(arbiter, licenseId, true);
    }

    function test_a_stranger_buys_again_what_the_buyer_bought() external {
        _registerKey(researcher);
        IAccessLicense.Order memory order = _order(_offer());
        bytes memory signature = _signOrder(researcher, order);
        _submit(researcher, order, "", _noEvidence(), _direct());
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, researcher, 1));
        _submit(stranger, order, signature, _noEvidence(), _direct());
    }

    function test_dead_licences_pass_for_holdings() external {
        uint256 licenseId = _settled();
        _revoke(hospital, licenseId);
        vm.assertEq(licenses.balanceOf(researcher), 0);
    }

    function test_a_lost_envelope_leaves_a_licence_without_a_key() external {
        uint256 licenseId = _settled();
        _redeliver(custodian, licenseId, "another envelope");
        _assertState(licenseId, IAccessLicense.State.Settled);
    }

    function test_a_collectible_as_money() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.currency = address(new Collectible());
        _refusesOffer("currency");
        _createOffer(hospital, terms);
    }

    function _refusesAnother(uint256 offerId) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongOffer.selector, offerId));
    }
}
