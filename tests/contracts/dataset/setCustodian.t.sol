// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetSetCustodianTest is DatasetScene {
    function test_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(7);
        _setCustodian(hospital, 7, hospital);
    }

    function test_given_another_sender_than_the_owner() external {
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesNotOwner(dataset, senders[i]);
            _setCustodian(senders[i], dataset, senders[i]);
        }
    }

    function test_given_a_new_dataset() external {
        uint256 datasetId = _publish(second, _publication());
        vm.assertEq(datasets.custodianOf(datasetId), second);
        (bool entitled, bool withdrawn) = datasets.releaseOf(datasetId, 1, second);
        vm.assertTrue(entitled);
        vm.assertFalse(withdrawn);
    }

    function test_given_an_account() external {
        vm.recordLogs();
        _setCustodian(hospital, dataset, stranger);
        emit IDatasetNFT.CustodianSet(dataset, stranger);
        _saw(address(datasets));
        vm.assertEq(datasets.custodianOf(dataset), stranger);
        _assertReleases(stranger, true, false);
        _assertReleases(hospital, true, false);
        _assertReleases(custodian, false, false);
    }

    function test_given_zero() external {
        vm.recordLogs();
        _setCustodian(hospital, dataset, address(0));
        emit IDatasetNFT.CustodianSet(dataset, address(0));
        _saw(address(datasets));
        vm.assertEq(datasets.custodianOf(dataset), address(0));
        _assertReleases(custodian, false, false);
        _assertReleases(address(0), false, false);
        _assertReleases(hospital, true, false);
    }
}
