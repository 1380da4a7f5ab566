// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IAccessLicense} from "./interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "./interfaces/IDatasetNFT.sol";
import {IERC5192} from "./interfaces/IERC5192.sol";
import {IKeyRegistry} from "./interfaces/IKeyRegistry.sol";
import {Cid} from "./libraries/Cid.sol";
import {DuoPolicy} from "./libraries/DuoPolicy.sol";

/// @title Access licence
/// @dev The balance of this contract is the escrow of the licences in review, purchased, delivered or disputed, plus what is
/// owed. Money leaves through `collect` alone. Calls go to the two immutable contracts only, except for the payment, which
/// comes last.
contract AccessLicense is ERC721, IERC5192, IAccessLicense {
    struct StoredOffer {
        // slot 0
        uint128 price;
        uint32 duration;
        uint32 uses;
        uint32 deliveryWindow;
        uint32 disputeWindow;
        // slot 1
        address arbiter;
        uint40 datasetId;
        uint32 tenure; // of the dataset when it was made
        Right right;
        bool open;
    }

    /// @dev What a delivery needs is together in slot 1, and `envelope` is its only new slot.
    struct StoredLicense {
        // slot 0
        address licensee;
        uint40 offerId;
        uint48 purpose; // DuoPolicy refuses any bit above 35
        Right right;
        // slot 1
        State state;
        bool presented; // at purchase, in `_presented`
        uint24 disputeWindow;
        uint32 version;
        uint32 usesLeft;
        uint32 duration;
        uint40 datasetId;
        uint40 deadline;
        uint40 expiresAt;
        // slot 2
        bytes32 envelope;
    }

    uint32 public constant MAX_DELIVERY_WINDOW = 365 days;
    uint32 public constant MAX_DISPUTE_WINDOW = 90 days;

    /// @notice How long an arbiter has before anyone may send the money back to the buyer.
    uint40 public constant ARBITRATION = 30 days;

    uint32 private constant UNCOUNTED = type(uint32).max;
    uint40 private constant FOREVER = type(uint40).max;

    IDatasetNFT public immutable DATASETS;
    IKeyRegistry public immutable KEYS;

    // slot: both counters
    uint40 private _offerCount;
    uint40 private _licenseCount;

    mapping(uint256 offerId => StoredOffer) private _offers;
    mapping(uint256 licenseId => StoredLicense) private _licenses;
    mapping(uint256 datasetId => mapping(address account => mapping(Right right => uint256 licenseId))) private
        _presented;

    /// @inheritdoc IAccessLicense
    mapping(address account => uint256) public owed;

    constructor(IDatasetNFT datasets, IKeyRegistry keys) ERC721("BioDeSci Access Licence", "BDSL") {
        DATASETS = datasets;
        KEYS = keys;
    }

    // ---------------------------------------------------------------- offers

    /// @inheritdoc IAccessLicense
    function createOffer(Offer calldata offer) external returns (uint256 offerId) {
        _checkDatasetOwner(offer.datasetId);
        return _createOffer(msg.sender, offer, DATASETS.tenureOf(offer.datasetId));
    }

    /// @inheritdoc IAccessLicense
    function createOfferFor(address owner, Offer calldata offer) external returns (uint256 offerId) {
        if (msg.sender != address(DATASETS)) revert AccessLicense_NotDatasetContract(msg.sender);
        return _createOffer(owner, offer, 0);
    }

    /// @inheritdoc IAccessLicense
    function closeOffer(uint256 offerId) external {
        StoredOffer storage offer = _offer(offerId);
        _checkDatasetOwner(offer.datasetId);
        if (!offer.open) revert AccessLicense_OfferClosed(offerId);
        offer.open = false;
        emit OfferClosed(offerId);
    }

    // ------------------------------------------------------ purchase, review

    /// @inheritdoc IAccessLicense
    function purchase(uint256 offerId, uint64 purpose) external payable returns (uint256 licenseId) {
        StoredOffer memory offer = _offer(offerId);
        (uint32 version, bool needsReview) = _checkSale(offerId, offer, purpose);

        licenseId = ++_licenseCount;
        bool presented = _presented[offer.datasetId][msg.sender][offer.right] == 0;
        if (presented) _presented[offer.datasetId][msg.sender][offer.right] = licenseId;
        _licenses[licenseId] = StoredLicense({
            licensee: msg.sender,
            offerId: uint40(offerId),
            purpose: uint48(purpose),
            right: offer.right,
            state: needsReview ? State.InReview : State.Purchased,
            presented: presented,
            disputeWindow: uint24(offer.disputeWindow),
            version: version,
            usesLeft: offer.uses == 0 ? UNCOUNTED : offer.uses,
            duration: offer.duration,
            datasetId: offer.datasetId,
            deadline: uint40(block.timestamp) + offer.deliveryWindow,
            expiresAt: 0,
            envelope: 0
        });
        _increaseBalance(msg.sender, 1);
        emit Transfer(address(0), msg.sender, licenseId);
        emit Locked(licenseId);
        emit LicensePurchased(licenseId, offer.datasetId, msg.sender, offerId, version, purpose, needsReview);
    }

    /// @inheritdoc IAccessLicense
    function approve(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkDatasetOwner(license.datasetId);
        _checkState(licenseId, license, State.InReview);
        _checkNotLate(licenseId, license);
        license.state = State.Purchased;
        license.deadline = uint40(block.timestamp) + _offers[license.offerId].deliveryWindow;
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
        (State state, uint40 datasetId, uint32 version, uint40 deadline, uint32 duration) =
            (license.state, license.datasetId, license.version, license.deadline, license.duration);
        (uint40 window, bool presented) = (license.disputeWindow, license.presented);
        if (state != State.Purchased) revert AccessLicense_WrongState(licenseId, state);
        if (block.timestamp > deadline) revert AccessLicense_TooLate(licenseId, deadline);
        if (envelope == 0) revert AccessLicense_EmptyField("envelope");
        _checkRelease(datasetId, version);

        deadline = uint40(block.timestamp) + window;
        uint40 end = duration == 0 ? FOREVER : uint40(block.timestamp) + duration;
        license.state = State.Delivered;
        license.deadline = deadline;
        license.expiresAt = end;
        license.envelope = envelope;
        emit KeyDelivered(licenseId, envelope, end);
        if (!presented) _present(licenseId, license);
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
        if (block.timestamp <= license.deadline) revert AccessLicense_TooEarly(licenseId, license.deadline);
        _settle(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function refund(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        State state = license.state;
        bool awaitsDelivery = _awaitsDelivery(state);
        if (!awaitsDelivery && state != State.Disputed) revert AccessLicense_WrongState(licenseId, state);
        if (block.timestamp <= license.deadline) {
            bool gone = awaitsDelivery && DATASETS.isWithdrawn(license.datasetId, license.version);
            if (!gone) revert AccessLicense_TooEarly(licenseId, license.deadline);
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
        _checkNotLate(licenseId, license);
        emit LicenseDisputed(licenseId, reason);
        if (_offers[license.offerId].arbiter == address(0)) {
            license.state = State.Refunded;
            _creditBuyer(licenseId, license);
        } else {
            license.state = State.Disputed;
            license.deadline = uint40(block.timestamp) + ARBITRATION;
        }
    }

    /// @inheritdoc IAccessLicense
    function resolve(uint256 licenseId, bool payOwner) external {
        StoredLicense storage license = _license(licenseId);
        if (msg.sender != _offers[license.offerId].arbiter) revert AccessLicense_NotArbiter(licenseId, msg.sender);
        _checkState(licenseId, license, State.Disputed);
        emit DisputeResolved(licenseId, payOwner);
        if (payOwner) {
            _settle(licenseId, license);
        } else {
            license.state = State.Refunded;
            _creditBuyer(licenseId, license);
        }
    }

    // ----------------------------------------------------------- use, revoke

    /// @inheritdoc IAccessLicense
    function revoke(uint256 licenseId, bytes32 reason) external {
        StoredLicense storage license = _license(licenseId);
        _checkDatasetOwner(license.datasetId);
        State state = license.state;
        if (state != State.Delivered && state != State.Settled && state != State.Disputed) {
            revert AccessLicense_WrongState(licenseId, state);
        }
        license.state = State.Revoked;
        emit LicenseRevoked(licenseId, reason);
        if (state != State.Settled) _creditBuyer(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function consume(uint256 licenseId) external returns (uint32 usesLeft) {
        StoredLicense storage license = _license(licenseId);
        if (msg.sender != license.licensee) {
            (bool entitled,) = DATASETS.releaseOf(license.datasetId, license.version, msg.sender);
            if (!entitled) revert AccessLicense_NotLicensee(licenseId, msg.sender);
        }
        if (!_isActive(license)) revert AccessLicense_NotActive(licenseId);
        usesLeft = license.usesLeft;
        if (usesLeft != UNCOUNTED) license.usesLeft = --usesLeft;
        emit LicenseConsumed(licenseId, usesLeft);
    }

    /// @inheritdoc IAccessLicense
    function present(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        if (!_isActive(license)) revert AccessLicense_NotActive(licenseId);
        _present(licenseId, license);
    }

    // ---------------------------------------------------------------- money

    /// @inheritdoc IAccessLicense
    function collect(address account) external returns (uint256 amount) {
        amount = owed[account];
        if (amount == 0) revert AccessLicense_NothingOwed(account);
        owed[account] = 0;
        emit Collected(account, amount);
        (bool ok,) = account.call{value: amount}("");
        if (!ok) revert AccessLicense_TransferFailed(account, amount);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IAccessLicense
    function offerCount() external view returns (uint256) {
        return _offerCount;
    }

    /// @inheritdoc IAccessLicense
    function licenseCount() external view returns (uint256) {
        return _licenseCount;
    }

    /// @inheritdoc IAccessLicense
    function offerOf(uint256 offerId) external view returns (Offer memory offer, bool open) {
        StoredOffer memory s = _offer(offerId);
        offer = Offer({
            datasetId: s.datasetId,
            price: s.price,
            duration: s.duration,
            uses: s.uses,
            deliveryWindow: s.deliveryWindow,
            disputeWindow: s.disputeWindow,
            right: s.right,
            arbiter: s.arbiter
        });
        open = s.open && s.tenure == DATASETS.tenureOf(s.datasetId);
    }

    /// @inheritdoc IAccessLicense
    function assess(uint256 offerId, uint64 purpose) external view returns (DuoPolicy.Decision) {
        (, uint64 terms,,) = DATASETS.saleOf(_offer(offerId).datasetId);
        return DuoPolicy.decide(terms, purpose);
    }

    /// @inheritdoc IAccessLicense
    function licenseOf(uint256 licenseId) external view returns (License memory) {
        StoredLicense memory s = _license(licenseId);
        return License({
            offerId: s.offerId,
            datasetId: s.datasetId,
            licensee: s.licensee,
            version: s.version,
            state: s.state,
            right: s.right,
            usesLeft: s.usesLeft,
            price: _offers[s.offerId].price,
            deadline: s.deadline,
            expiresAt: s.expiresAt,
            purpose: s.purpose,
            envelope: s.envelope
        });
    }

    /// @inheritdoc IAccessLicense
    function isActive(uint256 licenseId) external view returns (bool) {
        return _isActive(_licenses[licenseId]);
    }

    /// @inheritdoc IAccessLicense
    function expiresAt(uint256 licenseId) external view returns (uint256) {
        return _license(licenseId).expiresAt;
    }

    /// @inheritdoc IAccessLicense
    function hasAccess(uint256 datasetId, address account, Right right) external view returns (bool) {
        return _isActive(_licenses[_presented[datasetId][account][right]]);
    }

    /// @inheritdoc IERC5192
    function locked(uint256 licenseId) external view returns (bool) {
        _requireOwned(licenseId);
        return true;
    }

    /// @notice The card of the licensed version, on IPFS.
    function tokenURI(uint256 licenseId) public view override returns (string memory) {
        StoredLicense storage license = _license(licenseId);
        return Cid.uri(DATASETS.versionOf(license.datasetId, license.version).card);
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == 0xb45a3c0e // ERC-5192
            || super.supportsInterface(interfaceId);
    }

    // ------------------------------------------------------------- soulbound
    // Not `pure`, though they could be: ERC-721 has them as transactions, and so must the ABI.

    function approve(address, uint256 licenseId) public override {
        revert AccessLicense_Soulbound(licenseId);
    }

    function setApprovalForAll(address, bool) public override {
        revert AccessLicense_Soulbound(0);
    }

    function transferFrom(address, address, uint256 licenseId) public override {
        revert AccessLicense_Soulbound(licenseId);
    }

    /// @dev The holder is the licensee: no second slot for it.
    function _ownerOf(uint256 licenseId) internal view override returns (address) {
        return _licenses[licenseId].licensee;
    }

    // --------------------------------------------------------------- private

    function _createOffer(address owner, Offer calldata offer, uint32 tenure) private returns (uint256 offerId) {
        if (offer.right == Right.None) revert AccessLicense_BadOffer("right");
        if (offer.deliveryWindow == 0 || offer.deliveryWindow > MAX_DELIVERY_WINDOW) {
            revert AccessLicense_BadOffer("deliveryWindow");
        }
        if (offer.disputeWindow == 0 || offer.disputeWindow > MAX_DISPUTE_WINDOW) {
            revert AccessLicense_BadOffer("disputeWindow");
        }
        if (offer.arbiter == owner) revert AccessLicense_BadOffer("arbiter");
        offerId = ++_offerCount;
        _offers[offerId] = StoredOffer({
            price: offer.price,
            duration: offer.duration,
            uses: offer.uses,
            deliveryWindow: offer.deliveryWindow,
            disputeWindow: offer.disputeWindow,
            arbiter: offer.arbiter,
            datasetId: uint40(offer.datasetId),
            tenure: tenure,
            right: offer.right,
            open: true
        });
        emit OfferCreated(offerId, offer.datasetId, offer);
    }

    function _checkSale(uint256 offerId, StoredOffer memory offer, uint64 purpose)
        private
        view
        returns (uint32 version, bool needsReview)
    {
        uint64 terms;
        bool withdrawn;
        uint32 tenure;
        (version, terms, withdrawn, tenure) = DATASETS.saleOf(offer.datasetId);
        if (!offer.open || offer.tenure != tenure) revert AccessLicense_OfferClosed(offerId);
        if (msg.value != offer.price) revert AccessLicense_WrongPrice(msg.value, offer.price);
        if (withdrawn) revert AccessLicense_Withdrawn(offer.datasetId, version);
        if (!KEYS.hasKey(msg.sender)) revert AccessLicense_NoKey(msg.sender);
        DuoPolicy.Decision decision = DuoPolicy.decide(terms, purpose);
        if (decision == DuoPolicy.Decision.Deny) revert AccessLicense_Denied(terms, purpose);
        needsReview = decision == DuoPolicy.Decision.Review;
    }

    function _checkRelease(uint256 datasetId, uint32 version) private view {
        (bool entitled, bool withdrawn) = DATASETS.releaseOf(datasetId, version, msg.sender);
        if (!entitled) revert AccessLicense_NotCustodian(datasetId, msg.sender);
        if (withdrawn) revert AccessLicense_Withdrawn(datasetId, version);
    }

    /// @dev The dataset's present owner is credited; its first publisher too, if they differ.
    function _settle(uint256 licenseId, StoredLicense storage license) private {
        license.state = State.Settled;
        uint256 price = _offers[license.offerId].price;
        emit LicenseSettled(licenseId, price);
        if (price == 0) return;
        uint256 datasetId = license.datasetId;
        address owner = IERC721(address(DATASETS)).ownerOf(datasetId);
        (address publisher, uint256 royalty) = IERC2981(address(DATASETS)).royaltyInfo(datasetId, price);
        if (publisher != owner && royalty != 0) {
            owed[publisher] += royalty;
            price -= royalty;
        }
        owed[owner] += price;
    }

    function _creditBuyer(uint256 licenseId, StoredLicense storage license) private {
        uint256 price = _offers[license.offerId].price;
        emit LicenseRefunded(licenseId, price);
        if (price != 0) owed[license.licensee] += price;
    }

    /// @dev Keeps an active licence in place unless the new one lasts longer.
    function _present(uint256 licenseId, StoredLicense storage license) private {
        uint256 current = _presented[license.datasetId][license.licensee][license.right];
        if (current == licenseId) return;
        StoredLicense storage other = _licenses[current];
        bool better = license.usesLeft >= other.usesLeft && license.expiresAt >= other.expiresAt;
        if (better || !_isActive(other)) _presented[license.datasetId][license.licensee][license.right] = licenseId;
    }

    /// @dev Access is not for consent's sake alone: an institution may keep what it downloaded, but training stops.
    function _isActive(StoredLicense storage license) private view returns (bool) {
        State state = license.state;
        if (state != State.Delivered && state != State.Settled) return false;
        if (license.usesLeft == 0 || block.timestamp >= license.expiresAt) return false;
        return license.right != Right.Train || !DATASETS.isWithdrawn(license.datasetId, license.version);
    }

    function _awaitsDelivery(State state) private pure returns (bool) {
        return state == State.InReview || state == State.Purchased;
    }

    function _offer(uint256 offerId) private view returns (StoredOffer storage offer) {
        offer = _offers[offerId];
        if (offer.datasetId == 0) revert AccessLicense_UnknownOffer(offerId);
    }

    function _license(uint256 licenseId) private view returns (StoredLicense storage license) {
        license = _licenses[licenseId];
        if (license.state == State.None) revert AccessLicense_UnknownLicense(licenseId);
    }

    function _checkDatasetOwner(uint256 datasetId) private view {
        if (IERC721(address(DATASETS)).ownerOf(datasetId) != msg.sender) {
            revert AccessLicense_NotDatasetOwner(datasetId, msg.sender);
        }
    }

    function _checkLicensee(uint256 licenseId, StoredLicense storage license) private view {
        if (license.licensee != msg.sender) revert AccessLicense_NotLicensee(licenseId, msg.sender);
    }

    function _checkState(uint256 licenseId, StoredLicense storage license, State required) private view {
        if (license.state != required) revert AccessLicense_WrongState(licenseId, license.state);
    }

    function _checkNotLate(uint256 licenseId, StoredLicense storage license) private view {
        if (block.timestamp > license.deadline) revert AccessLicense_TooLate(licenseId, license.deadline);
    }
}
