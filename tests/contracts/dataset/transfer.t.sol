// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {IERC721Errors} from "../license/LicenseScene.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetTransferTest is DatasetScene {
    uint256 private constant ROYALTY = uint256(PRICE) * 5 / 100;

    function test_given_another_sender_than_the_owner() external {
        address[2] memory senders = [custodian, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(senders[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, senders[i], dataset)
            );
            datasets.transferFrom(hospital, stranger, dataset);
        }
    }

    function test_given_whom_the_owner_approved() external {
        vm.prank(hospital);
        datasets.approve(stranger, dataset);
        vm.prank(stranger);
        datasets.safeTransferFrom(hospital, second, dataset);
        vm.assertEq(datasets.ownerOf(dataset), second);
        _assertRole(IDatasetNFT.Role.Custodian, custodian, false, false);
    }

    function test_given_the_owner_roles() external {
        _grant(hospital, dataset, IDatasetNFT.Role.Operator, stranger);
        vm.recordLogs();
        _sell();
        emit IERC721.Transfer(hospital, second, dataset);
        _saw(address(datasets));
        _assertRole(IDatasetNFT.Role.Custodian, custodian, false, false);
        _refusesProposal(IDatasetNFT.Role.Operator, stranger);
        _accept(stranger, dataset, IDatasetNFT.Role.Operator);
        _assertReleases(custodian, false, false);
        _assertReleases(hospital, false, false);
        _assertReleases(address(0), false, false);
        _assertReleases(second, true, false);
        for (uint8 role = 0; role < 3; ++role) {
            vm.assertFalse(datasets.hasRole(dataset, IDatasetNFT.Role(role), hospital));
            vm.assertTrue(datasets.hasRole(dataset, IDatasetNFT.Role(role), second));
        }
        // An owner who has it back does not find its old custodian there either.
        _transfer(second, hospital, dataset);
        _assertRole(IDatasetNFT.Role.Custodian, custodian, false, false);
        _assertReleases(custodian, false, false);
        _appoint(hospital, dataset, IDatasetNFT.Role.Custodian, custodian);
        _assertReleases(custodian, true, false);
    }

    function test_given_the_owner_open_offers() external {
        uint256 offerId = _offer();
        _sell();
        (, bool open) = lens.offerOf(offerId);
        vm.assertTrue(open);
        _assertState(_buy(offerId), IAccessLicense.State.Purchased);
        _refusesOwner(dataset, hospital);
        _closeOffer(hospital, offerId);
        _closeOffer(second, offerId);
        vm.prank(researcher);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OfferClosed.selector, offerId));
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, true);
    }

    function test_given_the_owner_visas() external {
        uint256 offerId = _needing(RESEARCHER);
        _registerKey(researcher);
        _trust(hospital, issuer, 15);
        _sell();
        IVisaRegistry.SignedVisa[] memory shown = _shown(_status());
        vm.expectRevert(
            abi.encodeWithSelector(
                IVisaRegistry.VisaRegistry_UntrustedIssuer.selector, issuer, IVisaRegistry.VisaType.ResearcherStatus
            )
        );
        _submit(_order(offerId), shown);
        _trust(second, issuer, 15);
        _submit(_order(offerId), shown);
        _assertState(1, IAccessLicense.State.Purchased);
    }

    function test_given_the_owner_reviews() external {
        uint256 judged = _publish(hospital, _publication("judged", DuoPolicy.GRU | DuoPolicy.PS));
        uint256 offerId = _createOffer(hospital, _terms(judged));
        uint256 approved = _buy(researcher, offerId, DuoPolicy.GRU);
        uint256 rejected = _buy(researcher, offerId, DuoPolicy.GRU);
        _transfer(hospital, second, judged);
        _refusesCommittee(judged, hospital);
        _review(hospital, approved);
        _review(second, approved);
        _refusesCommittee(judged, hospital);
        _reject(hospital, rejected);
        _reject(second, rejected);
        _assertState(approved, IAccessLicense.State.Purchased);
        _assertState(rejected, IAccessLicense.State.Rejected);
    }

    function test_given_the_owner_deliveries() external {
        uint256 licenseId = _purchased();
        _sell();
        address[2] memory former = [custodian, hospital];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IAccessLicense.AccessLicense_NotCustodian.selector, dataset, former[i])
            );
            _deliver(former[i], licenseId);
        }
        _deliver(second, licenseId);
        vm.assertTrue(licenses.isActive(licenseId));
    }

    function test_given_the_owner_income() external {
        uint256 offerId = _offer();
        _settle(_buy(offerId));
        _sell();
        _assertOwed(hospital, PRICE);
        uint256 licenseId = _buy(offerId);
        _deliver(second, licenseId);
        _confirm(licenseId);
        _assertOwed(second, PRICE - ROYALTY);
        _assertOwed(hospital, PRICE + ROYALTY);
    }

    function test_given_the_owner_licences_that_were_settled() external {
        uint256 licenseId = _settled();
        bytes memory before = abi.encode(lens.licenseOf(licenseId));
        _sell();
        vm.assertEq(abi.encode(lens.licenseOf(licenseId)), before);
        vm.assertTrue(licenses.isActive(licenseId));
        _consume(researcher, licenseId);
        _refusesOwner(dataset, hospital);
        _revoke(hospital, licenseId);
        _revoke(second, licenseId);
        vm.assertFalse(licenses.isActive(licenseId));
    }

    function test_given_the_owner_royalties() external {
        _assertRoyaltyIsTheHospitals();
        _sell();
        _assertRoyaltyIsTheHospitals();
        _transfer(second, stranger, dataset);
        _assertRoyaltyIsTheHospitals();
        _transfer(stranger, hospital, dataset);
        _assertRoyaltyIsTheHospitals();
    }

    function test_given_the_owner_a_publisher_who_has_it_back() external {
        uint256 licenseId = _delivered();
        _sell();
        _transfer(second, hospital, dataset);
        _confirm(licenseId);
        _assertOwed(hospital, PRICE);
        _assertOwed(second, 0);
    }

    function _sell() private {
        _transfer(hospital, second, dataset);
    }

    function _reject(address by, uint256 licenseId) private {
        vm.prank(by);
        licenses.reject(licenseId, "no");
    }

    function _assertRoyaltyIsTheHospitals() private view {
        (address receiver, uint256 amount) = datasets.royaltyInfo(dataset, 1_000);
        vm.assertEq(receiver, hospital);
        vm.assertEq(amount, 50);
    }
}
