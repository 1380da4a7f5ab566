// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";
import {IKeyRegistry} from "../interfaces/IKeyRegistry.sol";
import {IVisaRegistry} from "../interfaces/IVisaRegistry.sol";
import {StoredLicense, StoredOffer} from "../types/Licensing.sol";

/// @title All that AccessLicense remembers
/// @dev The whole storage is here, but for the nonces of signed orders, which OpenZeppelin keeps. Where it lies is said
/// once more in LicenseSlots, by which LicenseLens reads it: it comes before every other base with storage.
abstract contract LicenseState is IAccessLicense {
    uint8 internal constant RIGHT = 3;
    uint8 internal constant HAS_VISAS = 4;
    uint8 internal constant PRO_RATA = 8;
    address internal constant ETH = address(0);

    IDatasetNFT public immutable DATASETS;
    IKeyRegistry public immutable KEYS;
    IVisaRegistry public immutable VISAS;
    /// @notice The ModelRegistry, which counts the uses of training licences.
    address public immutable MODELS;

    // Never 0, so that the first offer and the first purchase cost no more than the others.
    uint256 internal _nextOfferId = 1; // slot 0
    uint256 internal _nextLicenseId = 1; // slot 1

    mapping(uint256 offerId => StoredOffer) internal _offers; // slot 2
    mapping(uint256 licenseId => StoredLicense) internal _licenses; // slot 3
    mapping(uint256 licenseId => mapping(uint256 index => bytes32 visaId)) internal _visas;
    mapping(address account => uint256) internal _balances;

    /// @inheritdoc IAccessLicense
    mapping(address account => bool) public isArbiter;
    /// @inheritdoc IAccessLicense
    mapping(address account => mapping(address currency => uint256)) public owed;

    constructor(IDatasetNFT datasets, IKeyRegistry keys, IVisaRegistry visas, address models) {
        (DATASETS, KEYS, VISAS, MODELS) = (datasets, keys, visas, models);
    }

    /// @inheritdoc IAccessLicense
    function extsload(bytes32 slot) public view returns (bytes32) {
        return StorageSlot.getBytes32Slot(slot).value;
    }

    function _offer(uint256 offerId) internal view returns (StoredOffer storage offer) {
        offer = _offers[offerId];
        if (offer.datasetId == 0) revert AccessLicense_UnknownOffer(offerId);
    }

    function _license(uint256 licenseId) internal view returns (StoredLicense storage license) {
        license = _licenses[licenseId];
        if (license.state == State.None) revert AccessLicense_UnknownLicense(licenseId);
    }

    /// @dev Of a licence that exists, so its offer does, too.
    function _offerOf(StoredLicense storage license) internal view returns (StoredOffer storage) {
        return _offers[license.offerId];
    }

    /// @dev An offer in ETH costs no look at slot 2.
    function _currencyOf(StoredOffer storage offer) internal view returns (address) {
        return offer.inToken ? offer.currency : ETH;
    }

    function _ownerOfDataset(uint256 datasetId) internal view returns (address) {
        return IERC721(address(DATASETS)).ownerOf(datasetId);
    }

    function _checkDatasetOwner(uint256 datasetId) internal view {
        if (_ownerOfDataset(datasetId) != msg.sender) revert AccessLicense_NotDatasetOwner(datasetId, msg.sender);
    }

    function _checkLicensee(uint256 licenseId, StoredLicense storage license) internal view {
        if (license.licensee != msg.sender) revert AccessLicense_NotLicensee(licenseId, msg.sender);
    }

    /// @dev The licence that the caller means, and not one that got its number after the chain took blocks back. Licences
    /// are not transferred.
    function _checkIsOf(uint256 licenseId, StoredLicense storage license, address licensee) internal view {
        if (license.licensee != licensee) revert AccessLicense_OtherLicense(licenseId);
    }

    function _checkState(uint256 licenseId, StoredLicense storage license, State required) internal view {
        if (license.state != required) revert AccessLicense_WrongState(licenseId, license.state);
    }

    function _checkNotLate(uint256 licenseId, uint256 deadline) internal view {
        // A deadline is the sum of two 32-bit numbers at most, so it fits.
        if (block.timestamp > deadline) revert AccessLicense_TooLate(licenseId, uint40(deadline));
    }

    function _checkLate(uint256 licenseId, uint256 deadline) internal view {
        // As above.
        if (block.timestamp <= deadline) revert AccessLicense_TooEarly(licenseId, uint40(deadline));
    }

    /// @dev Moments are kept in 32 bits, which last until 2106.
    function _now() internal view returns (uint32) {
        return uint32(block.timestamp);
    }

    function _checkAwaitsDelivery(uint256 licenseId, State state) internal pure {
        if (state != State.InReview && state != State.Purchased) revert AccessLicense_WrongState(licenseId, state);
    }
}
