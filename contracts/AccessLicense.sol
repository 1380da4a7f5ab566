// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IVisaRegistry} from "./interfaces/IVisaRegistry.sol";
import {Diseases} from "./libraries/Diseases.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {Orders} from "./licensing/Orders.sol";
import {Settlement} from "./licensing/Settlement.sol";
import {Visas} from "./licensing/Visas.sol";

/// @title Access licence
/// @dev Here a licence is bought, judged, delivered, used and renewed; `licensing/` has what these rest on. Calls go to the
/// three immutable contracts only, except for the payment, which comes last.
contract AccessLicense is Settlement, Orders {
    /// @dev What is known of a purchase before it is made.
    struct Sale {
        uint256 offerId;
        address buyer;
        uint64 duo;
        uint32 version;
        bool needsReview;
        uint8 visaCount;
        uint32 visasExpire;
    }

    IKeyRegistry public immutable KEYS;

    constructor(IDatasetNFT datasets, IKeyRegistry keys, IVisaRegistry visas)
        ERC721("BioDeSci Access Licence", "BDSL")
        Visas(datasets, visas)
    {
        KEYS = keys;
    }

    // ------------------------------------------------------ purchase, review

    /// @inheritdoc IAccessLicense
    function purchase(uint256 offerId, uint64 duo) external payable returns (uint256 licenseId) {
        StoredOffer storage offer = _openOffer(offerId);
        if (offer.visas != 0) revert AccessLicense_VisasRequired(offerId, offer.visas);
        // slither-disable-next-line uninitialized-local // its fields are set below
        Sale memory sale;
        sale.offerId = offerId;
        sale.buyer = msg.sender;
        sale.duo = duo;
        (uint32 version, uint64 terms) = _saleOf(offer);
        sale.version = version;
        sale.needsReview = _needsReview(terms, duo, false);
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
        StoredOffer storage offer = _openOffer(order.offerId);
        address currency = _currencyOf(offer);
        if (order.price != offer.price) revert AccessLicense_WrongPrice(order.price, offer.price);
        if (order.currency != currency) revert AccessLicense_WrongCurrency(order.currency, currency);
        _useOrder(order, signature);

        ResearchPurpose calldata purpose = order.purpose;
        // slither-disable-next-line uninitialized-local // its fields are set below
        Sale memory sale;
        sale.offerId = order.offerId;
        sale.buyer = order.buyer;
        sale.duo = purpose.duo;
        (uint32 version, uint64 terms) = _saleOf(offer);
        sale.version = version;
        bool shown = _isDiseaseShown(offer.datasetId, version, purpose, evidence.diseaseProof);
        sale.needsReview = _needsReview(terms, purpose.duo, shown);
        if (sale.needsReview && !order.mayReview) revert AccessLicense_NeedsReview(terms, purpose.duo);
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
    function approve(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkDatasetOwner(license.datasetId);
        _checkState(licenseId, license, State.InReview);
        _checkNotLate(licenseId, license.since);
        license.state = State.Purchased;
        license.since = uint32(block.timestamp) + _offer(license.offerId).deliveryWindow;
        emit LicenseApproved(licenseId, msg.sender);
    }

    /// @inheritdoc IAccessLicense
    function reject(uint256 licenseId, bytes32 reason) external {
        StoredLicense storage license = _license(licenseId);
        _checkDatasetOwner(license.datasetId);
        if (!_awaitsDelivery(license.state)) revert AccessLicense_WrongState(licenseId, license.state);
        license.state = State.Rejected;
        emit LicenseRejected(licenseId, msg.sender, reason);
        _creditBuyer(licenseId, license);
    }

    // ------------------------------------------------ delivery, use, renewal

    /// @inheritdoc IAccessLicense
    function deliver(uint256 licenseId, bytes32 envelope) external {
        StoredLicense storage license = _licenses[licenseId];
        // Read side by side, the fields of a slot are loaded once.
        (State state, uint32 deadline, uint32 datasetId, uint16 version, address licensee, uint8 flags) =
            (license.state, license.since, license.datasetId, license.version, license.licensee, license.flags);
        if (state != State.Purchased) revert AccessLicense_WrongState(licenseId, state);
        _checkNotLate(licenseId, deadline);
        if (envelope == 0) revert AccessLicense_EmptyField("envelope");
        (bool entitled, bool withdrawn) = DATASETS.releaseOf(datasetId, version, msg.sender);
        if (!entitled) revert AccessLicense_NotCustodian(datasetId, msg.sender);
        if (withdrawn) revert AccessLicense_Withdrawn(datasetId, version);
        if (flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) {
            revert AccessLicense_VisaLapsed(licenseId);
        }

        (license.state, license.since) = (State.Delivered, uint32(block.timestamp));
        emit KeyDelivered(licenseId, envelope);
        _present(licenseId, license, datasetId, licensee, flags & RIGHT);
    }

    /// @inheritdoc IAccessLicense
    function consume(uint256 licenseId) external returns (uint32 usesLeft) {
        StoredLicense storage license = _license(licenseId);
        if (msg.sender != license.licensee) {
            // slither-disable-next-line unused-return // `_isActive` knows what a withdrawal stops
            (bool entitled,) = DATASETS.releaseOf(license.datasetId, license.version, msg.sender);
            if (!entitled) revert AccessLicense_NotLicensee(licenseId, msg.sender);
        }
        if (!_isActive(licenseId, license)) revert AccessLicense_NotActive(licenseId);
        usesLeft = license.usesLeft;
        if (usesLeft != UNCOUNTED) license.usesLeft = --usesLeft;
        emit LicenseConsumed(licenseId, usesLeft);
    }

    /// @inheritdoc IAccessLicense
    function renew(uint256 licenseId, IVisaRegistry.SignedVisa[] calldata visas, Payment calldata payment)
        external
        payable
    {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        _checkState(licenseId, license, State.Settled);
        StoredOffer storage offer = _openOffer(license.offerId);
        (uint32 datasetId, uint16 version) = (license.datasetId, license.version);
        if (DATASETS.isWithdrawn(datasetId, version)) revert AccessLicense_Withdrawn(datasetId, version);
        (uint32 duration, uint32 uses) = (offer.duration, offer.uses);
        if (duration == 0 && uses == 0) revert AccessLicense_NotRenewable(licenseId);

        // What is over when the renewal comes is over: the new duration starts now.
        uint40 passed = uint40(block.timestamp) - license.since;
        if (duration != 0) license.duration = uint32(Math.max(passed, license.duration)) + duration;
        if (uses != 0) {
            // The largest number stands for "not counted".
            uint256 sum = uint256(license.usesLeft) + uses;
            if (sum >= UNCOUNTED) revert AccessLicense_NotRenewable(licenseId);
            license.usesLeft = uint32(sum);
        }
        (license.visaCount, license.visasExpire) = _showVisas(licenseId, msg.sender, offer, visas);
        emit LicenseRenewed(licenseId, _endOf(license), license.usesLeft, offer.price);
        _present(licenseId, license, datasetId, msg.sender, license.flags & RIGHT);
        _creditOwner(datasetId, _currencyOf(offer), offer.price);
        _take(msg.sender, _currencyOf(offer), offer.price, payment);
    }

    // ----------------------------------------------------------------- view

    /// @inheritdoc IAccessLicense
    function assess(uint256 offerId, ResearchPurpose calldata purpose, bytes32[] calldata diseaseProof)
        external
        view
        returns (DuoPolicy.Decision)
    {
        uint256 datasetId = _offer(offerId).datasetId;
        // slither-disable-next-line unused-return // a withdrawn version is judged, too
        (uint32 version, uint64 terms,) = DATASETS.saleOf(datasetId);
        return DuoPolicy.decide(terms, purpose.duo, _isDiseaseShown(datasetId, version, purpose, diseaseProof));
    }

    // --------------------------------------------------------------- private

    function _sell(Sale memory sale, StoredOffer storage offer) private returns (uint256 licenseId) {
        if (!KEYS.hasKey(sale.buyer)) revert AccessLicense_NoKey(sale.buyer);
        // An arbiter would judge its own dispute.
        if (sale.buyer == offer.arbiter) revert AccessLicense_BuyerIsArbiter(sale.buyer);
        licenseId = _nextLicenseId++;
        uint8 flags = uint8(offer.right);
        if (sale.visaCount != 0) flags |= HAS_VISAS;
        if (offer.proRata) flags |= PRO_RATA;
        _licenses[licenseId] = StoredLicense({
            licensee: sale.buyer,
            datasetId: offer.datasetId,
            version: uint16(sale.version),
            since: uint32(block.timestamp) + offer.deliveryWindow,
            state: sale.needsReview ? State.InReview : State.Purchased,
            flags: flags,
            offerId: uint32(sale.offerId),
            purpose: uint40(sale.duo),
            duration: offer.duration,
            usesLeft: offer.uses == 0 ? UNCOUNTED : offer.uses,
            disputeWindow: uint24(offer.disputeWindow),
            visasExpire: sale.visasExpire,
            visaCount: sale.visaCount,
            arbitrationEnds: 0
        });
        _increaseBalance(sale.buyer, 1);
        emit Transfer(address(0), sale.buyer, licenseId);
        emit Locked(licenseId);
        emit LicensePurchased(
            licenseId, offer.datasetId, sale.buyer, sale.offerId, sale.version, sale.duo, sale.needsReview
        );
    }

    function _saleOf(StoredOffer storage offer) private view returns (uint32 version, uint64 terms) {
        bool withdrawn;
        (version, terms, withdrawn) = DATASETS.saleOf(offer.datasetId);
        if (withdrawn) revert AccessLicense_Withdrawn(offer.datasetId, version);
        // TS limits the time of use.
        if (terms & DuoPolicy.TS != 0 && offer.duration == 0) revert AccessLicense_BadOffer("duration");
    }

    function _needsReview(uint64 terms, uint64 duo, bool diseaseShown) private pure returns (bool) {
        DuoPolicy.Decision decision = DuoPolicy.decide(terms, duo, diseaseShown);
        if (decision == DuoPolicy.Decision.Deny) revert AccessLicense_Denied(terms, duo);
        return decision == DuoPolicy.Decision.Review;
    }

    /// @dev Without a proof a person judges; a proof that is wrong is a mistake that the buyer wants to hear of.
    function _isDiseaseShown(
        uint256 datasetId,
        uint32 version,
        ResearchPurpose calldata purpose,
        bytes32[] calldata proof
    ) private view returns (bool shown) {
        if (purpose.disease == 0) return false;
        bytes32 root = DATASETS.diseasesOf(datasetId, version);
        shown = Diseases.isPermitted(root, purpose.disease, proof);
        if (!shown && proof.length != 0) revert AccessLicense_BadDiseaseProof(purpose.disease, root);
    }
}
