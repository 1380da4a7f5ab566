// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessLicense} from "../../contracts/AccessLicense.sol";
import {DatasetNFT} from "../../contracts/DatasetNFT.sol";
import {InferenceCommitment} from "../../contracts/InferenceCommitment.sol";
import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../contracts/libraries/DuoPolicy.sol";
import {vm} from "./Vm.sol";

/// @notice The five contracts, deployed as scripts/deploy.py does.
contract World {
    KeyRegistry public keys;
    DatasetNFT public datasets;
    AccessLicense public licenses;
    ModelRegistry public models;
    InferenceCommitment public inferences;

    constructor() {
        keys = new KeyRegistry();
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        datasets = new DatasetNFT(IAccessLicense(predicted));
        licenses = new AccessLicense(datasets, keys);
        require(address(licenses) == predicted, "the licences came to another address");
        models = new ModelRegistry(datasets, licenses);
        inferences = new InferenceCommitment(models, keys);
    }

    function publication(uint64 terms) public pure returns (IDatasetNFT.Publication memory) {
        return IDatasetNFT.Publication(bytes32("card"), bytes32("content"), bytes32("key"), terms);
    }

    function offerOf(uint256 datasetId, uint128 price, address arbiter, IAccessLicense.Right right, uint32 uses)
        public
        pure
        returns (IAccessLicense.Offer memory)
    {
        return IAccessLicense.Offer(datasetId, price, 30 days, uses, 2 days, 1 days, right, arbiter);
    }
}
