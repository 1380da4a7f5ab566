// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../interfaces/IDatasetNFT.sol";

/// @title What is for sale
/// @dev An offer never changes but from open to closed. The version that is sold, and its terms, are the dataset's latest.
abstract contract Offers is IAccessLicense {
    struct StoredOffer {
        // slot 0
        uint128 price;
        uint32 duration;
        uint32 uses;
        uint32 deliveryWindow;
        uint32 disputeWindow;
        // slot 1
        address arbiter;
        uint32 datasetId;
        Right right;
        bool open;
        bool inToken;
        bool proRata;
        uint8 visas;
        // slot 2, of an offer in an ERC-20 alone
        address currency;
    }

    uint32 public constant MAX_DELIVERY_WINDOW = 365 days;
    uint32 public constant MAX_DISPUTE_WINDOW = 90 days;
    uint8 private constant ALL_VISAS = 15;

    IDatasetNFT public immutable DATASETS;

    uint256 private _nextOfferId = 1; // never 0, so that the first offer costs no more than the others

    mapping(uint256 offerId => StoredOffer) private _offers;

    constructor(IDatasetNFT datasets) {
        DATASETS = datasets;
    }

    /// @inheritdoc IAccessLicense
    function createOffer(Offer calldata offer) external returns (uint256 offerId) {
        _checkDatasetOwner(offer.datasetId);
        return _createOffer(msg.sender, offer);
    }

    /// @inheritdoc IAccessLicense
    function createOfferFor(address owner, Offer calldata offer) external returns (uint256 offerId) {
        if (msg.sender != address(DATASETS)) revert AccessLicense_NotDatasetContract(msg.sender);
        return _createOffer(owner, offer);
    }

    /// @inheritdoc IAccessLicense
    function closeOffer(uint256 offerId) external {
        StoredOffer storage offer = _offer(offerId);
        _checkDatasetOwner(offer.datasetId);
        if (!offer.open) revert AccessLicense_OfferClosed(offerId);
        offer.open = false;
        emit OfferClosed(offerId);
    }

    /// @inheritdoc IAccessLicense
    function offerCount() external view returns (uint256) {
        return _nextOfferId - 1;
    }

    /// @inheritdoc IAccessLicense
    function offerOf(uint256 offerId) external view returns (Offer memory offer, bool open) {
        StoredOffer memory s = _offer(offerId);
        offer = Offer({
            datasetId: s.datasetId,
            price: s.price,
            currency: s.currency,
            duration: s.duration,
            uses: s.uses,
            deliveryWindow: s.deliveryWindow,
            disputeWindow: s.disputeWindow,
            right: s.right,
            visas: s.visas,
            proRata: s.proRata,
            arbiter: s.arbiter
        });
        open = s.open;
    }

    function _offer(uint256 offerId) internal view returns (StoredOffer storage offer) {
        offer = _offers[offerId];
        if (offer.datasetId == 0) revert AccessLicense_UnknownOffer(offerId);
    }

    function _openOffer(uint256 offerId) internal view returns (StoredOffer storage offer) {
        offer = _offer(offerId);
        if (!offer.open) revert AccessLicense_OfferClosed(offerId);
    }

    /// @dev An offer in ETH costs no look at slot 2.
    function _currencyOf(StoredOffer storage offer) internal view returns (address) {
        return offer.inToken ? offer.currency : address(0);
    }

    function _ownerOfDataset(uint256 datasetId) internal view returns (address) {
        return IERC721(address(DATASETS)).ownerOf(datasetId);
    }

    function _checkDatasetOwner(uint256 datasetId) internal view {
        if (_ownerOfDataset(datasetId) != msg.sender) revert AccessLicense_NotDatasetOwner(datasetId, msg.sender);
    }

    function _createOffer(address owner, Offer calldata offer) private returns (uint256 offerId) {
        if (offer.right == Right.None) revert AccessLicense_BadOffer("right");
        if (offer.deliveryWindow == 0 || offer.deliveryWindow > MAX_DELIVERY_WINDOW) {
            revert AccessLicense_BadOffer("deliveryWindow");
        }
        if (offer.disputeWindow == 0 || offer.disputeWindow > MAX_DISPUTE_WINDOW) {
            revert AccessLicense_BadOffer("disputeWindow");
        }
        if (offer.arbiter == owner) revert AccessLicense_BadOffer("arbiter");
        if (offer.visas > ALL_VISAS) revert AccessLicense_BadOffer("visas");
        // It stands for "not counted" in a licence.
        if (offer.uses == type(uint32).max) revert AccessLicense_BadOffer("uses");
        // Without an end there is no unused part.
        if (offer.proRata && offer.duration == 0 && offer.uses == 0) revert AccessLicense_BadOffer("proRata");
        bool inToken = offer.currency != address(0);
        if (inToken && offer.currency.code.length == 0) revert AccessLicense_BadOffer("currency");

        offerId = _nextOfferId++;
        StoredOffer storage stored = _offers[offerId];
        stored.price = offer.price;
        stored.duration = offer.duration;
        stored.uses = offer.uses;
        stored.deliveryWindow = offer.deliveryWindow;
        stored.disputeWindow = offer.disputeWindow;
        stored.arbiter = offer.arbiter;
        stored.datasetId = uint32(offer.datasetId);
        stored.right = offer.right;
        stored.open = true;
        stored.inToken = inToken;
        stored.proRata = offer.proRata;
        stored.visas = offer.visas;
        if (inToken) stored.currency = offer.currency;
        emit OfferCreated(offerId, offer.datasetId, offer);
    }
}
