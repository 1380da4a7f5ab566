// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetPublishVersionTest is DatasetScene {
    function test_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(7);
        _publishVersion(hospital, 7, _publication());
    }

    function test_given_another_sender_than_the_owner() external {
        address[2] memory senders = [stranger, custodian];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesNotOwner(dataset, senders[i]);
            _publishVersion(senders[i], dataset, _publication());
        }
    }

    function test_given_what_publish_refuses() external {
        IDatasetNFT.Publication memory p = _publication();
        p.card = 0;
        _refusesEmpty("card");
        _publishVersion(hospital, dataset, p);
        _refusesTerms(DuoPolicy.NCU);
        _publishVersion(hospital, dataset, _publication("cohort", DuoPolicy.NCU));
        p = _publication("cohort", DuoPolicy.GRU);
        p.diseases = "root";
        _refusesDiseases(DuoPolicy.GRU);
        _publishVersion(hospital, dataset, p);
        vm.assertEq(datasets.latestVersion(dataset), 1);
    }

    function test_given_a_publication() external {
        IDatasetNFT.Publication memory p = _publication("revised", DuoPolicy.GRU | DuoPolicy.DS);
        p.diseases = "root";
        vm.recordLogs();
        _publishVersion(hospital, dataset, p);
        emit IDatasetNFT.VersionPublished(
            dataset, 2, hospital, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases
        );
        emit IERC4906.MetadataUpdate(dataset);
        _saw(address(datasets));
        vm.assertEq(datasets.latestVersion(dataset), 2);
        string memory digest = "7265766973656400000000000000000000000000000000000000000000000000";
        vm.assertEq(datasets.tokenURI(dataset), string.concat("ipfs://f01701220", digest));
        _assertVersion(dataset, 1, hospital, _publication(), 0);
        _assertVersion(dataset, 2, hospital, p, 0);
        _assertSale(2, p.terms, false);
    }

    function test_given_a_new_owner() external {
        _transfer(hospital, second, dataset);
        IDatasetNFT.Publication memory p = _publication("revised", TERMS);
        vm.recordLogs();
        _publishVersion(second, dataset, p);
        emit IDatasetNFT.VersionPublished(
            dataset, 2, second, p.card, p.contentRoot, p.keyCommitment, p.terms, p.diseases
        );
        emit IERC4906.MetadataUpdate(dataset);
        _saw(address(datasets));
        _assertVersion(dataset, 1, hospital, _publication(), 0);
        _assertVersion(dataset, 2, second, p, 0);
        _transfer(second, hospital, dataset);
        _publishVersion(hospital, dataset, p);
        _assertVersion(dataset, 3, hospital, p, 0);
    }

    function test_given_a_withdrawn_version() external {
        uint40 withdrawnAt = _now();
        _withdraw(hospital, dataset, 1);
        _assertSale(1, TERMS, true);
        _wait(1 days);
        IDatasetNFT.Publication memory p = _publication("revised", TERMS);
        _publishVersion(hospital, dataset, p);
        _assertVersion(dataset, 1, hospital, _publication(), withdrawnAt);
        _assertVersion(dataset, 2, hospital, p, 0);
        _assertSale(2, TERMS, false);
    }
}
