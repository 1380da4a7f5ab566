// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {IERC721Errors, LicenseScene} from "./LicenseScene.sol";

/// @notice The lens reads slots: one that moves, or a field that changes its place in it, fails here.
contract LicenseLensTest is LicenseScene {
    /// @dev What the lens should say now of the licence that a test looks at.
    ILicenseLens.License private wanted;
    uint256 private id;

    function test_given_an_offer_of_which_each_field_is_another() external {
        _offer();
        IAccessLicense.Offer memory terms = IAccessLicense.Offer({
            datasetId: dataset,
            price: type(uint128).max - 1,
            currency: address(dollar),
            duration: 0x01020304,
            uses: 0x05060708,
            deliveryWindow: 1_000_001,
            disputeWindow: 2_000_003,
            right: IAccessLicense.Right.Infer,
            visas: 0x0a,
            proRata: true,
            arbiter: arbiter
        });
        vm.assertEq(lens.offerCount(), 1);
        uint256 offerId = _createOffer(hospital, terms);
        vm.assertEq(lens.offerCount(), offerId);
        _isOffer(offerId, terms, true);
        _closeOffer(hospital, offerId);
        _isOffer(offerId, terms, false);
        (terms.proRata, terms.currency, terms.arbiter) = (false, ETH, address(0));
        _isOffer(_createOffer(hospital, terms), terms, true);
    }

    function test_given_a_licence_through_delivery_use_earning_and_revocation() external {
        _purchased();
        IAccessLicense.Offer memory terms = _dollarTerms();
        (terms.right, terms.proRata, terms.uses) = (IAccessLicense.Right.Train, true, 5);
        uint256 offerId = _createOffer(hospital, terms);
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _approve(researcher, DOLLARS);
        id = _buy(offerId);
        vm.assertEq(lens.licenseCount(), id);
        wanted = ILicenseLens.License({
            offerId: offerId,
            datasetId: dataset,
            licensee: researcher,
            version: 2,
            state: IAccessLicense.State.Purchased,
            right: terms.right,
            usesLeft: 5,
            price: DOLLARS,
            currency: address(dollar),
            deadline: _now() + terms.deliveryWindow,
            expiresAt: 0,
            proRata: true,
            earned: 0
        });
        _isAsWanted();
        _grant(id);
        wanted.state = IAccessLicense.State.Delivered;
        (wanted.deadline, wanted.expiresAt) = (_now() + terms.disputeWindow, _now() + terms.duration);
        _isAsWanted();
        _consume(researcher, id);
        (wanted.state, wanted.deadline, wanted.usesLeft) = (IAccessLicense.State.Settled, 0, 4);
        _isAsWanted();
        vm.prank(address(models));
        licenses.consumeFor(id, dataset, researcher, terms.right);
        wanted.usesLeft = 3;
        _isAsWanted();
        _wait(terms.duration / 5);
        licenses.claimEarned(id);
        wanted.earned = DOLLARS / 5;
        _isAsWanted();
        _revoke(hospital, id);
        wanted.state = IAccessLicense.State.Revoked;
        _isAsWanted();
    }

    function test_given_a_licence_through_review_dispute_and_its_end() external {
        uint256 judged = _publish(hospital, _publication("judged", DuoPolicy.GRU | DuoPolicy.PS));
        uint256 offerId = _createOffer(hospital, _terms(judged));
        id = _buy(researcher, offerId, DuoPolicy.GRU);
        wanted = ILicenseLens.License({
            offerId: offerId,
            datasetId: judged,
            licensee: researcher,
            version: 1,
            state: IAccessLicense.State.InReview,
            right: IAccessLicense.Right.Download,
            usesLeft: UNCOUNTED,
            price: PRICE,
            currency: ETH,
            deadline: _now() + 2 days,
            expiresAt: 0,
            proRata: false,
            earned: 0
        });
        _isAsWanted();
        uint256 start = vm.snapshotState();
        vm.prank(hospital);
        licenses.reject(id, 0);
        (wanted.state, wanted.deadline) = (IAccessLicense.State.Rejected, 0);
        _isAsWanted();
        vm.revertToState(start);
        vm.prank(researcher);
        licenses.cancel(id);
        (wanted.state, wanted.deadline) = (IAccessLicense.State.Refunded, 0);
        _isAsWanted();
        vm.revertToState(start);
        _wait(1 hours);
        _review(hospital, id);
        (wanted.state, wanted.deadline) = (IAccessLicense.State.Purchased, _now() + 2 days);
        _isAsWanted();
        _deliver(hospital, id);
        uint40 end = _now() + 30 days;
        (wanted.state, wanted.deadline, wanted.expiresAt) = (IAccessLicense.State.Delivered, _now() + 3 days, end);
        _isAsWanted();
        _wait(1 hours);
        _dispute(id);
        (wanted.state, wanted.deadline) = (IAccessLicense.State.Disputed, _now() + 30 days);
        _isAsWanted();
        _resolve(arbiter, id, false);
        (wanted.state, wanted.deadline, wanted.expiresAt) = (IAccessLicense.State.Refunded, 0, 0);
        _isAsWanted();
    }

    function test_given_a_licence_on_visas() external {
        IVisaRegistry.Visa memory visa = _status();
        visa.expires = _now() + 10 days;
        id = _buyWithVisa(visa);
        vm.assertEq(lens.licenseOf(id).expiresAt, 0);
        _deliver(id);
        vm.assertEq(lens.licenseOf(id).expiresAt, visa.expires);
        vm.warp(visa.expires - 1);
        vm.assertTrue(licenses.isActive(id));
        _wait(1);
        vm.assertFalse(licenses.isActive(id));
    }

    function test_given_a_licence_in_every_state() external {
        _isConsistent(_inReview());
        uint256 licenseId = _purchased();
        _isConsistent(licenseId);
        _isConsistent(_deliver(licenseId));
        _isConsistent(_settled());
        _isConsistent(_disputed());
        _revoke(hospital, licenseId);
        _isConsistent(licenseId);
        licenseId = _soldProRata();
        _isConsistent(licenseId);
        _wait(31 days);
        _isConsistent(licenseId);
    }

    function test_given_a_slot_that_nothing_was_written_to() external view {
        vm.assertEq(licenses.extsload(keccak256("no slot of ours")), bytes32(0));
    }

    function _isOffer(uint256 offerId, IAccessLicense.Offer memory terms, bool wantedOpen) private view {
        (IAccessLicense.Offer memory got, bool open) = lens.offerOf(offerId);
        _assertEqual(got, terms);
        vm.assertEq(open, wantedOpen);
    }

    function _isAsWanted() private view {
        vm.assertEq(abi.encode(lens.licenseOf(id)), abi.encode(wanted));
        _isConsistent(id);
    }

    /// @dev `accessOf` and `isActive` are of the state itself, and so is the holder.
    function _isConsistent(uint256 licenseId) private view {
        ILicenseLens.License memory license = lens.licenseOf(licenseId);
        (address licensee, uint256 datasetId, uint32 version, IAccessLicense.Right right) = licenses.accessOf(licenseId);
        bool given = license.state == IAccessLicense.State.Delivered || license.state == IAccessLicense.State.Settled;
        bool active = given && _now() < license.expiresAt && license.usesLeft != 0;
        vm.assertEq(licenses.isActive(licenseId), active);
        if (active) {
            vm.assertEq(
                abi.encode(licensee, datasetId, version, right),
                abi.encode(license.licensee, license.datasetId, license.version, license.right)
            );
        } else {
            vm.assertEq(abi.encode(licensee, datasetId, version, right), new bytes(128));
        }
        try licenses.ownerOf(licenseId) returns (address holder) {
            vm.assertEq(holder, license.licensee);
        } catch (bytes memory reason) {
            vm.assertTrue(license.state >= IAccessLicense.State.Refunded);
            vm.assertEq(reason, abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, licenseId));
        }
    }
}
