// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseCancelTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _cancel(researcher, 9);
    }

    function test_given_another_sender_than_the_licensee() external {
        uint256 licenseId = _inReview();
        address[2] memory senders = [hospital, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _cancel(senders[i], licenseId);
        }
    }

    function test_given_a_licence_that_is_not_in_review() external {
        (uint256 purchased, uint256 delivered) = (_purchased(), _delivered());
        _refusesState(purchased, IAccessLicense.State.Purchased);
        _cancel(researcher, purchased);
        _refusesState(delivered, IAccessLicense.State.Delivered);
        _cancel(researcher, delivered);
    }

    function test_given_a_licence_in_review() external {
        uint32[2] memory times = [uint32(0), 400 days];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 licenseId = _inReview();
            _wait(times[i]);
            vm.recordLogs();
            _cancel(researcher, licenseId);
            emit IAccessLicense.LicenseCancelled(licenseId, researcher);
            _emitRefunded(researcher, licenseId, PRICE);
            _saw(address(licenses));
            _assertState(licenseId, IAccessLicense.State.Refunded);
            _assertOwed(researcher, (i + 1) * PRICE);
        }
    }

    function _cancel(address by, uint256 licenseId) private {
        vm.prank(by);
        licenses.cancel(licenseId);
    }
}
