// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {IVisaRegistry} from "./interfaces/IVisaRegistry.sol";
import {Cid} from "./libraries/Cid.sol";
import {Diseases} from "./libraries/Diseases.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";
import {Orders} from "./licensing/Orders.sol";
import {Payments} from "./licensing/Payments.sol";
import {Soulbound} from "./licensing/Soulbound.sol";
import {Visas} from "./licensing/Visas.sol";

/// @title Access licence
/// @dev The balance of this contract in a currency is the escrow of the licences in review, purchased, delivered or
/// disputed, plus what is owed. Calls go to the three immutable contracts only, except for the payment, which comes last.
contract AccessLicense is Soulbound, Visas, Orders, Payments {
    struct StoredLicense {
        // slot 0: all that a delivery and a revocation need
        address licensee;
        uint32 datasetId;
        uint16 version;
        uint32 since; // of the delivery; before it, its deadline
        State state;
        uint8 flags; // bits 0 and 1: the right; then HAS_VISAS, PRO_RATA
        // slot 1
        uint32 offerId;
        uint40 purpose; // DuoPolicy refuses any bit above 35
        uint32 duration; // from the delivery on, renewals included; 0: no end
        uint32 usesLeft;
        uint24 disputeWindow;
        uint32 visasExpire;
        uint8 visaCount;
        uint32 arbitrationEnds;
    }

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

    /// @notice How long an arbiter has before anyone may send the money back to the buyer.
    uint32 public constant ARBITRATION = 30 days;

    uint32 private constant UNCOUNTED = type(uint32).max;
    uint40 private constant FOREVER = type(uint40).max;
    uint8 private constant RIGHT = 3;
    uint8 private constant HAS_VISAS = 4;
    uint8 private constant PRO_RATA = 8;

    IKeyRegistry public immutable KEYS;

    uint256 private _nextLicenseId = 1; // never 0, so that the first purchase costs no more than the others

    mapping(uint256 licenseId => StoredLicense) private _licenses;
    mapping(address account => mapping(uint256 datasetAndRight => uint256 licenseId)) private _presented;

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

    // ------------------------------------------------- delivery, settlement

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
    function confirm(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        _checkState(licenseId, license, State.Delivered);
        _settle(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function claim(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkState(licenseId, license, State.Delivered);
        _checkLate(licenseId, license.since + license.disputeWindow);
        if (_isTrainingStopped(license)) revert AccessLicense_Withdrawn(license.datasetId, license.version);
        _settle(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function refund(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        State state = license.state;
        if (state == State.Disputed) {
            _checkLate(licenseId, license.arbitrationEnds);
        } else if (state != State.Delivered || !_isTrainingStopped(license)) {
            if (!_awaitsDelivery(state)) revert AccessLicense_WrongState(licenseId, state);
            if (!_cannotBeDelivered(licenseId, license)) _checkLate(licenseId, license.since);
        }
        license.state = State.Refunded;
        _creditBuyer(licenseId, license);
    }

    // ------------------------------------------------------------- disputes

    /// @inheritdoc IAccessLicense
    function dispute(uint256 licenseId, bytes32 reason) external {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        _checkState(licenseId, license, State.Delivered);
        _checkNotLate(licenseId, license.since + license.disputeWindow);
        emit LicenseDisputed(licenseId, reason);
        if (_offer(license.offerId).arbiter == address(0)) {
            license.state = State.Refunded;
            _creditBuyer(licenseId, license);
        } else {
            license.state = State.Disputed;
            license.arbitrationEnds = uint32(block.timestamp) + ARBITRATION;
        }
    }

    /// @inheritdoc IAccessLicense
    function resolve(uint256 licenseId, bool payOwner) external {
        StoredLicense storage license = _license(licenseId);
        // An arbiter may have come to own the dataset.
        bool isArbiter = msg.sender == _offer(license.offerId).arbiter;
        if (!isArbiter || msg.sender == _ownerOfDataset(license.datasetId)) {
            revert AccessLicense_NotArbiter(licenseId, msg.sender);
        }
        _checkState(licenseId, license, State.Disputed);
        emit DisputeResolved(licenseId, payOwner);
        if (payOwner) {
            _settle(licenseId, license);
        } else {
            license.state = State.Refunded;
            _creditBuyer(licenseId, license);
        }
    }

    // ---------------------------------------------------- use, renew, revoke

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
    function present(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        if (!_isActive(licenseId, license)) revert AccessLicense_NotActive(licenseId);
        _present(licenseId, license, license.datasetId, license.licensee, license.flags & RIGHT);
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
        if (uses != 0) license.usesLeft += uses;
        (license.visaCount, license.visasExpire) = _showVisas(licenseId, msg.sender, offer, visas);
        emit LicenseRenewed(licenseId, _endOf(license), license.usesLeft, offer.price);
        _present(licenseId, license, datasetId, msg.sender, license.flags & RIGHT);
        _creditOwner(datasetId, _currencyOf(offer), offer.price);
        _take(msg.sender, _currencyOf(offer), offer.price, payment);
    }

    /// @inheritdoc IAccessLicense
    function revoke(uint256 licenseId, bytes32 reason) external payable {
        StoredLicense storage license = _licenses[licenseId];
        (State state, uint8 flags, uint32 datasetId) = (license.state, license.flags, license.datasetId);
        if (state == State.None) revert AccessLicense_UnknownLicense(licenseId);
        _checkDatasetOwner(datasetId);
        if (state != State.Delivered && state != State.Settled && state != State.Disputed) {
            revert AccessLicense_WrongState(licenseId, state);
        }
        license.state = State.Revoked;
        emit LicenseRevoked(licenseId, reason);
        if (state == State.Settled && flags & PRO_RATA != 0) {
            _payBack(licenseId, license);
        } else {
            if (msg.value != 0) revert AccessLicense_WrongPrice(msg.value, 0);
            if (state != State.Settled) _creditBuyer(licenseId, license);
        }
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IAccessLicense
    function licenseCount() external view returns (uint256) {
        return _nextLicenseId - 1;
    }

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

    /// @inheritdoc IAccessLicense
    function refundDue(uint256 licenseId) external view returns (uint256) {
        StoredLicense storage license = _license(licenseId);
        if (license.state != State.Settled || license.flags & PRO_RATA == 0) return 0;
        return _unusedShare(license, _offer(license.offerId));
    }

    /// @inheritdoc IAccessLicense
    function licenseOf(uint256 licenseId) external view returns (License memory) {
        StoredLicense storage license = _license(licenseId);
        StoredOffer storage offer = _offer(license.offerId);
        return License({
            offerId: license.offerId,
            datasetId: license.datasetId,
            licensee: license.licensee,
            version: license.version,
            state: license.state,
            right: Right(license.flags & RIGHT),
            usesLeft: license.usesLeft,
            price: offer.price,
            currency: _currencyOf(offer),
            deadline: _deadlineOf(license),
            expiresAt: _endOf(license),
            purpose: license.purpose,
            proRata: license.flags & PRO_RATA != 0
        });
    }

    /// @inheritdoc IAccessLicense
    function isActive(uint256 licenseId) external view returns (bool) {
        return _isActive(licenseId, _licenses[licenseId]);
    }

    /// @inheritdoc IAccessLicense
    function expiresAt(uint256 licenseId) external view returns (uint256) {
        return _endOf(_license(licenseId));
    }

    /// @inheritdoc IAccessLicense
    function hasAccess(uint256 datasetId, address account, Right right) external view returns (bool) {
        uint256 licenseId = _presented[account][_datasetAndRight(datasetId, uint8(right))];
        return _isActive(licenseId, _licenses[licenseId]);
    }

    /// @notice The card of the licensed version, on IPFS.
    function tokenURI(uint256 licenseId) public view override returns (string memory) {
        StoredLicense storage license = _license(licenseId);
        return Cid.uri(DATASETS.versionOf(license.datasetId, license.version).card);
    }

    /// @dev The holder is the licensee: no second slot for it.
    function _ownerOf(uint256 licenseId) internal view override returns (address) {
        return _licenses[licenseId].licensee;
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

    function _settle(uint256 licenseId, StoredLicense storage license) private {
        license.state = State.Settled;
        StoredOffer storage offer = _offer(license.offerId);
        emit LicenseSettled(licenseId, offer.price);
        _creditOwner(license.datasetId, _currencyOf(offer), offer.price);
    }

    /// @dev The dataset's present owner is credited; its first publisher too, if they differ.
    function _creditOwner(uint256 datasetId, address currency, uint256 amount) private {
        if (amount == 0) return;
        address owner = _ownerOfDataset(datasetId);
        (address publisher, uint256 royalty) = IERC2981(address(DATASETS)).royaltyInfo(datasetId, amount);
        if (publisher != owner && royalty != 0) {
            _credit(publisher, currency, royalty);
            amount -= royalty;
        }
        _credit(owner, currency, amount);
    }

    function _creditBuyer(uint256 licenseId, StoredLicense storage license) private {
        StoredOffer storage offer = _offer(license.offerId);
        uint256 price = offer.price;
        emit LicenseRefunded(licenseId, price);
        if (price != 0) _credit(license.licensee, _currencyOf(offer), price);
    }

    /// @dev The caller owns the dataset. What is due falls from second to second, so more ETH than that is no mistake.
    // slither-disable-next-line msg-value-in-nonpayable // called by `revoke`, which is payable
    function _payBack(uint256 licenseId, StoredLicense storage license) private {
        StoredOffer storage offer = _offer(license.offerId);
        address currency = _currencyOf(offer);
        uint256 due = _unusedShare(license, offer);
        if (due != 0) {
            emit LicenseRefunded(licenseId, due);
            _credit(license.licensee, currency, due);
        }
        if (currency == ETH) {
            if (msg.value < due) revert AccessLicense_WrongPrice(msg.value, due);
            if (msg.value > due) _credit(msg.sender, ETH, msg.value - due);
        } else {
            // slither-disable-next-line uninitialized-local // all zero: a plain transfer
            Payment memory direct;
            _take(msg.sender, currency, due, direct);
        }
    }

    /// @dev Rounded up: against the owner, who calls. A renewed licence has more than one price's worth left.
    function _unusedShare(StoredLicense storage license, StoredOffer storage offer) private view returns (uint256) {
        (uint256 price, uint256 duration, uint256 uses) = (offer.price, offer.duration, offer.uses);
        uint256 share = type(uint256).max;
        if (duration != 0) {
            uint256 end = _endOf(license);
            uint256 timeLeft = end > block.timestamp ? end - block.timestamp : 0;
            share = Math.ceilDiv(price * timeLeft, duration);
        }
        if (uses != 0) share = Math.min(share, Math.ceilDiv(price * license.usesLeft, uses));
        return share;
    }

    /// @dev Keeps an active licence in place unless the new one lasts longer.
    function _present(
        uint256 licenseId,
        StoredLicense storage license,
        uint256 datasetId,
        address licensee,
        uint8 right
    ) private {
        uint256 key = _datasetAndRight(datasetId, right);
        uint256 current = _presented[licensee][key];
        if (current == licenseId) return;
        if (current != 0) {
            StoredLicense storage other = _licenses[current];
            bool better = license.usesLeft >= other.usesLeft && _endOf(license) >= _endOf(other);
            if (!better && _isActive(current, other)) return;
        }
        _presented[licensee][key] = licenseId;
    }

    /// @dev One key for two, which saves a hash. No id of a dataset reaches the bits that are lost.
    function _datasetAndRight(uint256 datasetId, uint8 right) private pure returns (uint256) {
        return datasetId << 2 | right;
    }

    /// @dev Access is not for consent's sake alone: an institution may keep what it downloaded, but training stops.
    function _isActive(uint256 licenseId, StoredLicense storage license) private view returns (bool) {
        (State state, uint8 flags) = (license.state, license.flags);
        if (state != State.Delivered && state != State.Settled) return false;
        if (license.usesLeft == 0 || block.timestamp >= _endOf(license)) return false;
        if (flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) return false;
        return !_isTrainingStopped(license);
    }

    function _isTrainingStopped(StoredLicense storage license) private view returns (bool) {
        return Right(license.flags & RIGHT) == Right.Train && DATASETS.isWithdrawn(license.datasetId, license.version);
    }

    function _areVisasLapsed(uint256 licenseId, StoredLicense storage license) private view returns (bool) {
        return block.timestamp >= license.visasExpire || _isAnyRevoked(licenseId, license.visaCount);
    }

    function _cannotBeDelivered(uint256 licenseId, StoredLicense storage license) private view returns (bool) {
        if (license.flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) return true;
        return DATASETS.isWithdrawn(license.datasetId, license.version);
    }

    /// @dev 0 where there never was access, or all of it was undone.
    function _endOf(StoredLicense storage license) private view returns (uint40 end) {
        State state = license.state;
        if (_awaitsDelivery(state) || state == State.Refunded || state == State.Rejected) return 0;
        uint40 duration = license.duration;
        end = duration == 0 ? FOREVER : uint40(license.since) + duration;
        if (license.flags & HAS_VISAS != 0 && license.visasExpire < end) end = license.visasExpire;
    }

    function _deadlineOf(StoredLicense storage license) private view returns (uint40) {
        State state = license.state;
        if (_awaitsDelivery(state)) return license.since;
        if (state == State.Delivered) return license.since + license.disputeWindow;
        return state == State.Disputed ? license.arbitrationEnds : 0;
    }

    function _awaitsDelivery(State state) private pure returns (bool) {
        return state == State.InReview || state == State.Purchased;
    }

    function _license(uint256 licenseId) private view returns (StoredLicense storage license) {
        license = _licenses[licenseId];
        if (license.state == State.None) revert AccessLicense_UnknownLicense(licenseId);
    }

    function _checkLicensee(uint256 licenseId, StoredLicense storage license) private view {
        if (license.licensee != msg.sender) revert AccessLicense_NotLicensee(licenseId, msg.sender);
    }

    function _checkState(uint256 licenseId, StoredLicense storage license, State required) private view {
        if (license.state != required) revert AccessLicense_WrongState(licenseId, license.state);
    }

    function _checkNotLate(uint256 licenseId, uint32 deadline) private view {
        if (block.timestamp > deadline) revert AccessLicense_TooLate(licenseId, deadline);
    }

    function _checkLate(uint256 licenseId, uint32 deadline) private view {
        if (block.timestamp <= deadline) revert AccessLicense_TooEarly(licenseId, deadline);
    }
}
