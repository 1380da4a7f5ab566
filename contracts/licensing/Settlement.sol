// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {Income, StoredLicense, StoredOffer} from "../types/Licensing.sol";
import {Licenses} from "./Licenses.sol";
import {Offers} from "./Offers.sol";
import {Payments} from "./Payments.sol";

/// @title Whose the money of a licence is in the end
/// @dev The balance of this contract in a currency is the escrow, plus what is owed. In escrow is the price of the licences
/// in review, purchased, delivered or disputed, and of settled ones with `proRata` what their owners were not credited yet.
/// From each of these states somebody who gains by it can move on.
abstract contract Settlement is Licenses, Offers, Payments {
    /// @dev How long an arbiter has before anyone may send the money back to the buyer.
    uint32 private constant ARBITRATION = 30 days;

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
        _checkLate(licenseId, _endOfDisputes(license));
        if (_isTakenAway(licenseId, license)) revert AccessLicense_TakenAway(licenseId);
        _settle(licenseId, license);
    }

    /// @inheritdoc IAccessLicense
    function claimEarned(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        _checkState(licenseId, license, State.Settled);
        if (license.flags & PRO_RATA == 0) revert AccessLicense_NotProRata(licenseId);
        (uint256 earned,) = _earned(licenseId, license);
        if (earned <= license.earned) revert AccessLicense_NothingEarned(licenseId);
        _creditEarned(licenseId, license, earned);
    }

    /// @inheritdoc IAccessLicense
    function refund(uint256 licenseId) external {
        StoredLicense storage license = _license(licenseId);
        State state = license.state;
        if (state == State.Settled && license.flags & PRO_RATA != 0) {
            (uint256 earned, bool endedEarly) = _earned(licenseId, license);
            if (!endedEarly) revert AccessLicense_WrongState(licenseId, state);
            return _share(licenseId, license, earned, State.Refunded);
        }
        if (state == State.Disputed) {
            _checkLate(licenseId, license.arbitrationEnds);
        } else if (state != State.Delivered || !_isTakenAway(licenseId, license)) {
            _checkAwaitsDelivery(licenseId, state);
            if (!_cannotBeDelivered(licenseId, license)) _checkLate(licenseId, license.since);
        }
        _refundWhole(licenseId, license, State.Refunded);
    }

    /// @inheritdoc IAccessLicense
    function dispute(uint256 licenseId, bytes32 reason) external {
        StoredLicense storage license = _license(licenseId);
        _checkLicensee(licenseId, license);
        _checkState(licenseId, license, State.Delivered);
        if (_offerOf(license).arbiter == address(0)) revert AccessLicense_NoArbiter(licenseId);
        _checkNotLate(licenseId, _endOfDisputes(license));
        license.state = State.Disputed;
        license.arbitrationEnds = _now() + ARBITRATION;
        emit LicenseDisputed(licenseId, msg.sender, reason);
    }

    /// @inheritdoc IAccessLicense
    function resolve(uint256 licenseId, bool payOwner, address licensee, uint40 deadline) external {
        StoredLicense storage license = _license(licenseId);
        StoredOffer storage offer = _offerOf(license);
        if (msg.sender != offer.arbiter) revert AccessLicense_NotArbiter(licenseId, msg.sender);
        _checkImpartial(offer.datasetId, msg.sender);
        _checkState(licenseId, license, State.Disputed);
        if (license.arbitrationEnds != deadline) revert AccessLicense_OtherLicense(licenseId);
        _checkIsOf(licenseId, license, licensee);
        _checkNotLate(licenseId, deadline);
        emit DisputeResolved(licenseId, msg.sender, payOwner);
        if (payOwner) _settle(licenseId, license);
        else _refundWhole(licenseId, license, State.Refunded);
    }

    /// @inheritdoc IAccessLicense
    function revoke(uint256 licenseId, bytes32 reason, address licensee) external {
        StoredLicense storage license = _license(licenseId);
        _checkIsOf(licenseId, license, licensee);
        _checkDatasetOwner(_offerOf(license).datasetId);
        State state = license.state;
        if (state != State.Delivered && state != State.Settled && state != State.Disputed) {
            revert AccessLicense_WrongState(licenseId, state);
        }
        emit LicenseRevoked(licenseId, msg.sender, reason);
        if (state != State.Settled) {
            _refundWhole(licenseId, license, State.Revoked);
        } else if (license.flags & PRO_RATA == 0) {
            _burn(licenseId, license, State.Revoked);
        } else {
            (uint256 earned,) = _earned(licenseId, license);
            _share(licenseId, license, earned, State.Revoked);
        }
    }

    /// @inheritdoc IAccessLicense
    function sharesOf(uint256 licenseId) external view returns (uint256 toOwner, uint256 toLicensee) {
        StoredLicense storage license = _license(licenseId);
        if (license.state != State.Settled || license.flags & PRO_RATA == 0) return (0, 0);
        (uint256 earned,) = _earned(licenseId, license);
        return (earned - license.earned, _offerOf(license).price - earned);
    }

    function _refundWhole(uint256 licenseId, StoredLicense storage license, State end) internal {
        _burn(licenseId, license, end);
        _creditLicensee(licenseId, license, _offerOf(license).price);
    }

    /// @dev Of a licence with `proRata` the owner gets by and by what time earns, by `claimEarned`; of another all of it.
    function _settle(uint256 licenseId, StoredLicense storage license) internal {
        license.state = State.Settled;
        StoredOffer storage offer = _offerOf(license);
        Income memory income = _creditOwner(offer, 0, license.flags & PRO_RATA != 0 ? 0 : offer.price);
        emit LicenseSettled(licenseId, msg.sender, income.owner, income.amount, income.publisher, income.royalty);
    }

    /// @dev The end of a settled licence with `proRata`: to each its own.
    function _share(uint256 licenseId, StoredLicense storage license, uint256 earned, State end) private {
        _burn(licenseId, license, end);
        if (earned != license.earned) _creditEarned(licenseId, license, earned);
        _creditLicensee(licenseId, license, _offerOf(license).price - earned);
    }

    function _creditEarned(uint256 licenseId, StoredLicense storage license, uint256 earned) private {
        Income memory income = _creditOwner(_offerOf(license), license.earned, earned);
        // It is a part of the price, which has 128 bits.
        license.earned = uint128(earned);
        emit LicenseEarned(licenseId, msg.sender, income.owner, income.amount, income.publisher, income.royalty);
    }

    function _creditLicensee(uint256 licenseId, StoredLicense storage license, uint256 amount) private {
        address licensee = license.licensee;
        if (amount != 0) _credit(licensee, _currencyOf(_offerOf(license)), amount);
        emit LicenseRefunded(licenseId, msg.sender, licensee, amount);
    }

    /// @dev Credits the dataset's present owner, and its first publisher if they differ, with what comes on top of
    /// `before`. The royalty is that of the sum: in small parts it would be rounded away.
    function _creditOwner(StoredOffer storage offer, uint256 before, uint256 earned)
        private
        returns (Income memory income)
    {
        (uint256 datasetId, address currency) = (offer.datasetId, _currencyOf(offer));
        income.owner = _ownerOfDataset(datasetId);
        income.amount = earned - before;
        if (earned <= before) return income;
        (address publisher, uint256 royalty) = _royalty(datasetId, earned);
        if (publisher != income.owner) {
            (, uint256 paid) = _royalty(datasetId, before);
            if (royalty != paid) {
                (income.publisher, income.royalty) = (publisher, royalty - paid);
                income.amount -= royalty - paid;
                _credit(publisher, currency, royalty - paid);
            }
        }
        _credit(income.owner, currency, income.amount);
    }

    function _royalty(uint256 datasetId, uint256 amount) private view returns (address publisher, uint256 royalty) {
        return IERC2981(address(DATASETS)).royaltyInfo(datasetId, amount);
    }

    /// @dev What time has earned of a delivered licence's price, rounded down, until now or until it ended.
    /// @return earned in all, with what was credited before
    /// @return endedEarly whether visas or consent ended it before its time was over
    function _earned(uint256 licenseId, StoredLicense storage license)
        private
        view
        returns (uint256 earned, bool endedEarly)
    {
        StoredOffer storage offer = _offerOf(license);
        (uint256 since, uint256 duration) = (license.since, offer.duration);
        uint256 stop = _stopOf(licenseId, license);
        endedEarly = stop <= block.timestamp && stop < since + duration;
        uint256 passed = Math.saturatingSub(Math.min(block.timestamp, stop), since);
        earned = uint256(offer.price) * Math.min(passed, duration) / duration;
    }

    function _endOfDisputes(StoredLicense storage license) private view returns (uint256) {
        return uint256(license.since) + _offerOf(license).disputeWindow;
    }

    function _cannotBeDelivered(uint256 licenseId, StoredLicense storage license) private view returns (bool) {
        if (license.flags & HAS_VISAS != 0 && _areVisasLapsed(licenseId, license)) return true;
        return DATASETS.isWithdrawn(_offerOf(license).datasetId, license.version);
    }
}
