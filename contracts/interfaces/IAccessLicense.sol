// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {DuoPolicy} from "../libraries/DuoPolicy.sol";

/// @title Access licence
/// @notice A soulbound ERC-721 token (ERC-5192) per licence. The price is in escrow from purchase until the key is delivered
/// and confirmed (or the dispute window ends); without delivery the buyer is refunded.
interface IAccessLicense {
    enum Right {
        None,
        Download,
        Train,
        Infer
    }

    enum State {
        None, // 0
        InReview, // 1: terms and purpose need the committee's decision
        Purchased, // 2: paid, key not delivered yet
        Delivered, // 3: key delivered, dispute window open
        Settled, // 4: confirmed, or window over: the owner was credited
        Disputed, // 5
        Refunded, // 6
        Rejected, // 7: by the committee, refunded
        Revoked // 8
    }

    struct Offer {
        uint256 datasetId;
        uint128 price; // wei
        uint32 duration; // seconds of access, counted from delivery; 0: no end
        uint32 uses; // 0: not counted
        uint32 deliveryWindow; // seconds the custodian has to deliver
        uint32 disputeWindow; // seconds the licensee has to dispute, at most 90 days
        Right right;
        address arbiter; // decides disputes; zero: the buyer's dispute refunds at once
    }

    struct License {
        uint256 offerId;
        uint256 datasetId;
        address licensee;
        uint32 version; // of the dataset, fixed at purchase
        State state;
        Right right;
        uint32 usesLeft; // type(uint32).max: not counted
        uint128 price;
        uint40 deadline; // of the delivery (InReview, Purchased), the dispute window (Delivered), the arbiter (Disputed)
        uint40 expiresAt; // 0 before delivery; type(uint40).max: no end
        uint64 purpose; // DUO purpose bits declared by the buyer
        bytes32 envelope; // CID digest of the envelope, once delivered
    }

    event OfferCreated(uint256 indexed offerId, uint256 indexed datasetId, Offer offer);
    event OfferClosed(uint256 indexed offerId);
    event LicensePurchased(
        uint256 indexed licenseId,
        uint256 indexed datasetId,
        address indexed licensee,
        uint256 offerId,
        uint32 version,
        uint64 purpose,
        bool needsReview
    );
    event LicenseApproved(uint256 indexed licenseId, address by);
    event LicenseRejected(uint256 indexed licenseId, address by, bytes32 reason);
    event KeyDelivered(uint256 indexed licenseId, bytes32 envelope, uint40 expiresAt);
    event LicenseSettled(uint256 indexed licenseId, uint256 paid);
    event LicenseRefunded(uint256 indexed licenseId, uint256 amount);
    event LicenseDisputed(uint256 indexed licenseId, bytes32 reason);
    event DisputeResolved(uint256 indexed licenseId, bool payOwner);
    event LicenseRevoked(uint256 indexed licenseId, bytes32 reason);
    event LicenseConsumed(uint256 indexed licenseId, uint32 usesLeft);
    event Collected(address indexed account, uint256 amount);

    error AccessLicense_NotDatasetOwner(uint256 datasetId, address got);
    error AccessLicense_NotCustodian(uint256 datasetId, address got);
    error AccessLicense_NotLicensee(uint256 licenseId, address got);
    error AccessLicense_NotArbiter(uint256 licenseId, address got);
    error AccessLicense_NotDatasetContract(address got);
    error AccessLicense_BadOffer(string field);
    error AccessLicense_UnknownOffer(uint256 offerId);
    error AccessLicense_UnknownLicense(uint256 licenseId);
    error AccessLicense_OfferClosed(uint256 offerId);
    error AccessLicense_WrongPrice(uint256 got, uint256 required);
    error AccessLicense_NoKey(address licensee);
    error AccessLicense_Denied(uint64 terms, uint64 purpose);
    error AccessLicense_Withdrawn(uint256 datasetId, uint32 version);
    error AccessLicense_WrongState(uint256 licenseId, State got);
    error AccessLicense_TooEarly(uint256 licenseId, uint40 until);
    error AccessLicense_TooLate(uint256 licenseId, uint40 since);
    error AccessLicense_NotActive(uint256 licenseId);
    error AccessLicense_NothingOwed(address account);
    error AccessLicense_TransferFailed(address to, uint256 amount);
    error AccessLicense_Soulbound(uint256 licenseId);
    error AccessLicense_EmptyField(string field);

