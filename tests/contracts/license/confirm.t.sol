// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseConfirmTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _confirm(9);
    }

    function test_given_another_sender_than_the_licensee() external {
        uint256 licenseId = _delivered();
        address[2] memory senders = [hospital, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _confirm(senders[i], licenseId);
        }
    }

    function test_given_a_licence_that_is_not_delivered() external {
        (uint256 purchased, uint256 disputed) = (_purchased(), _disputed());
        _refusesState(purchased, IAccessLicense.State.Purchased);
        _confirm(purchased);
        _refusesState(disputed, IAccessLicense.State.Disputed);
        _confirm(disputed);
    }

    function test_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        _wait(10 days);
        vm.recordLogs();
        _confirm(licenseId);
        _emitSettled(researcher, licenseId);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Settled);
        vm.assertEq(lens.licenseOf(licenseId).deadline, 0);
        _assertOwed(hospital, PRICE);
        vm.assertTrue(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _confirm(licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_given_dollars() external {
        _settle(_buyForDollars());
        vm.assertEq(licenses.owed(hospital, address(dollar)), DOLLARS);
        _assertOwed(hospital, 0);
    }

    function test_given_a_resold_dataset() external {
        uint128[3] memory prices = [PRICE, 19, 21];
        uint256[3] memory royalties = [uint256(PRICE) / 20, 0, 1];
        uint256[3] memory ids;
        for (uint256 i = 0; i < 3; ++i) {
            IAccessLicense.Offer memory terms = _terms(dataset);
            terms.price = prices[i];
            ids[i] = _deliver(_buy(_createOffer(hospital, terms)));
        }
        _transfer(hospital, second, dataset);
        (uint256 publishers, uint256 owners) = (0, 0);
        for (uint256 i = 0; i < 3; ++i) {
            _confirm(ids[i]);
            (publishers, owners) = (publishers + royalties[i], owners + prices[i] - royalties[i]);
            _assertOwed(hospital, publishers);
            _assertOwed(second, owners);
        }
        vm.assertEq(address(licenses).balance, publishers + owners);
    }
}
