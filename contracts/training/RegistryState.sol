// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {CodecKind, Disclosure, ModelVersion, Place, Seat, StoredModel, StoredRound} from "../types/Rounds.sol";

/// @title All that ModelRegistry remembers
/// @dev The whole storage is here, but for who owns the models, which OpenZeppelin keeps.
abstract contract RegistryState is IModelRegistry {
    /// @notice Secure aggregation over a complete graph is for so many nodes at most (docs/protocol.md).
    uint16 public constant MAX_NODES = 100;
    uint16 public constant MIN_NODES = 2;
    uint256 public constant ROUND_KEYS_LENGTH = 64;

    IDatasetNFT public immutable DATASETS;
    IAccessLicense public immutable LICENSES;

    /// @inheritdoc IModelRegistry
    uint256 public modelCount;
    /// @inheritdoc IModelRegistry
    uint256 public roundCount;

    mapping(uint256 modelId => StoredModel) internal _models;
    mapping(uint256 modelId => mapping(uint32 version => ModelVersion)) internal _versions;
    mapping(uint256 modelId => mapping(address account => mapping(CodecKind kind => bytes32))) internal _codecs;
    mapping(uint256 roundId => StoredRound) internal _rounds;
    mapping(uint256 roundId => mapping(uint256 index => Seat)) internal _seats;
    // By model, as a model has one open round: what is written anew costs less than what is written first.
    mapping(uint256 modelId => mapping(address node => Place)) internal _places;
    mapping(uint256 modelId => mapping(uint256 datasetId => uint256 roundId)) internal _latestRoundOf;
    mapping(uint256 modelId => mapping(bytes32 plan => bool)) internal _plans;
    mapping(uint256 modelId => mapping(bytes32 weightsRoot => bool)) internal _summed;
    mapping(uint256 datasetId => Disclosure) internal _disclosures;

    constructor(IDatasetNFT datasets, IAccessLicense licenses) {
        (DATASETS, LICENSES) = (datasets, licenses);
    }
}
