// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IAccessLicense} from "../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../contracts/interfaces/IDatasetNFT.sol";
import {IERC5192} from "../../contracts/interfaces/IERC5192.sol";
import {IInferenceCommitment} from "../../contracts/interfaces/IInferenceCommitment.sol";
import {IKeyRegistry} from "../../contracts/interfaces/IKeyRegistry.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {IVisaRegistry} from "../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "./Vm.sol";

// What the contracts answer to. Tests import these interfaces, and take the code from the build: whatever imports a
// contract is compiled by way of Yul, as the contract is, which takes the tests minutes instead of seconds.

/// @notice Deploys a contract as the build has it, for the contract that calls.
/// @param artifact the source and the contract's name, as in contracts/KeyRegistry.sol:KeyRegistry
function deployed(string memory artifact, bytes memory arguments) returns (address contractAddress) {
    bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
    assembly ("memory-safe") {
        contractAddress := create(0, add(code, 32), mload(code))
    }
    require(contractAddress != address(0), artifact);
}

interface IDatasets is IDatasetNFT, IERC721Metadata, IERC2981 {
    function LICENSES() external view returns (IAccessLicense);
}

interface ILicenses is IAccessLicense, IERC721Metadata, IERC5192 {
    function DATASETS() external view returns (IDatasetNFT);
    function VISAS() external view returns (IVisaRegistry);
    function KEYS() external view returns (IKeyRegistry);
    function MODELS() external view returns (address);

    /// @notice What the next signed order of `buyer` says.
    function nonces(address buyer) external view returns (uint256);
}

interface IModels is IModelRegistry, IERC721Metadata {}

interface IVisas is IVisaRegistry {
    function REGISTERED_ACCESS() external view returns (uint8);
}
