// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {ILicenseLens} from "./interfaces/ILicenseLens.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {LicenseRules} from "./libraries/LicenseRules.sol";
import {LicenseSlots} from "./libraries/LicenseSlots.sol";
import {StoredLicense, StoredOffer} from "./types/Licensing.sol";

/// @title Lens on AccessLicense
/// @dev It has no storage: it reads AccessLicense's slot by slot.
contract LicenseLens is ILicenseLens {
    IAccessLicense public immutable LICENSES;
    IDatasetNFT public immutable DATASETS;

    /// @param datasets those for which `licenses` sells
    constructor(IAccessLicense licenses, IDatasetNFT datasets) {
        (LICENSES, DATASETS) = (licenses, datasets);
    }

    /// @inheritdoc ILicenseLens
    function offerCount() external view returns (uint256) {
        return uint256(_load(LicenseSlots.NEXT_OFFER_ID)) - 1;
    }

    /// @inheritdoc ILicenseLens
    function licenseCount() external view returns (uint256) {
        return uint256(_load(LicenseSlots.NEXT_LICENSE_ID)) - 1;
    }

    /// @inheritdoc ILicenseLens
    function offerOf(uint256 offerId) external view returns (IAccessLicense.Offer memory offer, bool open) {
        StoredOffer memory stored = _offer(offerId);
        offer = IAccessLicense.Offer({
            datasetId: stored.datasetId,
            price: stored.price,
            currency: stored.currency,
            duration: stored.duration,
            uses: stored.uses,
            deliveryWindow: stored.deliveryWindow,
            disputeWindow: stored.disputeWindow,
            right: stored.right,
            visas: stored.visas,
            proRata: stored.proRata,
            arbiter: stored.arbiter
        });
        open = stored.open;
    }

    /// @inheritdoc ILicenseLens
    function licenseOf(uint256 licenseId) external view returns (License memory) {
        uint256 slot = LicenseSlots.ofLicense(licenseId);
        StoredLicense memory license = LicenseSlots.license(_load(slot), _load(slot + 1));
        if (license.state == IAccessLicense.State.None) revert IAccessLicense.AccessLicense_UnknownLicense(licenseId);
        StoredOffer memory offer = _offer(license.offerId);
        return License({
            offerId: license.offerId,
            datasetId: offer.datasetId,
            licensee: license.licensee,
            version: license.version,
            state: license.state,
            right: offer.right,
            usesLeft: LicenseRules.usesLeft(offer.uses, license.used),
            price: offer.price,
            currency: offer.currency,
            deadline: _deadlineOf(license, offer),
            expiresAt: _endOf(license, offer),
            proRata: offer.proRata,
            earned: license.earned
        });
    }

    /// @inheritdoc ILicenseLens
    function assess(uint256 offerId, IAccessLicense.ResearchPurpose calldata purpose, bytes32[] calldata diseaseProof)
        external
        view
        returns (DuoPolicy.Decision)
    {
        uint256 datasetId = _offer(offerId).datasetId;
        // slither-disable-next-line unused-return // a withdrawn version is judged, too
        (uint32 version, uint64 terms,) = DATASETS.saleOf(datasetId);
        bool shown = LicenseRules.isDiseaseShown(DATASETS, datasetId, version, purpose, diseaseProof);
        return DuoPolicy.decide(terms, purpose.duo, shown);
    }

    function _offer(uint256 offerId) private view returns (StoredOffer memory offer) {
        uint256 slot = LicenseSlots.ofOffer(offerId);
        offer = LicenseSlots.offer(_load(slot), _load(slot + 1), _load(slot + 2));
        if (offer.datasetId == 0) revert IAccessLicense.AccessLicense_UnknownOffer(offerId);
    }

    function _load(uint256 slot) private view returns (bytes32) {
        return LICENSES.extsload(bytes32(slot));
    }

    /// @dev 0 where there never was access, or all of it was undone.
    function _endOf(StoredLicense memory license, StoredOffer memory offer) private pure returns (uint40) {
        IAccessLicense.State state = license.state;
        bool undone = state == IAccessLicense.State.Refunded || state == IAccessLicense.State.Rejected;
        if (undone || _awaitsDelivery(state)) return 0;
        return LicenseRules.endOf(license.since, offer.duration, license.visasExpire);
    }

    function _deadlineOf(StoredLicense memory license, StoredOffer memory offer) private pure returns (uint40) {
        IAccessLicense.State state = license.state;
        if (_awaitsDelivery(state)) return license.since;
        if (state == IAccessLicense.State.Delivered) return uint40(license.since) + offer.disputeWindow;
        return state == IAccessLicense.State.Disputed ? license.arbitrationEnds : 0;
    }

    function _awaitsDelivery(IAccessLicense.State state) private pure returns (bool) {
        return state == IAccessLicense.State.InReview || state == IAccessLicense.State.Purchased;
    }
}
