// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseClaimEarnedTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        licenses.claimEarned(9);
    }

    function test_given_a_licence_that_is_not_settled() external {
        uint256 licenseId = _grant(_buy(_createOffer(hospital, _proRata())));
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        licenses.claimEarned(licenseId);
    }

    function test_given_a_licence_without_proRata() external {
        uint256 licenseId = _settled();
        _wait(1 days);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotProRata.selector, licenseId));
        licenses.claimEarned(licenseId);
    }

    function test_given_nothing_earned_since() external {
        uint256 licenseId = _soldProRata();
        _refusesNothing(licenseId);
        _wait(1 days);
        licenses.claimEarned(licenseId);
        _refusesNothing(licenseId);
    }

    function test_given_time() external {
        uint256 licenseId = _soldProRata();
        uint256 part = uint256(PRICE) / 10;
        for (uint256 i = 1; i < 11; ++i) {
            _wait(3 days);
            vm.recordLogs();
            vm.prank(stranger);
            licenses.claimEarned(licenseId);
            emit IAccessLicense.LicenseEarned(licenseId, stranger, hospital, part, address(0), 0);
            _saw(address(licenses));
            _assertOwed(hospital, i * part);
            vm.assertEq(lens.licenseOf(licenseId).earned, i * part);
        }
        _wait(30 days);
        _refusesNothing(licenseId);
        _assertState(licenseId, IAccessLicense.State.Settled);
    }

    /// @dev In small parts a royalty would be rounded away.
    function test_given_a_resold_dataset() external {
        IAccessLicense.Offer memory terms = _proRata();
        terms.price = 300;
        uint256 licenseId = _grant(_buy(_createOffer(hospital, terms)));
        _confirm(licenseId);
        _transfer(hospital, second, dataset);
        for (uint256 i = 0; i < 30; ++i) {
            _wait(1 days); // 10 each, of which a twentieth is nothing
            licenses.claimEarned(licenseId);
        }
        _assertOwed(hospital, 15);
        _assertOwed(second, 285);
    }

    function test_given_a_withdrawal() external {
        uint256 licenseId = _soldProRata();
        _wait(3 days);
        _withdraw(hospital, dataset, 1);
        _wait(20 days);
        licenses.claimEarned(licenseId);
        _assertOwed(hospital, uint256(PRICE) / 10);
    }

    function _refusesNothing(uint256 licenseId) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NothingEarned.selector, licenseId));
        licenses.claimEarned(licenseId);
    }
}
