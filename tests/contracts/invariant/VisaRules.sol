// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {Flaws} from "./Flaws.sol";

/// @notice The rules of visas once more: which are taken, by whose word, and what becomes of what rests on them.
abstract contract VisaRules {
    mapping(address owner => mapping(address issuer => mapping(uint8 visaType => bool))) internal _trusts;
    mapping(address owner => mapping(uint8 visaType => bytes32)) internal _asksFor; // 0: any value
    mapping(bytes32 key => mapping(bytes32 signatureHash => bool)) internal _isSigned; // by the visa's issuer
    mapping(bytes32 key => bool) internal _isVisaRevoked; // by the visa's issuer

    mapping(bytes32 key => IVisaRegistry.Visa) internal _visas;
    mapping(uint256 licenseId => bytes32[]) internal _keysOf;

    /// @return number of the visas that a licence rests on
    /// @return end when the first of them expires
    /// @return revoked whether one of them was
    function visasOf(uint256 id) external view returns (uint256 number, uint256 end, bool revoked) {
        return (_keysOf[id].length, _endOfVisas(id), _isAnyVisaRevoked(id));
    }

    /// @dev Just one of each type that is asked for, and nothing wrong with any of them.
    function _judgeVisas(
        address owner,
        address subject,
        bytes32 grant,
        uint8 types,
        IVisaRegistry.SignedVisa[] memory visas
    ) internal view returns (uint256 flaws) {
        for (uint8 visaType = 0; visaType < 4; ++visaType) {
            uint256 asked = types >> visaType & 1;
            uint256 shown;
            for (uint256 i = 0; i < visas.length; ++i) {
                if (uint8(visas[i].visa.visaType) == visaType) ++shown;
            }
            if (shown < asked) flaws |= Flaws.MISSING;
            if (shown > asked) flaws |= Flaws.NOT_NEEDED;
        }
        for (uint256 i = 0; i < visas.length; ++i) {
            flaws |= _judgeVisa(owner, subject, grant, visas[i]);
        }
    }

    function _judgeVisa(address owner, address subject, bytes32 grant, IVisaRegistry.SignedVisa memory signed)
        internal
        view
        returns (uint256 flaws)
    {
        IVisaRegistry.Visa memory visa = signed.visa;
        uint8 visaType = uint8(visa.visaType);
        bytes32 key = _keyOf(visa);
        if (visa.subject != subject) flaws |= Flaws.WRONG_SUBJECT;
        if (!_trusts[owner][visa.issuer][visaType]) flaws |= Flaws.UNTRUSTED;
        if (visa.visaType == IVisaRegistry.VisaType.ControlledAccessGrants) {
            if (visa.value != grant) flaws |= Flaws.WRONG_VALUE;
        } else if (_asksFor[owner][visaType] != 0) {
            if (visa.value != _asksFor[owner][visaType]) flaws |= Flaws.WRONG_VALUE;
        }
        if (_now() < visa.asserted) flaws |= Flaws.NOT_YET;
        if (_now() >= visa.expires) flaws |= Flaws.EXPIRED;
        if (_isVisaRevoked[key]) flaws |= Flaws.REVOKED;
        if (!_isSigned[key][keccak256(signed.signature)]) flaws |= Flaws.BAD_SIGNATURE;
    }

    /// @dev From now on the licence rests on these alone.
    function _rest(uint256 id, IVisaRegistry.SignedVisa[] memory visas) internal {
        delete _keysOf[id];
        for (uint256 i = 0; i < visas.length; ++i) {
            bytes32 key = _keyOf(visas[i].visa);
            _visas[key] = visas[i].visa;
            _keysOf[id].push(key);
        }
    }

    function _areVisasOver(uint256 id) internal view returns (bool) {
        return _now() >= _endOfVisas(id) || _isAnyVisaRevoked(id);
    }

    function _endOfVisas(uint256 id) internal view returns (uint256 end) {
        end = type(uint256).max;
        for (uint256 i = 0; i < _keysOf[id].length; ++i) {
            end = _earlier(end, _visas[_keysOf[id][i]].expires);
        }
    }

    /// @dev 0 without any.
    function _firstEnd(IVisaRegistry.SignedVisa[] memory visas) internal pure returns (uint256 end) {
        if (visas.length == 0) return 0;
        end = type(uint256).max;
        for (uint256 i = 0; i < visas.length; ++i) {
            end = _earlier(end, visas[i].visa.expires);
        }
    }

    function _isAnyVisaRevoked(uint256 id) internal view returns (bool) {
        for (uint256 i = 0; i < _keysOf[id].length; ++i) {
            if (_isVisaRevoked[_keysOf[id][i]]) return true;
        }
        return false;
    }

    /// @dev The ledger's own name for a visa.
    function _keyOf(IVisaRegistry.Visa memory visa) internal pure returns (bytes32) {
        return keccak256(abi.encode(visa));
    }

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    /// @dev A licence's visas are over in February 2106, when a time has no room in 32 bits any more.
    function _earlier(uint256 end, uint256 expires) private pure returns (uint256) {
        if (expires > type(uint32).max) expires = type(uint32).max;
        return expires < end ? expires : end;
    }
}
