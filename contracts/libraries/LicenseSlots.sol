// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {StoredLicense, StoredOffer} from "../types/Licensing.sol";

/// @title Where AccessLicense keeps offers and licences, for who reads them from outside
/// @dev As the compiler lays out LicenseState and the structs of types/Licensing.sol; tests/contracts/license/lens.t.sol
/// fails when one of them is not where this says.
library LicenseSlots {
    uint256 internal constant NEXT_OFFER_ID = 0;
    uint256 internal constant NEXT_LICENSE_ID = 1;
    uint256 private constant OFFERS = 2;
    uint256 private constant LICENSES = 3;

    /// @notice The first of three.
    function ofOffer(uint256 offerId) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(offerId, OFFERS)));
    }

    /// @notice The first of two.
    function ofLicense(uint256 licenseId) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(licenseId, LICENSES)));
    }

    /// @notice The offer that the compiler packed in these slots.
    function offer(bytes32 slot0, bytes32 slot1, bytes32 slot2) internal pure returns (StoredOffer memory) {
        (uint256 amounts, uint256 terms) = (uint256(slot0), uint256(slot1));
        return StoredOffer({
            price: uint128(amounts),
            duration: uint32(amounts >> 128),
            uses: uint32(amounts >> 160),
            deliveryWindow: uint32(amounts >> 192),
            disputeWindow: uint32(amounts >> 224),
            arbiter: address(uint160(terms)),
            datasetId: uint32(terms >> 160),
            right: IAccessLicense.Right(uint8(terms >> 192)),
            open: uint8(terms >> 200) != 0,
            inToken: uint8(terms >> 208) != 0,
            proRata: uint8(terms >> 216) != 0,
            visas: uint8(terms >> 224),
            currency: address(uint160(uint256(slot2)))
        });
    }

    /// @notice As `offer`, of a licence.
    function license(bytes32 slot0, bytes32 slot1) internal pure returns (StoredLicense memory) {
        (uint256 sold, uint256 used) = (uint256(slot0), uint256(slot1));
        return StoredLicense({
            licensee: address(uint160(sold)),
            offerId: uint32(sold >> 160),
            version: uint16(sold >> 192),
            since: uint32(sold >> 208),
            state: IAccessLicense.State(uint8(sold >> 240)),
            flags: uint8(sold >> 248),
            used: uint32(used),
            visasExpire: uint32(used >> 32),
            visaCount: uint8(used >> 64),
            arbitrationEnds: uint32(used >> 72),
            earned: uint128(used >> 104)
        });
    }
}
