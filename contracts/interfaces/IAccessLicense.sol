// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {DuoPolicy} from "../libraries/DuoPolicy.sol";
import {IVisaRegistry} from "./IVisaRegistry.sol";

/// @title Access licence
/// @notice A soulbound ERC-721 token (ERC-5192) per licence. The price is in escrow from purchase until the key is delivered
/// and confirmed (or the dispute window ends); without delivery the buyer is refunded.
/// Every state has an exit that somebody can trigger: `refund` (anyone, after a deadline) leaves InReview, Purchased and
/// Disputed, `claim` (anyone, after the dispute window) leaves Delivered. What is owed waits for `collect`.
/// Warning: a currency is as good as its token. A token that takes a fee on transfer is refused; one that can stop
/// transfers can stop them here too. Tokens whose balances change by themselves (rebasing) must not be used.
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
        uint128 price; // in the currency's smallest unit
        address currency; // an ERC-20; zero: ETH
        uint32 duration; // seconds of access, counted from delivery; 0: no end
        uint32 uses; // 0: not counted
        uint32 deliveryWindow; // seconds the custodian has to deliver
        uint32 disputeWindow; // seconds the licensee has to dispute, at most 90 days
        Right right;
        uint8 visas; // the types that a buyer must show, a bit each (IVisaRegistry.VisaType)
        bool proRata; // an owner who revokes a settled licence pays back the part that was not used
        address arbiter; // decides disputes; zero: the buyer's dispute refunds at once
    }

    /// @notice What the buyer declares that the data are for (EIP-712 within an Order).
    struct ResearchPurpose {
        uint64 duo; // DUO purpose bits
        uint32 disease; // number of a MONDO id, 5068 for MONDO:0005068; 0: none named
        bytes32 statement; // salted hash or CID digest of the research plan; 0: none
    }

    /// @notice What proves that the buyer may.
    struct Evidence {
        bytes32[] diseaseProof; // that the purpose's disease is one of those the dataset permits
        IVisaRegistry.SignedVisa[] visas; // one for each type that the offer requires
    }

    enum Method {
        Direct, // 0: ETH with the transaction; of an ERC-20, what was approved before
        Permit, // 1: an ERC-2612 permit for the price
        Authorization // 2: an ERC-3009 authorization to receive the price
    }

    /// @notice How the buyer pays. With `Direct` the other fields are not looked at.
    struct Payment {
        Method method;
        uint8 v;
        bytes32 r;
        bytes32 s;
        uint256 validAfter; // of an authorization
        uint256 deadline; // of a permit; `validBefore` of an authorization
        bytes32 nonce; // of an authorization
    }

    /// @notice A purchase that the buyer signs (EIP-712, or ERC-1271 for a contract) and anyone may submit.
    struct Order {
        address buyer;
        uint256 offerId;
        ResearchPurpose purpose;
        address currency;
        uint256 price;
        bool mayReview; // whether it may wait for the committee's decision
        uint40 visasUntil; // until when at least the visas that are shown are valid; 0 where none are required
        uint256 nonce; // `nonces(buyer)`
        uint256 deadline; // the last second in which it may be submitted
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
        address currency;
        uint40 deadline; // of the delivery (InReview, Purchased), a dispute (Delivered), the arbiter (Disputed); else 0
        uint40 expiresAt; // 0 without delivery; type(uint40).max: no end
        uint64 purpose; // DUO purpose bits declared by the buyer
        bool proRata;
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
    /// @dev Right after the purchase, when a disease or a plan was named.
    event PurposeDeclared(uint256 indexed licenseId, uint32 disease, bytes32 statement);
    /// @dev Right before the purchase or renewal that rests on them: the licence ends when one of `visaIds` is revoked.
    event VisasShown(uint256 indexed licenseId, bytes32[] visaIds, uint40 expire);
    event OrdersCancelled(address indexed buyer, uint256 nonce);
    event LicenseApproved(uint256 indexed licenseId, address by);
    event LicenseRejected(uint256 indexed licenseId, address by, bytes32 reason);
    /// @param envelope CID digest of the sealed key; it is here alone, where it costs a tenth of what state does
    event KeyDelivered(uint256 indexed licenseId, bytes32 envelope);
    event LicenseSettled(uint256 indexed licenseId, uint256 paid);
    event LicenseRefunded(uint256 indexed licenseId, uint256 amount);
    event LicenseDisputed(uint256 indexed licenseId, bytes32 reason);
    event DisputeResolved(uint256 indexed licenseId, bool payOwner);
    event LicenseRevoked(uint256 indexed licenseId, bytes32 reason);
    event LicenseConsumed(uint256 indexed licenseId, uint32 usesLeft);
    event LicenseRenewed(uint256 indexed licenseId, uint40 expiresAt, uint32 usesLeft, uint256 paid);
    event Collected(address indexed account, address indexed currency, uint256 amount, address to);

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
    error AccessLicense_WrongCurrency(address got, address required);
    error AccessLicense_WrongAmountReceived(address currency, uint256 got, uint256 required);
    error AccessLicense_OrderExpired(uint256 deadline);
    error AccessLicense_BadSignature(address buyer);
    error AccessLicense_NeedsReview(uint64 terms, uint64 purpose);
    error AccessLicense_VisasTooShort(uint40 got, uint40 required);
    error AccessLicense_BuyerIsArbiter(address buyer);
    error AccessLicense_BadDiseaseProof(uint32 disease, bytes32 root);
    error AccessLicense_VisasRequired(uint256 offerId, uint8 types);
    error AccessLicense_VisaLapsed(uint256 licenseId);
    error AccessLicense_NoKey(address licensee);
    error AccessLicense_Denied(uint64 terms, uint64 purpose);
    error AccessLicense_Withdrawn(uint256 datasetId, uint32 version);
    error AccessLicense_WrongState(uint256 licenseId, State got);
    error AccessLicense_TooEarly(uint256 licenseId, uint40 until);
    error AccessLicense_TooLate(uint256 licenseId, uint40 since);
    error AccessLicense_NotActive(uint256 licenseId);
    error AccessLicense_NotRenewable(uint256 licenseId);
    error AccessLicense_NothingOwed(address account, address currency);
    error AccessLicense_TransferFailed(address to, uint256 amount);
    error AccessLicense_Soulbound(uint256 licenseId);
    error AccessLicense_EmptyField(string field);

    /// @notice Offers a licence to everybody. It stays open until the dataset's owner closes it; a new owner takes it over.
    function createOffer(Offer calldata offer) external returns (uint256 offerId);

    /// @notice For DatasetNFT alone: the first offer of a dataset, made in the transaction that publishes it.
    function createOfferFor(address owner, Offer calldata offer) external returns (uint256 offerId);

    function closeOffer(uint256 offerId) external;

    /// @notice Buys a licence for the dataset's latest version. The price stays in escrow. Needs a key in KeyRegistry.
    /// The short form: a purpose of DUO bits, an offer without visas, and ETH or an allowance given before.
    function purchase(uint256 offerId, uint64 duo) external payable returns (uint256 licenseId);

    /// @notice As `purchase`, with all that a buyer may declare, prove and sign, in one transaction. The caller is the
    /// buyer, or anyone who holds the order with the buyer's signature: that one pays the gas and, where the price is in
    /// ETH, the price. Licence and refunds are the buyer's.
    /// What a relayer may choose is the evidence, within what the order says of review and visas.
    /// Warning: a buyer who does not want to wait for a relayer calls with the signature, which uses the order up (or
    /// cancels it), or it may be carried out, too.
    /// @param signature empty when the buyer calls; then the order's nonce is not looked at either
    function purchaseFor(
        Order calldata order,
        bytes calldata signature,
        Evidence calldata evidence,
        Payment calldata payment
    ) external payable returns (uint256 licenseId);

    /// @notice The caller's orders that were signed with the present nonce are void.
    function cancelOrders() external;

    /// @notice The EIP-712 hash that a buyer signs.
    function orderHash(Order calldata order) external view returns (bytes32);

    /// @notice The dataset's owner accepts a purchase that needs review; the time for delivery starts anew.
    function approve(uint256 licenseId) external;

    /// @notice The dataset's owner declines a purchase before delivery: the buyer is credited.
    function reject(uint256 licenseId, bytes32 reason) external;

    /// @notice The owner or its custodian delivers the sealed key; access, and its expiry, start now.
    function deliver(uint256 licenseId, bytes32 envelope) external;

    /// @notice The licensee confirms that the key opens the data: the owner is credited.
    function confirm(uint256 licenseId) external;

    /// @notice Anyone, once the dispute window is over: the owner is credited. Not for a training licence whose version was
    /// withdrawn meanwhile.
    function claim(uint256 licenseId) external;

    /// @notice Anyone: the buyer is credited once the delivery deadline has passed without delivery, at once when the
    /// version was withdrawn or a visa lapsed before delivery, or the version was withdrawn from a training licence before
    /// the owner was paid; and when the arbiter of a dispute was silent for 30 days: the owner chose
    /// the arbiter, so its silence must not pay the owner.
    function refund(uint256 licenseId) external;

    /// @notice The licensee, within the dispute window: access stops until the arbiter decides. Without an arbiter the
    /// buyer is credited at once.
    function dispute(uint256 licenseId, bytes32 reason) external;

    /// @notice The offer's arbiter decides a dispute; not if it has become the dataset's owner meanwhile.
    function resolve(uint256 licenseId, bool payOwner) external;

    /// @notice The dataset's owner ends a delivered licence. What is still in escrow goes back to the buyer, whole. Of a
    /// settled licence with `proRata` the owner pays `refundDue` back: in ETH with the transaction (what is too much is
    /// owed to the owner again), or in the currency from an allowance.
    /// Warning: without `proRata` a licence that was settled is not paid back. With it, whoever owns the dataset pays, a
    /// royalty or a predecessor's income included; and the uses are those that owner and custodian counted.
    function revoke(uint256 licenseId, bytes32 reason) external payable;

    /// @notice What an owner who revoked this licence now would pay back: the smaller of the unused shares of time and
    /// of uses, rounded up.
    function refundDue(uint256 licenseId) external view returns (uint256);

    /// @notice The licensee buys the offer once more on a settled licence: another duration from the end of the present
    /// one (or from now, if it is over; an end by a visa is none) and as many uses more. The key is known, so the owner is
    /// credited at once.
    /// @param visas anew, where the offer requires them
    function renew(uint256 licenseId, IVisaRegistry.SignedVisa[] calldata visas, Payment calldata payment)
        external
        payable;

    /// @notice Counts one use. For the licensee, and for the owner or custodian who serves the use.
    function consume(uint256 licenseId) external returns (uint32 usesLeft);

    /// @notice Anyone: makes an active licence the one that `hasAccess` looks at, if that one is not active any more, or
    /// ends earlier and has fewer uses.
    function present(uint256 licenseId) external;

    /// @notice Pays out what is owed to `account` (pull payment); anyone may trigger it.
    /// @param currency an ERC-20; zero: ETH
    function collect(address account, address currency) external returns (uint256 amount);

    /// @notice Pays what is owed to the caller to `to`: for an account that cannot take the currency itself.
    function collectTo(address to, address currency) external returns (uint256 amount);

    function owed(address account, address currency) external view returns (uint256);

    /// @notice How many offers there are; their ids are 1 to this.
    function offerCount() external view returns (uint256);

    /// @notice How many licences there are; their ids are 1 to this.
    function licenseCount() external view returns (uint256);

    /// @notice How `purpose` meets the terms of the latest version: denied, approved or reviewed. Not whether the offer is
    /// open, or the version withdrawn.
    function assess(uint256 offerId, ResearchPurpose calldata purpose, bytes32[] calldata diseaseProof)
        external
        view
        returns (DuoPolicy.Decision);

    /// @notice The value that a ControlledAccessGrants visa for this dataset carries.
    function grantOf(uint256 datasetId) external view returns (bytes32);

    function offerOf(uint256 offerId) external view returns (Offer memory offer, bool open);
    function licenseOf(uint256 licenseId) external view returns (License memory);
    function isActive(uint256 licenseId) external view returns (bool);
    function expiresAt(uint256 licenseId) external view returns (uint256);

    /// @notice Whether the licence that was last presented (by delivery, renewal or `present`) for this account, dataset
    /// and right is active. Entitlement is this state, never a log. Who holds another active one presents it.
    function hasAccess(uint256 datasetId, address account, Right right) external view returns (bool);
}
