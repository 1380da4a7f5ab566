// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {DuoPolicy} from "../libraries/DuoPolicy.sol";
import {IVisaRegistry} from "./IVisaRegistry.sol";

/// @title Access licence
/// @notice A soulbound ERC-721 token (ERC-5192) per licence, which is burnt when the licence is refunded, rejected or revoked.
/// The price is in escrow from purchase until access is delivered and confirmed, used for the first time, or not disputed
/// in time; without delivery the buyer is refunded. With `proRata` it stays in escrow, and the owner earns it over time.
/// Every state has an exit that somebody can trigger: `refund` (anyone, after a deadline) leaves InReview, Purchased and
/// Disputed, `claim` (anyone, after the dispute window) leaves Delivered. What is owed waits for `collect`.
/// To have more time or more uses is to buy the offer again: terms, committee, escrow and visas then apply by themselves.
/// A licence's number alone says little: after the chain took blocks back it can be another purchase's. What releases a key,
/// accepts a purpose, or decides about somebody else's money names the licensee, too, with what else the caller looked at, and
/// reverts with `AccessLicense_OtherLicense` where that is not so any more.
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
        Purchased, // 2: paid, access not delivered yet
        Delivered, // 3: access delivered, dispute window open
        Settled, // 4: confirmed, used, or window over: the owner was credited, or earns by and by
        Disputed, // 5
        Refunded, // 6: whole, or of a settled licence with `proRata` the part that was not earned
        Rejected, // 7: by the committee, refunded
        Revoked // 8: by the owner
    }

    struct Offer {
        uint256 datasetId;
        uint128 price; // in the currency's smallest unit
        address currency; // an ERC-20; zero: ETH
        uint32 duration; // seconds of access, counted from delivery; 0: no end
        uint32 uses; // 0: not counted
        uint32 deliveryWindow; // seconds the custodian has to deliver
        uint32 disputeWindow; // seconds until anyone may claim, in which the licensee may dispute; at most 90 days
        Right right;
        uint8 visas; // the types that a buyer must show, a bit each (IVisaRegistry.VisaType)
        bool proRata; // the price is earned over the duration; what is not earned at an early end goes to the licensee
        address arbiter; // decides disputes, and has accepted to; zero: there are no disputes
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
        bytes32 offerHash; // of all that the offer says, as in `purchase`
        uint32 version; // of the dataset; void when it is not the latest any more
        ResearchPurpose purpose;
        address currency;
        uint256 price;
        bool mayReview; // whether it may wait for the committee's decision
        uint40 visasUntil; // until when at least the visas that are shown are valid; 0 where none are required
        uint256 nonce; // `nonces(buyer)`
        uint256 deadline; // the last second in which it may be submitted
    }

    event ArbitrationAccepted(address indexed account, bool accepted);
    event OfferCreated(uint256 indexed offerId, uint256 indexed datasetId, address indexed by, Offer offer);
    event OfferClosed(uint256 indexed offerId, uint256 indexed datasetId, address by);
    /// @param purpose DUO purpose bits that the buyer declared; they are here alone
    /// @param by who carried the purchase out: the licensee, or a relayer of its order
    event LicensePurchased(
        uint256 indexed licenseId,
        uint256 indexed datasetId,
        address indexed licensee,
        uint256 offerId,
        uint32 version,
        uint64 purpose,
        bool needsReview,
        address by
    );
    /// @dev Right after the purchase, when a disease or a plan was named.
    event PurposeDeclared(uint256 indexed licenseId, uint32 disease, bytes32 statement);
    /// @dev Right before the purchase that rests on them: the licence ends when one of `visaIds` is revoked.
    event VisasShown(uint256 indexed licenseId, bytes32[] visaIds, uint40 expire);
    event OrdersCancelled(address indexed buyer, uint256 nonce);
    event LicenseApproved(uint256 indexed licenseId, address by);
    event LicenseRejected(uint256 indexed licenseId, address by, bytes32 reason);
    /// @dev By the licensee. `LicenseRefunded` follows.
    event LicenseCancelled(uint256 indexed licenseId, address by);
    /// @param envelope CID digest of the sealed key, which costs a tenth here of what state does; 0: a right without a key
    event LicenseDelivered(uint256 indexed licenseId, address by, bytes32 envelope);
    event KeyRedelivered(uint256 indexed licenseId, address by, bytes32 envelope);
    /// @param amount what the dataset's owner was credited; with `proRata` nothing yet
    /// @param publisher who was credited the royalty; zero: there is none
    event LicenseSettled(
        uint256 indexed licenseId, address by, address owner, uint256 amount, address publisher, uint256 royalty
    );
    /// @dev Of a settled licence with `proRata`: what was earned since it was delivered, or since the last of these.
    event LicenseEarned(
        uint256 indexed licenseId, address by, address owner, uint256 amount, address publisher, uint256 royalty
    );
    event LicenseRefunded(uint256 indexed licenseId, address by, address licensee, uint256 amount);
    event LicenseDisputed(uint256 indexed licenseId, address by, bytes32 reason);
    event DisputeResolved(uint256 indexed licenseId, address by, bool payOwner);
    event LicenseRevoked(uint256 indexed licenseId, address by, bytes32 reason);
    event LicenseConsumed(uint256 indexed licenseId, address by, uint32 usesLeft);
    event Collected(address indexed account, address indexed currency, address by, uint256 amount, address to);

    error AccessLicense_NotDatasetOwner(uint256 datasetId, address got);
    error AccessLicense_NotCustodian(uint256 datasetId, address got);
    error AccessLicense_NotCommittee(uint256 datasetId, address got);
    error AccessLicense_NotLicensee(uint256 licenseId, address got);
    error AccessLicense_NotArbiter(uint256 licenseId, address got);
    error AccessLicense_NotDatasetContract(address got);
    error AccessLicense_NotModelRegistry(address got);
    error AccessLicense_BadOffer(string field);
    error AccessLicense_UnknownOffer(uint256 offerId);
    error AccessLicense_UnknownLicense(uint256 licenseId);
    error AccessLicense_OfferClosed(uint256 offerId);
    error AccessLicense_WrongOffer(uint256 offerId);
    error AccessLicense_OtherLicense(uint256 licenseId);
    error AccessLicense_WrongPrice(uint256 got, uint256 required);
    error AccessLicense_WrongCurrency(address got, address required);
    error AccessLicense_WrongAmountReceived(address currency, uint256 got, uint256 required);
    error AccessLicense_OrderExpired(uint256 deadline);
    error AccessLicense_BadSignature(address buyer);
    error AccessLicense_NeedsReview(uint64 terms, uint64 purpose);
    error AccessLicense_VisasTooShort(uint40 got, uint40 required);
    error AccessLicense_BuyerIsArbiter(address buyer);
    error AccessLicense_ArbiterHasNotAccepted(address arbiter);
    error AccessLicense_ArbiterTakesPart(uint256 datasetId, address arbiter);
    error AccessLicense_NoArbiter(uint256 licenseId);
    error AccessLicense_BadDiseaseProof(uint32 disease, bytes32 root);
    error AccessLicense_VisasRequired(uint256 offerId, uint8 types);
    error AccessLicense_VisaLapsed(uint256 licenseId);
    error AccessLicense_NoKey(address licensee);
    error AccessLicense_Denied(uint64 terms, uint64 purpose);
    error AccessLicense_WrongVersion(uint32 got, uint32 latest);
    error AccessLicense_Withdrawn(uint256 datasetId, uint32 version);
    error AccessLicense_WrongState(uint256 licenseId, State got);
    error AccessLicense_TooEarly(uint256 licenseId, uint40 until);
    error AccessLicense_TooLate(uint256 licenseId, uint40 since);
    error AccessLicense_NotActive(uint256 licenseId);
    error AccessLicense_DoesNotFit(uint256 licenseId, uint256 datasetId, address licensee, Right right);
    error AccessLicense_NoKeyWithRight(uint256 licenseId, Right right);
    error AccessLicense_TakenAway(uint256 licenseId);
    error AccessLicense_NotProRata(uint256 licenseId);
    error AccessLicense_NothingEarned(uint256 licenseId);
    error AccessLicense_NothingOwed(address account, address currency);
    error AccessLicense_TransferFailed(address to, uint256 amount);
    error AccessLicense_Soulbound(uint256 licenseId);
    error AccessLicense_EmptyField(string field);

    /// @notice The caller says whether it decides disputes for offers that name it. Without that no offer can, and none
    /// that does is sold; what was sold before can still be decided by it.
    function acceptArbitration(bool accepted) external;

    function isArbiter(address account) external view returns (bool);

    /// @notice Offers a licence to everybody. It stays open until the dataset's owner closes it; a new owner takes it over.
    /// An arbiter has accepted, and neither owns the dataset nor holds a role for it; that holds at each purchase and when
    /// it decides, too. The currency is ETH, or a token with `decimals` that is no ERC-721.
    /// Warning: an arbiter is named by the owner, and that it is another account of the owner's cannot be seen here. Who
    /// buys accepts it: look at who it is. Without an arbiter (zero) nothing can be disputed: what is delivered is paid.
    /// Warning: `proRata` is for access that ends. A downloaded copy stays, however early its licence ends.
    function createOffer(Offer calldata offer) external returns (uint256 offerId);

    /// @notice For DatasetNFT alone: the first offer of a dataset, made in the transaction that publishes it.
    function createOfferFor(address owner, Offer calldata offer) external returns (uint256 offerId);

    function closeOffer(uint256 offerId) external;

    /// @notice Buys a licence for this version of the dataset, if it is the latest. The price stays in escrow. Needs a key
    /// in KeyRegistry. The short form: a purpose of DUO bits, an offer without visas, and ETH or an allowance given before.
    /// @param offerHash of all that the offer says, as the buyer has read it. The number alone binds nothing: after the chain
    /// took blocks back it can be another dataset's, at another price, and an allowance given before would pay that.
    /// keccak256(abi.encodePacked(uint32 disputeWindow, uint32 deliveryWindow, uint32 uses, uint32 duration, uint128 price,
    /// uint24(0), uint8 visas, bool proRata, bool(currency != 0), true, uint8 right, uint32 datasetId, address arbiter,
    /// uint256(currency)))
    /// @param mayReview whether it may wait for the committee's decision; else a purpose that needs one is refused
    function purchase(uint256 offerId, bytes32 offerHash, uint32 version, uint64 duo, bool mayReview)
        external
        payable
        returns (uint256 licenseId);

    /// @notice As `purchase`, with all that a buyer may declare, prove and sign, in one transaction. The caller is the
    /// buyer, or anyone who holds the order with the buyer's signature: that one pays the gas and, where the price is in
    /// ETH, the price. Licence and refunds are the buyer's. Whoever calls, the order's nonce is used up.
    /// What a relayer may choose is the evidence, within what the order says of review and visas.
    /// @param signature empty when the buyer calls; from others it may be empty too, if the buyer is a contract that
    /// accepts that (ERC-1271)
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

    /// @notice The dataset's owner, or its committee, accepts a purchase that needs review; the time for delivery starts
    /// anew.
    /// @param licensee of the licence that was looked at
    /// @param deadline of its review, which names this one among the licensee's (LicenseLens tells it)
    function approve(uint256 licenseId, address licensee, uint40 deadline) external;

    /// @notice The dataset's owner, or its committee, declines a purchase before delivery: the buyer is credited.
    function reject(uint256 licenseId, bytes32 reason) external;

    /// @notice The licensee no longer waits for the committee: it is credited, at any time in review.
    function cancel(uint256 licenseId) external;

    /// @notice The owner or a custodian delivers: access, and its expiry, start now. A download needs the sealed key;
    /// training and inference are served by the owner's own node, without one.
    /// @dev The dispatcher compares selectors in their order. This one, 0x045ab53a, comes second; as the 46th it cost a
    /// custodian 1,000 gas more on each delivery. Numbers of licences come from a counter: 48 bits hold them.
    /// @param envelope CID digest of the sealed key; 0 for a right without a key
    /// @param commitments to the data that it opens (IDatasetNFT.Version): their number can become other data's, too
    /// @param licensee to whom it is sealed
    function deliver(uint48 licenseId, bytes32 envelope, bytes32 commitments, address licensee) external;

    /// @notice The owner or a custodian delivers the key of an active download licence once more, because the envelope was
    /// lost. Nothing else changes. Not while there is a dispute, nor after a withdrawal.
    /// @dev Its arguments are those of `deliver`.
    function redeliver(uint256 licenseId, bytes32 envelope, bytes32 commitments, address licensee) external;

    /// @notice The licensee confirms that it has what it paid for: the owner is credited.
    function confirm(uint256 licenseId) external;

    /// @notice Anyone, once the dispute window is over: the owner is credited. Not for a licence without a key of which
    /// nothing was used before its visa was revoked, or training was stopped by a withdrawal.
    function claim(uint256 licenseId) external;

    /// @notice Anyone: the dataset's present owner is credited what time has earned of a settled licence with `proRata`,
    /// until now or until it ended. Of no other licence.
    function claimEarned(uint256 licenseId) external;

    /// @notice What a settled licence with `proRata` would give to whom if it ended now, besides what was credited before.
    /// @return toOwner what was earned and not claimed yet, the royalty included
    /// @return toLicensee what is not earned
    function sharesOf(uint256 licenseId) external view returns (uint256 toOwner, uint256 toLicensee);

    /// @notice Anyone. The buyer is credited the price: once the delivery deadline has passed without delivery, or at once
    /// when the version was withdrawn or a visa lapsed before it; when what has no key was taken away before it was used
    /// (see `claim`); and when the arbiter of a dispute was silent for 30 days, because the owner chose the arbiter.
    /// A settled licence with `proRata` that a visa, or for training a withdrawal, ended before its time is shared out:
    /// what was earned until then to the owner, the rest to the licensee.
    function refund(uint256 licenseId) external;

    /// @notice The licensee, within the dispute window, before it said that access works, and if the offer has an arbiter:
    /// access stops until the arbiter decides. Also where its visas ended: who delivers chooses when.
    function dispute(uint256 licenseId, bytes32 reason) external;

    /// @notice The offer's arbiter decides a dispute, within 30 days; not if it has come to own the dataset, or to hold a
    /// role for it, meanwhile.
    /// @param licensee of the licence that was looked at
    /// @param deadline of its dispute, which names this one among the licensee's (LicenseLens tells it)
    function resolve(uint256 licenseId, bool payOwner, address licensee, uint40 deadline) external;

    /// @notice The dataset's owner ends a delivered licence. What was delivered and not settled is refunded whole; of a
    /// settled licence with `proRata` the owner is credited what was earned, and the licensee the rest.
    /// Warning: without `proRata` a licence that was settled is not paid back.
    function revoke(uint256 licenseId, bytes32 reason, address licensee) external;

    /// @notice The licensee counts one use. Its own use says that access works: a delivered licence is settled.
    function consume(uint256 licenseId) external returns (uint32 usesLeft);

    /// @notice For ModelRegistry alone: counts one use of an active licence where the dataset's owner serves it. That
    /// settles nothing: whether it was served well is for the licensee to say.
    /// Reverts unless it is `licensee`'s, for this dataset and this right.
    /// @return version of the dataset that it is for
    function consumeFor(uint256 licenseId, uint256 datasetId, address licensee, Right right)
        external
        returns (uint32 version);

    /// @notice Pays out what is owed to `account` (pull payment); anyone may trigger it.
    /// @param currency an ERC-20; zero: ETH
    function collect(address account, address currency) external returns (uint256 amount);

    /// @notice Pays what is owed to the caller to `to`: for an account that cannot take the currency itself.
    function collectTo(address to, address currency) external returns (uint256 amount);

    function owed(address account, address currency) external view returns (uint256);

    /// @notice The value that a ControlledAccessGrants visa for this dataset carries.
    function grantOf(uint256 datasetId) external view returns (bytes32);

    /// @notice Whether the licence gives access now: delivered and not in dispute, in time, with uses and visas left, and
    /// for training not withdrawn. Entitlement is this state, with what LicenseLens reads; never a log.
    function isActive(uint256 licenseId) external view returns (bool);

    /// @notice For contracts: who holds an active licence, and to what it gives access. All zero unless it is active.
    function accessOf(uint256 licenseId)
        external
        view
        returns (address licensee, uint256 datasetId, uint32 version, Right right);

    /// @notice What lies in a slot of this contract's storage, which is public anyway. LicenseLens reads offers and
    /// licences by it, in the manner of Uniswap v4's Extsload.
    function extsload(bytes32 slot) external view returns (bytes32 value);
}
