// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetWithdrawTest is DatasetScene {
    function test_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(7);
        _withdraw(hospital, 7, 1);
    }

    function test_given_another_sender_than_the_owner() external {
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesNotOwner(dataset, senders[i]);
            _withdraw(senders[i], dataset, 1);
        }
    }

    function test_given_a_version_that_does_not_exist() external {
        uint32[3] memory versions = [0, 2, type(uint32).max];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesVersion(dataset, versions[i]);
            _withdraw(hospital, dataset, versions[i]);
        }
    }

    function test_given_the_latest_version() external {
        vm.recordLogs();
        _withdraw(hospital, dataset, 1);
        emit IDatasetNFT.VersionWithdrawn(dataset, 1, hospital);
        _saw(address(datasets));
        _assertVersion(dataset, 1, hospital, _publication(), _now());
        _assertSale(1, TERMS, true);
        _assertReleases(custodian, true, true);
        _refusesSecondWithdrawal(dataset, 1);
        _withdraw(hospital, dataset, 1);
    }

    function test_given_an_earlier_version() external {
        IDatasetNFT.Publication memory p = _publication("revised", TERMS);
        _publishVersion(hospital, dataset, p);
        vm.recordLogs();
        _withdraw(hospital, dataset, 1);
        emit IDatasetNFT.VersionWithdrawn(dataset, 1, hospital);
        _saw(address(datasets));
        _assertVersion(dataset, 1, hospital, _publication(), _now());
        _assertVersion(dataset, 2, hospital, p, 0);
        _assertSale(2, TERMS, false);
        _refusesSecondWithdrawal(dataset, 1);
        _withdraw(hospital, dataset, 1);
    }
}
