// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessLicense} from "../../contracts/AccessLicense.sol";
import {DatasetNFT} from "../../contracts/DatasetNFT.sol";
import {InferenceCommitment} from "../../contracts/InferenceCommitment.sol";
import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {VisaRegistry} from "../../contracts/VisaRegistry.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../contracts/libraries/DuoPolicy.sol";
import {vm} from "./Vm.sol";

/// @notice The six contracts, deployed as scripts/deploy.py does.
contract World {
    KeyRegistry public keys;
    VisaRegistry public visas;
    DatasetNFT public datasets;
    AccessLicense public licenses;
    ModelRegistry public models;
    InferenceCommitment public inferences;

    constructor() {
        keys = new KeyRegistry();
        visas = new VisaRegistry();
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        datasets = new DatasetNFT(IAccessLicense(predicted));
        licenses = new AccessLicense(datasets, keys, visas);
        require(address(licenses) == predicted, "the licences came to another address");
        models = new ModelRegistry(datasets, licenses);
        inferences = new InferenceCommitment(models, keys);
    }

    function publication(uint64 terms) public pure returns (IDatasetNFT.Publication memory) {
        return IDatasetNFT.Publication(bytes32("card"), bytes32("content"), bytes32("key"), terms, 0);
    }

    function offerOf(uint256 datasetId, uint128 price, address arbiter, IAccessLicense.Right right, uint32 uses)
        public
        pure
        returns (IAccessLicense.Offer memory)
    {
        return IAccessLicense.Offer({
            datasetId: datasetId,
            price: price,
            currency: address(0),
            duration: 30 days,
            uses: uses,
            deliveryWindow: 2 days,
            disputeWindow: 1 days,
            right: right,
            visas: 0,
            proRata: false,
            arbiter: arbiter
        });
    }
}
