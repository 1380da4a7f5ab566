// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {LicenseRules} from "../libraries/LicenseRules.sol";
import {LicenseSlots} from "../libraries/LicenseSlots.sol";
import {StoredOffer} from "../types/Licensing.sol";
import {LicenseState} from "./LicenseState.sol";

/// @title What is for sale, and who decides disputes about it
/// @dev An offer never changes but from open to closed. The version that is sold, and its terms, are the dataset's latest.
abstract contract Offers is LicenseState {
    uint32 private constant MAX_DELIVERY_WINDOW = 365 days;
    uint32 private constant MAX_DISPUTE_WINDOW = 90 days;
    uint8 private constant ALL_VISAS = 15;
    uint256 private constant NO_ANSWER = type(uint256).max;

    /// @inheritdoc IAccessLicense
    function acceptArbitration(bool accepted) external {
        isArbiter[msg.sender] = accepted;
        emit ArbitrationAccepted(msg.sender, accepted);
    }

    /// @inheritdoc IAccessLicense
    function createOffer(Offer memory offer) external returns (uint256 offerId) {
        _checkDatasetOwner(offer.datasetId);
        return _createOffer(msg.sender, offer);
    }

    /// @inheritdoc IAccessLicense
    function createOfferFor(address owner, Offer memory offer) external returns (uint256 offerId) {
        if (msg.sender != address(DATASETS)) revert AccessLicense_NotDatasetContract(msg.sender);
        return _createOffer(owner, offer);
    }

    /// @inheritdoc IAccessLicense
    function closeOffer(uint256 offerId) external {
        StoredOffer storage offer = _offer(offerId);
        uint256 datasetId = offer.datasetId;
        _checkDatasetOwner(datasetId);
        if (!offer.open) revert AccessLicense_OfferClosed(offerId);
        offer.open = false;
        emit OfferClosed(offerId, datasetId, msg.sender);
    }

    /// @dev Of the three slots as they are, which costs least: this is the order of `abi.encodePacked` that the interface
    /// names. An open offer has `open` set.
    function _openOffer(uint256 offerId, bytes32 offerHash) internal view returns (StoredOffer storage offer) {
        offer = _offer(offerId);
        if (!offer.open) revert AccessLicense_OfferClosed(offerId);
        uint256 slot = LicenseSlots.ofOffer(offerId);
        bytes32 hash = keccak256(abi.encode(extsload(bytes32(slot)), extsload(bytes32(slot + 1)), _currencyOf(offer)));
        if (hash != offerHash) revert AccessLicense_WrongOffer(offerId);
    }

    /// @dev Who sells, or acts for the one who sells, does not judge. That another account of the same person does cannot
    /// be seen here.
    function _checkImpartial(uint256 datasetId, address arbiter) internal view {
        // slither-disable-next-line unused-return // a role that was not accepted is none
        (, uint8 roles) = DATASETS.rolesOf(datasetId, arbiter);
        if (roles != 0 || _ownerOfDataset(datasetId) == arbiter) {
            revert AccessLicense_ArbiterTakesPart(datasetId, arbiter);
        }
    }

    function _checkArbiter(uint256 datasetId, address arbiter) internal view {
        if (!isArbiter[arbiter]) revert AccessLicense_ArbiterHasNotAccepted(arbiter);
        _checkImpartial(datasetId, arbiter);
    }

    function _createOffer(address by, Offer memory offer) private returns (uint256 offerId) {
        if (offer.right == Right.None) _refuse("right");
        if (offer.deliveryWindow == 0 || offer.deliveryWindow > MAX_DELIVERY_WINDOW) {
            _refuse("deliveryWindow");
        }
        if (offer.disputeWindow == 0 || offer.disputeWindow > MAX_DISPUTE_WINDOW) {
            _refuse("disputeWindow");
        }
        if (offer.arbiter != address(0)) {
            // Else access that has had its time could be disputed.
            if (offer.duration != 0 && offer.duration < offer.disputeWindow) {
                _refuse("disputeWindow");
            }
            _checkArbiter(offer.datasetId, offer.arbiter);
        }
        if (offer.visas > ALL_VISAS) _refuse("visas");
        // It stands for "not counted" in a licence.
        if (offer.uses == LicenseRules.UNCOUNTED) _refuse("uses");
        // Without an end there is no unused part.
        if (offer.proRata && offer.duration == 0) _refuse("proRata");
        bool inToken = offer.currency != ETH;
        if (inToken && !_isFungible(offer.currency)) _refuse("currency");

        offerId = _nextOfferId++;
        StoredOffer storage stored = _offers[offerId];
        stored.price = offer.price;
        stored.duration = offer.duration;
        stored.uses = offer.uses;
        stored.deliveryWindow = offer.deliveryWindow;
        stored.disputeWindow = offer.disputeWindow;
        stored.arbiter = offer.arbiter;
        // The dataset exists, and ids of datasets come from a counter.
        stored.datasetId = uint32(offer.datasetId);
        stored.right = offer.right;
        stored.open = true;
        stored.inToken = inToken;
        stored.proRata = offer.proRata;
        stored.visas = offer.visas;
        if (inToken) stored.currency = offer.currency;
        emit OfferCreated(offerId, offer.datasetId, by, offer);
    }

    /// @dev An ERC-721 has `transferFrom` and `balanceOf`, too: the price would be the number of a token, which comes in
    /// and never goes out. What is no ERC-20 with decimals cannot be shown as a price either. What has no code answers
    /// nothing. ERC-165 is asked with the gas that it may take, as some contracts burn all that they get.
    function _isFungible(address currency) private view returns (bool) {
        bytes memory isErc721 = abi.encodeCall(IERC165.supportsInterface, (type(IERC721).interfaceId));
        return _ask(currency, abi.encodeCall(IERC20Metadata.decimals, ())) <= type(uint8).max
            && _ask(currency, abi.encodeCall(IERC20.balanceOf, (address(this)))) != NO_ANSWER
            && _ask(currency, isErc721) != 1;
    }

    function _ask(address token, bytes memory question) private view returns (uint256) {
        // slither-disable-next-line low-level-calls,return-bomb // no answer is one, too; the gas bounds its length
        (bool ok, bytes memory answer) = token.staticcall{gas: 30_000}(question);
        return ok && answer.length == 32 ? uint256(bytes32(answer)) : NO_ANSWER;
    }

    /// @dev One place for all: an error with a string takes room.
    function _refuse(string memory field) private pure {
        revert AccessLicense_BadOffer(field);
    }
}
