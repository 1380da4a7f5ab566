// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {vm} from "../Vm.sol";
import {DatasetScene} from "./DatasetScene.sol";

contract DatasetViewsTest is DatasetScene {
    function test_given_a_dataset_that_does_not_exist() external {
        _refusesMissing(9);
        datasets.latestVersion(9);
        _refusesMissing(9);
        datasets.hasRole(9, IDatasetNFT.Role.Custodian, address(0));
        _refusesMissing(9);
        datasets.rolesOf(9, hospital);
        _refusesMissing(9);
        datasets.tokenURI(9);
        _refusesMissing(9);
        datasets.royaltyInfo(9, 100);
        _refusesVersion(9, 0);
        datasets.saleOf(9);
    }

    function test_given_a_version_that_does_not_exist() external {
        uint256[3] memory ids = [dataset, dataset, 9];
        uint32[3] memory versions = [uint32(0), 2, 1];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesVersion(ids[i], versions[i]);
            datasets.versionOf(ids[i], versions[i]);
            _refusesVersion(ids[i], versions[i]);
            datasets.isWithdrawn(ids[i], versions[i]);
            _refusesVersion(ids[i], versions[i]);
            datasets.diseasesOf(ids[i], versions[i]);
            _refusesVersion(ids[i], versions[i]);
            datasets.releaseOf(ids[i], versions[i], address(0));
        }
    }

    /// @dev As Python and the page compute it.
    function test_given_what_a_version_commits_to() external {
        string memory json = vm.readFile("tests/vectors/commitment.json");
        IDatasetNFT.Publication memory p = _publication();
        p.contentRoot = vm.parseJsonBytes32(json, ".version.contentRoot");
        p.keyCommitment = vm.parseJsonBytes32(json, ".version.keyCommitment");
        bytes32 commitments = vm.parseJsonBytes32(json, ".version.commitments");
        vm.assertEq(datasets.versionOf(_publish(hospital, p), 1).commitments, commitments);
    }

    /// @dev IPFS knows the block of no bytes as bafybeihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku: version 1
    /// (01), dag-pb (70), SHA-256 (12) of 32 bytes (20). In base 16, which starts with f, it is this.
    function test_given_a_card() external {
        IDatasetNFT.Publication memory p = _publication();
        p.card = sha256("");
        string memory digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        vm.assertEq(datasets.tokenURI(_publish(hospital, p)), string.concat("ipfs://f01701220", digest));
    }

    function test_given_a_price() external view {
        uint256[5] memory prices = [uint256(0), 19, 20, 1_000, 10 ** 30];
        uint256[5] memory royalties = [uint256(0), 0, 1, 50, 5 * 10 ** 28];
        for (uint256 i = 0; i < 5; ++i) {
            (address receiver, uint256 amount) = datasets.royaltyInfo(dataset, prices[i]);
            vm.assertEq(receiver, hospital);
            vm.assertEq(amount, royalties[i]);
        }
    }
}
