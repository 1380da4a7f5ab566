// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVisaRegistry} from "../../../contracts/interfaces/IVisaRegistry.sol";
import {vm} from "../Vm.sol";
import {Flaws} from "./Flaws.sol";

/// @notice The rules of visas once more: which are taken, by whose word, and what becomes of what rests on them.
abstract contract VisaRules {
    /// @dev By dataset; 0: for all of the owner's.
    mapping(address owner => mapping(uint256 d => mapping(address issuer => mapping(uint8 visaType => bool)))) internal
        _trusts;
    mapping(address owner => mapping(uint256 d => mapping(uint8 visaType => bytes32))) internal _asksFor; // 0: any value
    mapping(bytes32 key => mapping(bytes32 signatureHash => bool)) internal _isSigned; // by the visa's issuer
    mapping(bytes32 key => uint256 time) internal _visaRevokedAt; // by the visa's issuer; 0: it was not

    mapping(bytes32 key => IVisaRegistry.Visa) internal _visas;
    mapping(uint256 licenseId => bytes32[]) internal _keysOf;

    /// @return number of the visas that a licence rests on
    /// @return end when the first of them expires
    /// @return revoked whether one of them was
    function visasOf(uint256 id) external view returns (uint256 number, uint256 end, bool revoked) {
        return (_keysOf[id].length, _endOfVisas(id), _isAnyVisaRevoked(id));
    }

    /// @dev One of each type that is asked for, and nothing wrong with it. Others say nothing, good or bad.
    function _judgeVisas(IVisaRegistry.Question memory asked, IVisaRegistry.SignedVisa[] memory visas)
        internal
        view
        returns (uint256 flaws)
    {
        IVisaRegistry.SignedVisa[] memory relied = _relied(asked.types, visas);
        for (uint8 visaType = 0; visaType < 4; ++visaType) {
            if (asked.types >> visaType & 1 == 1 && !_isAmong(visaType, relied)) flaws |= Flaws.MISSING;
        }
        for (uint256 i = 0; i < relied.length; ++i) {
            flaws |= _judgeVisa(asked, relied[i]);
        }
    }

    /// @dev The first of each type that is asked for.
    function _relied(uint8 types, IVisaRegistry.SignedVisa[] memory visas)
        internal
        pure
        returns (IVisaRegistry.SignedVisa[] memory relied)
    {
        relied = new IVisaRegistry.SignedVisa[](0);
        for (uint256 i = 0; i < visas.length; ++i) {
            uint8 visaType = uint8(visas[i].visa.visaType);
            if (types >> visaType & 1 == 0 || _isAmong(visaType, relied)) continue;
            relied = _oneMore(relied, visas[i]);
        }
    }

    function _oneMore(IVisaRegistry.SignedVisa[] memory visas, IVisaRegistry.SignedVisa memory last)
        internal
        pure
        returns (IVisaRegistry.SignedVisa[] memory more)
    {
        more = new IVisaRegistry.SignedVisa[](visas.length + 1);
        for (uint256 i = 0; i < visas.length; ++i) {
            more[i] = visas[i];
        }
        more[visas.length] = last;
    }

    function _isTrusted(IVisaRegistry.Question memory asked, address issuer, uint8 visaType)
        internal
        view
        returns (bool)
    {
        return _trusts[asked.owner][0][issuer][visaType] || _trusts[asked.owner][asked.datasetId][issuer][visaType];
    }

    /// @dev 0: any.
    function _valueOf(IVisaRegistry.Question memory asked, uint8 visaType) internal view returns (bytes32 value) {
        if (visaType == 3) return asked.grant;
        value = _asksFor[asked.owner][asked.datasetId][visaType];
        if (value == 0) value = _asksFor[asked.owner][0][visaType];
    }

    function _judgeVisa(IVisaRegistry.Question memory asked, IVisaRegistry.SignedVisa memory signed)
        internal
        view
        returns (uint256 flaws)
    {
        IVisaRegistry.Visa memory visa = signed.visa;
        uint8 visaType = uint8(visa.visaType);
        bytes32 key = _keyOf(visa);
        if (visa.subject != asked.subject) flaws |= Flaws.WRONG_SUBJECT;
        if (!_isTrusted(asked, visa.issuer, visaType)) flaws |= Flaws.UNTRUSTED;
        bytes32 value = _valueOf(asked, visaType);
        if (value != 0 && visa.value != value) flaws |= Flaws.WRONG_VALUE;
        if (_now() < visa.asserted) flaws |= Flaws.NOT_YET;
        if (_now() >= visa.expires) flaws |= Flaws.EXPIRED;
        if (_visaRevokedAt[key] != 0) flaws |= Flaws.REVOKED;
        if (!_isSigned[key][keccak256(signed.signature)]) flaws |= Flaws.BAD_SIGNATURE;
    }

    function _rest(uint256 id, IVisaRegistry.SignedVisa[] memory visas) internal {
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

    /// @dev The first moment without them: by their end, or a revocation.
    function _stopOfVisas(uint256 id) internal view returns (uint256 stop) {
        stop = _endOfVisas(id);
        for (uint256 i = 0; i < _keysOf[id].length; ++i) {
            uint256 revoked = _visaRevokedAt[_keysOf[id][i]];
            if (revoked != 0 && revoked < stop) stop = revoked;
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
            if (_visaRevokedAt[_keysOf[id][i]] != 0) return true;
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

    function _isAmong(uint8 visaType, IVisaRegistry.SignedVisa[] memory visas) private pure returns (bool) {
        for (uint256 i = 0; i < visas.length; ++i) {
            if (uint8(visas[i].visa.visaType) == visaType) return true;
        }
        return false;
    }

    /// @dev A licence's visas are over in February 2106, when a time has no room in 32 bits any more.
    function _earlier(uint256 end, uint256 expires) private pure returns (uint256) {
        if (expires > type(uint32).max) expires = type(uint32).max;
        return expires < end ? expires : end;
    }
}
