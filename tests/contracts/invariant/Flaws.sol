// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";

/// @notice What can stand against a sale, a bit each: several can at once, and any of them may be the answer.
library Flaws {
    uint256 internal constant CLOSED = 1 << 0;
    uint256 internal constant WITHDRAWN = 1 << 1;
    uint256 internal constant WRONG_VERSION = 1 << 2;
    uint256 internal constant DENIED = 1 << 3;
    uint256 internal constant BAD_PROOF = 1 << 4;
    uint256 internal constant NEEDS_REVIEW = 1 << 5;
    uint256 internal constant NO_END = 1 << 6;
    uint256 internal constant VISAS_REQUIRED = 1 << 7;
    uint256 internal constant TOO_SHORT = 1 << 8;
    uint256 internal constant MISSING = 1 << 9;
    uint256 internal constant WRONG_SUBJECT = 1 << 11;
    uint256 internal constant UNTRUSTED = 1 << 12;
    uint256 internal constant WRONG_VALUE = 1 << 13;
    uint256 internal constant NOT_YET = 1 << 14;
    uint256 internal constant EXPIRED = 1 << 15;
    uint256 internal constant REVOKED = 1 << 16;
    uint256 internal constant BAD_SIGNATURE = 1 << 17;
    uint256 internal constant WRONG_OFFER = 1 << 18;

    uint256 private constant OF_SALE = WITHDRAWN;
    uint256 private constant OF_PURPOSE = DENIED | BAD_PROOF | NEEDS_REVIEW | NO_END;

    /// @notice Whether one of `flaws` is what `answer` says.
    function explain(uint256 flaws, bytes4 answer) internal pure returns (bool) {
        return flaws & _ofSale(answer) != 0 || flaws & _ofVisas(answer) != 0;
    }

    /// @notice Of the invariant that a sale in spite of `flaws` goes against.
    function number(uint256 flaws) internal pure returns (uint256) {
        if (flaws & OF_SALE != 0) return 7;
        if (flaws & (CLOSED | WRONG_VERSION | WRONG_OFFER) != 0) return 6;
        return flaws & OF_PURPOSE != 0 ? 20 : 19;
    }

    function _ofSale(bytes4 answer) private pure returns (uint256) {
        if (answer == IAccessLicense.AccessLicense_OfferClosed.selector) return CLOSED;
        if (answer == IAccessLicense.AccessLicense_WrongOffer.selector) return WRONG_OFFER;
        if (answer == IAccessLicense.AccessLicense_Withdrawn.selector) return WITHDRAWN;
        if (answer == IAccessLicense.AccessLicense_WrongVersion.selector) return WRONG_VERSION;
        if (answer == IAccessLicense.AccessLicense_Denied.selector) return DENIED;
        if (answer == IAccessLicense.AccessLicense_BadDiseaseProof.selector) return BAD_PROOF;
        if (answer == IAccessLicense.AccessLicense_NeedsReview.selector) return NEEDS_REVIEW;
        return answer == IAccessLicense.AccessLicense_BadOffer.selector ? NO_END : 0;
    }

    function _ofVisas(bytes4 answer) private pure returns (uint256) {
        if (answer == IAccessLicense.AccessLicense_VisasRequired.selector) return VISAS_REQUIRED;
        if (answer == IAccessLicense.AccessLicense_VisasTooShort.selector) return TOO_SHORT;
        if (answer == IVisaRegistry.VisaRegistry_Missing.selector) return MISSING;
        if (answer == IVisaRegistry.VisaRegistry_WrongSubject.selector) return WRONG_SUBJECT;
        if (answer == IVisaRegistry.VisaRegistry_UntrustedIssuer.selector) return UNTRUSTED;
        if (answer == IVisaRegistry.VisaRegistry_WrongValue.selector) return WRONG_VALUE;
        if (answer == IVisaRegistry.VisaRegistry_NotYetValid.selector) return NOT_YET;
        if (answer == IVisaRegistry.VisaRegistry_Expired.selector) return EXPIRED;
        if (answer == IVisaRegistry.VisaRegistry_Revoked.selector) return REVOKED;
        return answer == IVisaRegistry.VisaRegistry_BadSignature.selector ? BAD_SIGNATURE : 0;
    }
}
