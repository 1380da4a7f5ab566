// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";

// What AccessLicense keeps, and what it hands from one function to the next.

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
    IAccessLicense.Right right;
    bool open;
    bool inToken;
    bool proRata;
    uint8 visas;
    // slot 2, of an offer in an ERC-20 alone
    address currency;
}

/// @dev What the offer says is not said again: an offer never changes. The purpose is in the event alone.
struct StoredLicense {
    // slot 0: all that a plain purchase writes
    address licensee;
    uint32 offerId;
    uint16 version;
    uint32 since; // of the delivery; before it, its deadline
    IAccessLicense.State state;
    uint8 flags; // bits 0 and 1: the right; then HAS_VISAS, PRO_RATA
    // slot 1: zero until a visa is shown, a use is made, or there is a dispute or an earning
    uint32 used; // times, counted by the offer or not
    uint32 visasExpire;
    uint8 visaCount;
    uint32 arbitrationEnds;
    uint128 earned; // of a pro rata licence: what the dataset's owners were credited so far
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

/// @dev Who was credited how much of what a licence brought. No royalty: no publisher.
struct Income {
    address owner;
    uint256 amount;
    address publisher;
    uint256 royalty;
}
