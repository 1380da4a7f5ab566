// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasets, ILicenses, IModels, IVisas, deployed} from "./Deployed.sol";
import {IGuardedCustody} from "../../contracts/interfaces/IGuardedCustody.sol";
import {IInferenceCommitment} from "../../contracts/interfaces/IInferenceCommitment.sol";
import {ILicenseLens} from "../../contracts/interfaces/ILicenseLens.sol";
import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {DuoPolicy} from "../../contracts/libraries/DuoPolicy.sol";
import {vm} from "./Vm.sol";

/// @notice The eight contracts, deployed as scripts/deploy.py does.
contract World {
    IKeyRegistry public keys;
    IVisas public visas;
    IDatasets public datasets;
    ILicenses public licenses;
    IModels public models;
    IInferenceCommitment public inferences;
    ILicenseLens public lens;
    IGuardedCustody public custody;

    constructor() {
        keys = IKeyRegistry(deployed("contracts/KeyRegistry.sol:KeyRegistry", ""));
        visas = IVisas(deployed("contracts/VisaRegistry.sol:VisaRegistry", ""));
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        datasets = IDatasets(deployed("contracts/DatasetNFT.sol:DatasetNFT", abi.encode(predicted)));
        address predictedModels = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        licenses = ILicenses(
            deployed("contracts/AccessLicense.sol:AccessLicense", abi.encode(datasets, keys, visas, predictedModels))
        );
        require(address(licenses) == predicted, "the licences came to another address");
        models = IModels(deployed("contracts/ModelRegistry.sol:ModelRegistry", abi.encode(datasets, licenses)));
        require(address(models) == predictedModels, "the models came to another address");
        inferences = IInferenceCommitment(
            deployed("contracts/InferenceCommitment.sol:InferenceCommitment", abi.encode(models, keys))
        );
        lens = ILicenseLens(deployed("contracts/LicenseLens.sol:LicenseLens", abi.encode(licenses, datasets)));
        custody =
            IGuardedCustody(deployed("contracts/GuardedCustody.sol:GuardedCustody", abi.encode(licenses, datasets)));
    }

    function publication(uint64 terms) public pure returns (IDatasetNFT.Publication memory) {
        return IDatasetNFT.Publication(bytes32("card"), bytes32("content"), bytes32("key"), terms, 0);
    }

    /// @notice Of each `publication`.
    function commitments() public pure returns (bytes32) {
        return keccak256(abi.encode(bytes32("content"), bytes32("key")));
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
