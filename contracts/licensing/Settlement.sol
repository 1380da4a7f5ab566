// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {Licenses} from "./Licenses.sol";
import {Payments} from "./Payments.sol";

/// @title Whose the money of a licence is in the end
/// @dev The balance of this contract in a currency is the escrow of the licences in review, purchased, delivered or
/// disputed, plus what is owed. From each of these states somebody who gains by it can move on.
abstract contract Settlement is Licenses, Payments {
    /// @notice How long an arbiter has before anyone may send the money back to the buyer.
    uint32 public constant ARBITRATION = 30 days;

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

    /// @inheritdoc IAccessLicense
    function refundDue(uint256 licenseId) external view returns (uint256) {
        StoredLicense storage license = _license(licenseId);
        if (license.state != State.Settled || license.flags & PRO_RATA == 0) return 0;
        return _unusedShare(license, _offer(license.offerId));
    }

    function _creditBuyer(uint256 licenseId, StoredLicense storage license) internal {
        StoredOffer storage offer = _offer(license.offerId);
        uint256 price = offer.price;
        emit LicenseRefunded(licenseId, price);
        if (price != 0) _credit(license.licensee, _currencyOf(offer), price);
    }

    /// @dev The dataset's present owner is credited; its first publisher too, if they differ.
    function _creditOwner(uint256 datasetId, address currency, uint256 amount) internal {
        if (amount == 0) return;
        address owner = _ownerOfDataset(datasetId);
        (address publisher, uint256 royalty) = IERC2981(address(DATASETS)).royaltyInfo(datasetId, amount);
        if (publisher != owner && royalty != 0) {
            _credit(publisher, currency, royalty);
            amount -= royalty;
        }
        _credit(owner, currency, amount);
    }

    function _settle(uint256 licenseId, StoredLicense storage license) private {
        license.state = State.Settled;
        StoredOffer storage offer = _offer(license.offerId);
        emit LicenseSettled(licenseId, offer.price);
        _creditOwner(license.datasetId, _currencyOf(offer), offer.price);
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

    function _cannotBeDelivered(uint256 licenseId, StoredLicense storage license) private view returns (bool) {
        if (license.flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) return true;
        return DATASETS.isWithdrawn(license.datasetId, license.version);
    }

    function _checkLate(uint256 licenseId, uint32 deadline) private view {
        if (block.timestamp <= deadline) revert AccessLicense_TooEarly(licenseId, deadline);
    }
}
