// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseConsumeTest is LicenseScene {
    function test_consume_given_a_licence_that_does_not_exist() external {
        _refusesUnknown(9);
        _consume(researcher, 9);
    }

    function test_consume_given_another_sender_than_the_licensee() external {
        uint256 licenseId = _settled();
        _appoint(hospital, dataset, IDatasetNFT.Role.Operator, second);
        address[5] memory senders = [stranger, arbiter, hospital, custodian, second];
        for (uint256 i = 0; i < 5; ++i) {
            _refusesLicensee(licenseId, senders[i]);
            _consume(senders[i], licenseId);
        }
    }

    function test_consume_given_a_licence_that_is_not_delivered_or_disputed_or_ended() external {
        uint256[3] memory ids = [_purchased(), _disputed(), _settled()];
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 2) _wait(30 days);
            _refusesInactive(ids[i]);
            _consume(researcher, ids[i]);
        }
    }

    function test_consume_given_counted_uses() external {
        uint256 licenseId = _settle(_buy(_ofLength(30 days, 3)));
        for (uint32 i = 0; i < 3; ++i) {
            vm.recordLogs();
            _consume(researcher, licenseId);
            emit IAccessLicense.LicenseConsumed(licenseId, researcher, 2 - i);
            _saw(address(licenses));
            vm.assertEq(lens.licenseOf(licenseId).usesLeft, 2 - i);
        }
        vm.assertFalse(licenses.isActive(licenseId));
        _refusesInactive(licenseId);
        _consume(researcher, licenseId);
    }

    function test_consume_given_uncounted_uses() external {
        uint256 licenseId = _settled();
        vm.recordLogs();
        _consume(researcher, licenseId);
        emit IAccessLicense.LicenseConsumed(licenseId, researcher, UNCOUNTED);
        _saw(address(licenses));
        vm.assertEq(lens.licenseOf(licenseId).usesLeft, UNCOUNTED);
    }

    function test_consume_given_a_delivered_licence() external {
        uint256 licenseId = _delivered();
        vm.recordLogs();
        _consume(researcher, licenseId);
        emit IAccessLicense.LicenseConsumed(licenseId, researcher, UNCOUNTED);
        _emitSettled(researcher, licenseId);
        _saw(address(licenses));
        _assertState(licenseId, IAccessLicense.State.Settled);
        _assertOwed(hospital, PRICE);
        _consume(researcher, licenseId);
        _assertOwed(hospital, PRICE);
    }

    function test_consume_given_training_on_a_version_that_was_withdrawn() external {
        uint256 download = _settled();
        uint256 training = _grant(_buy(_ofRight(IAccessLicense.Right.Train)));
        _consume(researcher, training);
        _withdraw(hospital, dataset, 1);
        _refusesInactive(training);
        _consume(researcher, training);
        _consume(researcher, download);
    }

    function test_consumeFor_given_another_sender_than_ModelRegistry() external {
        uint256 licenseId = _training();
        address[4] memory senders = [researcher, hospital, custodian, address(datasets)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NotModelRegistry.selector, senders[i]));
            _consumeFor(senders[i], licenseId, dataset, researcher, IAccessLicense.Right.Train);
        }
    }

    function test_consumeFor_given_a_licence_of_another_licensee_dataset_or_right() external {
        uint256 licenseId = _training();
        for (uint256 i = 0; i < 3; ++i) {
            uint256 wanted = i == 0 ? dataset + 1 : dataset;
            address licensee = i == 1 ? stranger : researcher;
            IAccessLicense.Right right = i == 2 ? IAccessLicense.Right.Infer : IAccessLicense.Right.Train;
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAccessLicense.AccessLicense_DoesNotFit.selector, licenseId, wanted, licensee, right
                )
            );
            _consumeFor(address(models), licenseId, wanted, licensee, right);
        }
        _refusesUnknown(9);
        _consumeFor(address(models), 9, dataset, researcher, IAccessLicense.Right.Train);
    }

    function test_consumeFor_given_ModelRegistry() external {
        uint256 licenseId = _training();
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        vm.recordLogs();
        uint32 version = _consumeFor(address(models), licenseId, dataset, researcher, IAccessLicense.Right.Train);
        emit IAccessLicense.LicenseConsumed(licenseId, address(models), 1);
        _saw(address(licenses));
        vm.assertEq(version, 1);
        _assertState(licenseId, IAccessLicense.State.Delivered);
        _assertOwed(hospital, 0);
        _consumeFor(address(models), licenseId, dataset, researcher, IAccessLicense.Right.Train);
        _refusesInactive(licenseId);
        _consumeFor(address(models), licenseId, dataset, researcher, IAccessLicense.Right.Train);
    }

    /// @dev For two uses.
    function _training() private returns (uint256) {
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.right, terms.uses) = (IAccessLicense.Right.Train, 2);
        return _grant(_buy(_createOffer(hospital, terms)));
    }

    function _consumeFor(address by, uint256 licenseId, uint256 datasetId, address licensee, IAccessLicense.Right right)
        private
        returns (uint32)
    {
        vm.prank(by);
        return licenses.consumeFor(licenseId, datasetId, licensee, right);
    }
}
