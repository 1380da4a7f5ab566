// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {Collectible} from "../tokens/Collectible.sol";
import {vm} from "../Vm.sol";
import {IERC721Errors, LicenseScene} from "./LicenseScene.sol";

contract LicenseOffersTest is LicenseScene {
    function test_createOffer_given_a_dataset_that_does_not_exist() external {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 9));
        _createOffer(hospital, _terms(9));
    }

    function test_createOffer_given_another_sender_than_the_datasets_owner() external {
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesOwner(dataset, senders[i]);
            _createOffer(senders[i], _terms(dataset));
        }
    }

    function test_createOffer_given_a_bad_field() external {
        string[10] memory fields = [
            "right",
            "deliveryWindow",
            "deliveryWindow",
            "disputeWindow",
            "disputeWindow",
            "uses",
            "visas",
            "visas",
            "currency",
            "currency"
        ];
        for (uint256 i = 0; i < fields.length; ++i) {
            IAccessLicense.Offer memory terms = _terms(dataset);
            if (i == 0) terms.right = IAccessLicense.Right.None;
            if (i == 1) terms.deliveryWindow = 0;
            if (i == 2) terms.deliveryWindow = 365 days + 1;
            if (i == 3) terms.disputeWindow = 0;
            if (i == 4) terms.disputeWindow = 90 days + 1;
            if (i == 5) terms.uses = UNCOUNTED;
            if (i == 6) terms.visas = 16;
            if (i == 7) terms.visas = 255;
            if (i == 8) terms.currency = address(0x1111);
            if (i == 9) terms.currency = address(keys);
            _refusesOffer(fields[i]);
            _createOffer(hospital, terms);
        }
    }

    function test_createOffer_given_proRata_without_a_duration() external {
        for (uint32 uses = 0; uses < 2; ++uses) {
            IAccessLicense.Offer memory terms = _terms(dataset);
            (terms.proRata, terms.duration, terms.uses) = (true, 0, uses);
            _refusesOffer("proRata");
            _createOffer(hospital, terms);
        }
    }

    function test_createOffer_given_a_token_that_is_no_ERC20() external {
        address[2] memory currencies = [address(new Collectible()), address(datasets)];
        for (uint256 i = 0; i < 2; ++i) {
            IAccessLicense.Offer memory terms = _terms(dataset);
            terms.currency = currencies[i];
            _refusesOffer("currency");
            _createOffer(hospital, terms);
        }
    }

    function test_createOffer_given_an_arbiter_that_has_not_accepted() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        for (uint256 i = 0; i < 2; ++i) {
            terms.arbiter = i == 0 ? second : arbiter;
            if (i == 1) _acceptArbitration(arbiter, false);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterHasNotAccepted.selector, terms.arbiter)
            );
            _createOffer(hospital, terms);
        }
    }

    function test_createOffer_given_an_arbiter_that_takes_part() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        address[2] memory accounts = [hospital, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            terms.arbiter = accounts[i];
            _acceptArbitration(accounts[i], true);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterTakesPart.selector, dataset, accounts[i])
            );
            _createOffer(hospital, terms);
        }
    }

    function test_createOffer_given_a_dispute_window_that_outlasts_access() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.duration = 3 days - 1;
        _refusesOffer("disputeWindow");
        _createOffer(hospital, terms);
        terms.arbiter = address(0);
        _reads(_createOffer(hospital, terms), terms);
    }

    function test_acceptArbitration() external {
        vm.recordLogs();
        _acceptArbitration(second, true);
        emit IAccessLicense.ArbitrationAccepted(second, true);
        _saw(address(licenses));
        vm.assertTrue(licenses.isArbiter(second));
        _acceptArbitration(second, false);
        vm.assertFalse(licenses.isArbiter(second));
    }

    function test_createOffer_given_terms() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.uses, terms.deliveryWindow, terms.disputeWindow) = (5, 365 days, 90 days);
        terms.duration = 90 days;
        (terms.right, terms.visas, terms.proRata) = (IAccessLicense.Right.Infer, 15, true);
        vm.recordLogs();
        uint256 first = _createOffer(hospital, terms);
        emit IAccessLicense.OfferCreated(1, dataset, hospital, terms);
        _saw(address(licenses));
        _reads(first, terms);
        vm.assertEq(lens.offerCount(), 1);
        vm.recordLogs();
        uint256 inDollars = _createOffer(hospital, _dollarTerms());
        emit IAccessLicense.OfferCreated(2, dataset, hospital, _dollarTerms());
        _saw(address(licenses));
        _reads(inDollars, _dollarTerms());
        terms = _terms(dataset);
        (terms.right, terms.price) = (IAccessLicense.Right.Train, type(uint128).max);
        uint256 third = _createOffer(hospital, terms);
        vm.assertEq(third, 3);
        vm.assertEq(lens.offerCount(), 3);
        _reads(third, terms);
    }

    function test_createOfferFor_given_another_sender_than_DatasetNFT() external {
        address[2] memory senders = [hospital, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(senders[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_NotDatasetContract.selector, senders[i])
            );
            licenses.createOfferFor(senders[i], _terms(dataset));
        }
    }

    function test_createOfferFor_given_a_bad_field() external {
        string[3] memory fields = ["uses", "visas", "currency"];
        for (uint256 i = 0; i < 3; ++i) {
            IAccessLicense.Offer memory terms = _terms(0);
            if (i == 0) terms.uses = UNCOUNTED;
            if (i == 1) terms.visas = 16;
            if (i == 2) terms.currency = stranger;
            vm.prank(hospital);
            _refusesOffer(fields[i]);
            datasets.publishWithOffer(_publication(), new IDatasetNFT.Source[](0), terms);
        }
    }

    function test_createOfferFor_given_DatasetNFT() external {
        vm.prank(hospital);
        (uint256 datasetId, uint256 offerId) =
            datasets.publishWithOffer(_publication(), new IDatasetNFT.Source[](0), _terms(0));
        _reads(offerId, _terms(datasetId));
        _refusesOwner(datasetId, stranger);
        _closeOffer(stranger, offerId);
        _closeOffer(hospital, offerId);
    }

    function test_closeOffer_given_an_offer_that_does_not_exist() external {
        uint256[3] memory offers = [uint256(0), 1, 2 ** 100];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_UnknownOffer.selector, offers[i]));
            _closeOffer(hospital, offers[i]);
        }
    }

    function test_closeOffer_given_another_sender_than_the_owner() external {
        uint256 offerId = _offer();
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesOwner(dataset, senders[i]);
            _closeOffer(senders[i], offerId);
        }
    }

    function test_closeOffer_given_the_owner() external {
        uint256 offerId = _offer();
        uint256 licenseId = _buy(offerId);
        vm.recordLogs();
        _closeOffer(hospital, offerId);
        emit IAccessLicense.OfferClosed(offerId, dataset, hospital);
        _saw(address(licenses));
        (IAccessLicense.Offer memory offer, bool open) = lens.offerOf(offerId);
        _assertEqual(offer, _terms(dataset));
        vm.assertFalse(open);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OfferClosed.selector, offerId));
        _closeOffer(hospital, offerId);
        _deliver(licenseId);
        vm.assertTrue(licenses.isActive(licenseId));
        _assertState(licenseId, IAccessLicense.State.Delivered);
    }

    function _reads(uint256 offerId, IAccessLicense.Offer memory wanted) private view {
        (IAccessLicense.Offer memory offer, bool open) = lens.offerOf(offerId);
        _assertEqual(offer, wanted);
        vm.assertTrue(open);
    }
}
