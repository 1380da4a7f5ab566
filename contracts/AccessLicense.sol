// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IVisaRegistry} from "./interfaces/IVisaRegistry.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {LicenseRules} from "./libraries/LicenseRules.sol";
import {LicenseState} from "./licensing/LicenseState.sol";
import {Orders} from "./licensing/Orders.sol";
import {Settlement} from "./licensing/Settlement.sol";
import {Sale, StoredLicense, StoredOffer} from "./types/Licensing.sol";

/// @title Access licence
/// @dev Here a licence is bought, judged, delivered and used; `licensing/` has what these rest on. Calls go to the three
/// immutable contracts only, except for the payment, which comes last.
contract AccessLicense is Settlement, Orders {
    /// @param models ModelRegistry, which is deployed after this contract: its address is known from the deployer's nonce.
    constructor(IDatasetNFT datasets, IKeyRegistry keys, IVisaRegistry visas, address models)
        LicenseState(datasets, keys, visas, models)
    {}

    // ------------------------------------------------------ purchase, review

    /// @inheritdoc IAccessLicense
    function purchase(uint256 offerId, bytes32 offerHash, uint32 version, uint64 duo, bool mayReview)
        external
        payable
        returns (uint256 licenseId)
    {
        StoredOffer storage offer = _openOffer(offerId, offerHash);
        if (offer.visas != 0) revert AccessLicense_VisasRequired(offerId, offer.visas);
        // slither-disable-next-line uninitialized-local // its fields are set below
        Sale memory sale;
        (sale.offerId, sale.buyer, sale.duo, sale.version) = (offerId, msg.sender, duo, version);
        sale.needsReview = _needsReview(_termsOf(offer, version), duo, false, mayReview);
        licenseId = _sell(sale, offer);
        // slither-disable-next-line uninitialized-local // all zero: a plain transfer
        Payment memory direct;
        _take(msg.sender, _currencyOf(offer), offer.price, direct);
    }

    /// @inheritdoc IAccessLicense
    function purchaseFor(
        Order calldata order,
        bytes calldata signature,
        Evidence calldata evidence,
        Payment calldata payment
    ) external payable returns (uint256 licenseId) {
        StoredOffer storage offer = _openOffer(order.offerId, order.offerHash);
        address currency = _currencyOf(offer);
        if (order.price != offer.price) revert AccessLicense_WrongPrice(order.price, offer.price);
        if (order.currency != currency) revert AccessLicense_WrongCurrency(order.currency, currency);
        _useOrder(order, signature);

        ResearchPurpose calldata purpose = order.purpose;
        // slither-disable-next-line uninitialized-local // its fields are set below
        Sale memory sale;
        (sale.offerId, sale.buyer, sale.duo, sale.version) = (order.offerId, order.buyer, purpose.duo, order.version);
        uint64 terms = _termsOf(offer, order.version);
        bool shown =
            LicenseRules.isDiseaseShown(DATASETS, offer.datasetId, order.version, purpose, evidence.diseaseProof);
        sale.needsReview = _needsReview(terms, purpose.duo, shown, order.mayReview);
        (sale.visaCount, sale.visasExpire) = _showVisas(_nextLicenseId, order.buyer, offer, evidence.visas);
        if (sale.visasExpire < order.visasUntil) {
            revert AccessLicense_VisasTooShort(sale.visasExpire, order.visasUntil);
        }
        licenseId = _sell(sale, offer);
        if (purpose.disease != 0 || purpose.statement != 0) {
            emit PurposeDeclared(licenseId, purpose.disease, purpose.statement);
        }
        _take(order.buyer, currency, order.price, payment);
    }

    /// @inheritdoc IAccessLicense
    function approve(uint256 licenseId, address licensee, uint40 deadline) external {
        StoredLicense storage license = _license(licenseId);
        StoredOffer storage offer = _offerOf(license);
        _checkCommittee(offer.datasetId);
        _checkState(licenseId, license, State.InReview);
        if (license.since != deadline) revert AccessLicense_OtherLicense(licenseId);
        _checkIsOf(licenseId, license, licensee);
        _checkNotLate(licenseId, deadline);
        license.state = State.Purchased;
        license.since = _now() + offer.deliveryWindow;
        emit LicenseApproved(licenseId, msg.sender);
    }

    /// @inheritdoc IAccessLicense
    function reject(uint256 licenseId, bytes32 reason) external {
        StoredLicense storage license = _license(licenseId);
        _checkCommittee(_offerOf(license).datasetId);
        _checkAwaitsDelivery(licenseId, license.state);
        emit LicenseRejected(licenseId, msg.sender, reason);
        _refundWhole(licenseId, license, State.Rejected);
    }

    /// @inheritdoc IAccessLicense
    function cancel(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        _checkState(licenseId, license, State.InReview);
        emit LicenseCancelled(licenseId, msg.sender);
        _refundWhole(licenseId, license, State.Refunded);
    }

    // --------------------------------------------------------- delivery, use

    /// @inheritdoc IAccessLicense
    function deliver(uint48 licenseId, bytes32 envelope, bytes32 commitments, address licensee) external {
        StoredLicense storage license = _licenses[licenseId];
        // Read side by side, the fields of a slot are loaded once.
        (State state, uint32 deadline, uint8 flags) = (license.state, license.since, license.flags);
        (uint256 offerId, uint32 version) = (license.offerId, license.version);
        // Why it is not, the two say in their turn.
        if (state != State.Purchased) _checkState(licenseId, _license(licenseId), State.Purchased);
        _checkIsOf(licenseId, license, licensee);
        _checkNotLate(licenseId, deadline);
        _checkEnvelope(licenseId, flags, envelope);
        _checkRelease(licenseId, _offers[offerId].datasetId, version, commitments);
        if (flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) {
            revert AccessLicense_VisaLapsed(licenseId);
        }
        (license.state, license.since) = (State.Delivered, _now());
        emit LicenseDelivered(licenseId, msg.sender, envelope);
    }

    /// @inheritdoc IAccessLicense
    function redeliver(uint256 licenseId, bytes32 envelope, bytes32 commitments, address licensee) external {
        StoredLicense storage license = _license(licenseId);
        _checkIsOf(licenseId, license, licensee);
        _checkEnvelope(licenseId, license.flags, envelope);
        if (envelope == 0) revert AccessLicense_NoKeyWithRight(licenseId, _rightOf(license));
        _checkRelease(licenseId, _offerOf(license).datasetId, license.version, commitments);
        if (!_isActive(licenseId, license)) revert AccessLicense_NotActive(licenseId);
        emit KeyRedelivered(licenseId, msg.sender, envelope);
    }

    /// @inheritdoc IAccessLicense
    function consume(uint256 licenseId) external returns (uint32 usesLeft) {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        usesLeft = _use(licenseId, license);
        // The licensee's own first use says that the access works.
        if (license.state == State.Delivered) _settle(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function consumeFor(uint256 licenseId, uint256 datasetId, address licensee, Right right)
        external
        returns (uint32 version)
    {
        if (msg.sender != MODELS) revert AccessLicense_NotModelRegistry(msg.sender);
        StoredLicense storage license = _license(licenseId);
        bool fits =
            license.licensee == licensee && _rightOf(license) == right && _offerOf(license).datasetId == datasetId;
        if (!fits) revert AccessLicense_DoesNotFit(licenseId, datasetId, licensee, right);
        _use(licenseId, license);
        return license.version;
    }

    // --------------------------------------------------------------- private

    function _sell(Sale memory sale, StoredOffer storage offer) private returns (uint256 licenseId) {
        if (!KEYS.hasKey(sale.buyer)) revert AccessLicense_NoKey(sale.buyer);
        address arbiter = offer.arbiter;
        if (arbiter != address(0)) {
            // It would judge its own dispute.
            if (sale.buyer == arbiter) revert AccessLicense_BuyerIsArbiter(arbiter);
            _checkArbiter(offer.datasetId, arbiter);
        }
        licenseId = _nextLicenseId++;
        // The offer has its right in three values, and a licence in two bits.
        uint8 flags = uint8(offer.right);
        if (sale.visaCount != 0) flags |= HAS_VISAS;
        if (offer.proRata) flags |= PRO_RATA;
        StoredLicense storage license = _licenses[licenseId];
        license.licensee = sale.buyer;
        // Ids of offers come from a counter; DatasetNFT keeps versions in 16 bits.
        license.offerId = uint32(sale.offerId);
        license.version = uint16(sale.version);
        license.since = _now() + offer.deliveryWindow;
        license.state = sale.needsReview ? State.InReview : State.Purchased;
        license.flags = flags;
        if (sale.visaCount != 0) (license.visasExpire, license.visaCount) = (sale.visasExpire, sale.visaCount);
        _mint(sale.buyer, licenseId);
        emit LicensePurchased(
            licenseId, offer.datasetId, sale.buyer, sale.offerId, sale.version, sale.duo, sale.needsReview, msg.sender
        );
    }

    function _use(uint256 licenseId, StoredLicense storage license) private returns (uint32 usesLeft) {
        if (!_isActive(licenseId, license)) revert AccessLicense_NotActive(licenseId);
        ++license.used;
        usesLeft = _usesLeft(license, _offerOf(license));
        emit LicenseConsumed(licenseId, msg.sender, usesLeft);
    }

    /// @dev Of the version that the buyer agreed to, if it is the one that is sold.
    function _termsOf(StoredOffer storage offer, uint32 version) private view returns (uint64) {
        (uint32 latest, uint64 terms, bool withdrawn) = DATASETS.saleOf(offer.datasetId);
        if (version != latest) revert AccessLicense_WrongVersion(version, latest);
        if (withdrawn) revert AccessLicense_Withdrawn(offer.datasetId, version);
        // TS limits the time of use.
        if (terms & DuoPolicy.TS != 0 && offer.duration == 0) revert AccessLicense_BadOffer("duration");
        return terms;
    }

    function _needsReview(uint64 terms, uint64 duo, bool diseaseShown, bool mayReview) private pure returns (bool) {
        DuoPolicy.Decision decision = DuoPolicy.decide(terms, duo, diseaseShown);
        if (decision == DuoPolicy.Decision.Deny) revert AccessLicense_Denied(terms, duo);
        if (decision != DuoPolicy.Decision.Review) return false;
        if (!mayReview) revert AccessLicense_NeedsReview(terms, duo);
        return true;
    }

    function _checkCommittee(uint256 datasetId) private view {
        if (!DATASETS.hasRole(datasetId, IDatasetNFT.Role.Committee, msg.sender)) {
            revert AccessLicense_NotCommittee(datasetId, msg.sender);
        }
    }

    /// @dev With the key of a download, and with none for any other right.
    function _checkEnvelope(uint256 licenseId, uint8 flags, bytes32 envelope) private pure {
        bool hasKey = flags & RIGHT == uint8(Right.Download);
        if (hasKey == (envelope != 0)) return;
        if (hasKey) revert AccessLicense_EmptyField("envelope");
        revert AccessLicense_NoKeyWithRight(licenseId, Right(flags & RIGHT));
    }

    /// @param commitments to the data whose key is released: the numbers may have become other data's
    function _checkRelease(uint256 licenseId, uint256 datasetId, uint32 version, bytes32 commitments) private view {
        (bool entitled, bool withdrawn, bytes32 sold) = DATASETS.releaseOf(datasetId, version, msg.sender);
        if (sold != commitments) revert AccessLicense_OtherLicense(licenseId);
        if (!entitled) revert AccessLicense_NotCustodian(datasetId, msg.sender);
        if (withdrawn) revert AccessLicense_Withdrawn(datasetId, version);
    }
}