    /// @notice Offers a licence to everybody. It stays open until it is closed or the dataset's token changes hands.
    function createOffer(Offer calldata offer) external returns (uint256 offerId);

    /// @notice For DatasetNFT alone: the first offer of a dataset, made in the transaction that publishes it.
    function createOfferFor(address owner, Offer calldata offer) external returns (uint256 offerId);

    function closeOffer(uint256 offerId) external;

    /// @notice Buys a licence for the dataset's latest version. The price stays in escrow. Needs a key in KeyRegistry.
    function purchase(uint256 offerId, uint64 purpose) external payable returns (uint256 licenseId);

    /// @notice The dataset's owner accepts a purchase that needs review; the time for delivery starts anew.
    function approve(uint256 licenseId) external;

    /// @notice The dataset's owner declines a purchase before delivery: the buyer is credited.
    function reject(uint256 licenseId, bytes32 reason) external;

    /// @notice The owner or its custodian delivers the sealed key; access, and its expiry, start now.
    function deliver(uint256 licenseId, bytes32 envelope) external;

    /// @notice The licensee confirms that the key opens the data: the owner is credited.
    function confirm(uint256 licenseId) external;

    /// @notice Anyone, once the dispute window is over: the owner is credited.
    function claim(uint256 licenseId) external;

    /// @notice Anyone: the buyer is credited once the delivery deadline has passed without delivery, at once when the
    /// version was withdrawn before delivery, and when the arbiter of a dispute was silent for 30 days: the owner chose
    /// the arbiter, so its silence must not pay the owner.
    function refund(uint256 licenseId) external;

    /// @notice The licensee, within the dispute window: access stops until the arbiter decides. Without an arbiter the
    /// buyer is credited at once.
    function dispute(uint256 licenseId, bytes32 reason) external;

    function resolve(uint256 licenseId, bool payOwner) external;

    /// @notice The dataset's owner ends a delivered licence. What is still in escrow goes back to the buyer.
    /// Warning: a licence that was settled is not paid back.
    function revoke(uint256 licenseId, bytes32 reason) external;

    /// @notice Counts one use. For the licensee, and for the owner or custodian who serves the use.
    function consume(uint256 licenseId) external returns (uint32 usesLeft);

    /// @notice Anyone: makes an active licence the one that `hasAccess` looks at, if that one is not active any more.
    function present(uint256 licenseId) external;

    /// @notice Pays out what is owed to `account` (pull payment); anyone may trigger it.
    function collect(address account) external returns (uint256 amount);

    function owed(address account) external view returns (uint256);

    /// @notice How many offers there are; their ids are 1 to this.
    function offerCount() external view returns (uint256);

    /// @notice How many licences there are; their ids are 1 to this.
    function licenseCount() external view returns (uint256);

    /// @notice What a purchase with `purpose` would meet now: denied, approved or reviewed.
    function assess(uint256 offerId, uint64 purpose) external view returns (DuoPolicy.Decision);

    function offerOf(uint256 offerId) external view returns (Offer memory offer, bool open);
    function licenseOf(uint256 licenseId) external view returns (License memory);
    function isActive(uint256 licenseId) external view returns (bool);
    function expiresAt(uint256 licenseId) external view returns (uint256);

    /// @notice Whether `account` holds an active licence for `datasetId` with `right`. Entitlement is this state, never a log.
    function hasAccess(uint256 datasetId, address account, Right right) external view returns (bool);
}
