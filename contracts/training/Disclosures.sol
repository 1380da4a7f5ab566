// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {Disclosure, Seat} from "../types/Rounds.sol";
import {RoundRules} from "./RoundRules.sol";

/// @title With whom a dataset's statistics are summed
/// @dev They are the same whatever the model, its weights and its owner, so two sums that differ in one dataset give that
/// one's away. Hence two sums have all of their datasets in common, or none: no difference, and no other combination of
/// any number of them, is then over fewer datasets than a whole sum.
abstract contract Disclosures is RoundRules {
    /// @inheritdoc IModelRegistry
    function releaseStatistics(uint256 datasetId, bool released) external {
        _checkOperator(datasetId);
        _disclosures[datasetId].released = released;
        emit StatisticsReleased(datasetId, msg.sender, released);
    }

    /// @inheritdoc IModelRegistry
    function disclosureOf(uint256 datasetId) external view returns (Disclosure memory) {
        return _disclosures[datasetId];
    }

    /// @dev At closing, as the sum may be known from then on, however the round ends.
    function _disclose(uint256 roundId, uint128 summed, uint16 count) internal {
        uint256 i = 0;
        while (summed & (1 << i) == 0) {
            ++i;
        }
        uint256 datasetId = _seats[roundId][i].datasetId;
        Disclosure memory first = _disclosures[datasetId];
        bool isAgain = first.roundId != 0 && !first.released;
        // All were in that round (below), one seat a dataset: as many of them are all of them.
        if (isAgain && _count(_rounds[first.roundId].committed) != count) {
            revert ModelRegistry_OtherSites(roundId, datasetId);
        }
        for (; summed >> i != 0; ++i) {
            if (summed & (1 << i) == 0) continue;
            Seat storage seat = _seats[roundId][i];
            (uint64 id, uint32 version) = (seat.datasetId, seat.version);
            Disclosure storage disclosure = _disclosures[id];
            bool fits = disclosure.released == first.released;
            if (!first.released) fits = fits && disclosure.roundId == first.roundId;
            // Another version with the same others shows what changed in it.
            if (isAgain) fits = fits && disclosure.version == version;
            if (!fits) revert ModelRegistry_OtherSites(roundId, id);
            if (!isAgain) _disclosures[id] = Disclosure(uint64(roundId), version, false);
        }
    }
}
