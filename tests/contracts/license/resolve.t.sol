// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseResolveTest is LicenseScene {
    function test_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _resolve(arbiter, 9, true);
    }

    function test_given_another_sender_than_the_offers_arbiter() external {
        uint256 licenseId = _disputed();
        address[3] memory senders = [hospital, researcher, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesArbiter(licenseId, senders[i]);
            _resolve(senders[i], licenseId, true);
        }
    }

    function test_given_an_arbiter_that_owns_the_dataset_or_has_a_role_for_it() external {
        for (uint256 i = 0; i < 4; ++i) {
            uint256 licenseId = _disputed();
            if (i < 3) _appoint(hospital, dataset, IDatasetNFT.Role(i), arbiter);
            else _transfer(hospital, arbiter, dataset);
            for (uint256 decision = 0; decision < 2; ++decision) {
                vm.expectRevert(
                    abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterTakesPart.selector, dataset, arbiter)
                );
                _resolve(arbiter, licenseId, decision == 1);
            }
            _wait(30 days + 1); // and there is a way out
            _refund(researcher, licenseId);
            _assertOwed(researcher, (i + 1) * PRICE);
            if (i == 3) continue;
            vm.prank(arbiter);
            datasets.revokeRole(dataset, IDatasetNFT.Role(i), arbiter);
        }
    }

    function test_given_another_licensee_or_another_dispute_with_its_number() external {
        uint256 licenseId = _disputed();
        uint40 deadline = _stored(licenseId).arbitrationEnds;
        vm.prank(arbiter);
        _refusesOther(licenseId);
        licenses.resolve(licenseId, true, stranger, deadline);
        vm.prank(arbiter);
        _refusesOther(licenseId);
        licenses.resolve(licenseId, false, researcher, deadline + 1);
        _assertState(licenseId, IAccessLicense.State.Disputed);
    }

    function test_given_no_dispute() external {
        uint256 licenseId = _delivered();
        _refusesState(licenseId, IAccessLicense.State.Delivered);
        _resolve(arbiter, licenseId, true);
    }

    function test_given_a_decision_for_the_owner() external {
        uint256 licenseId = _disputed();
        vm.recordLogs();
        _resolve(arbiter, licenseId, true);
        emit IAccessLicense.DisputeResolved(licenseId, arbiter, true);
        _emitSettled(arbiter, licenseId);
        _saw(address(licenses));
        _assertOwed(hospital, PRICE);
        _assertOwed(researcher, 0);
        vm.assertTrue(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Settled);
        _resolve(arbiter, licenseId, false);
    }

    function test_given_a_decision_for_the_buyer() external {
        uint256 licenseId = _disputed();
        vm.recordLogs();
        _resolve(arbiter, licenseId, false);
        emit IAccessLicense.DisputeResolved(licenseId, arbiter, false);
        _emitRefunded(arbiter, licenseId, PRICE);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Refunded);
        _assertOwed(hospital, 0);
        _assertOwed(researcher, PRICE);
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesState(licenseId, IAccessLicense.State.Refunded);
        _resolve(arbiter, licenseId, true);
    }

    function test_given_a_late_decision() external {
        uint256 licenseId = _disputed();
        uint40 until = lens.licenseOf(licenseId).deadline;
        _wait(30 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TooLate.selector, licenseId, until));
        _resolve(arbiter, licenseId, true);
        _refund(stranger, licenseId);
        _assertOwed(researcher, PRICE);
    }

    function test_given_an_arbiter_that_accepts_no_more() external {
        uint256 licenseId = _disputed();
        _acceptArbitration(arbiter, false);
        _resolve(arbiter, licenseId, true);
        _assertOwed(hospital, PRICE);
    }

    function test_given_an_owner_who_concedes() external {
        uint256 licenseId = _disputed();
        _revoke(hospital, licenseId);
        _assertState(licenseId, IAccessLicense.State.Revoked);
        _assertOwed(researcher, PRICE);
    }

    function _refusesArbiter(uint256 licenseId, address got) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotArbiter.selector, licenseId, got));
    }
}
