// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IGuardedCustody} from "../../../contracts/interfaces/IGuardedCustody.sol";
import {LicenseScene} from "../license/LicenseScene.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";

/// @notice The hospital's dataset, whose custodian is the contract: any two of three guardians deliver.
abstract contract CustodyScene is LicenseScene {
    IDatasetNFT.Role internal constant CUSTODIAN = IDatasetNFT.Role.Custodian;

    function setUp() public virtual override {
        super.setUp();
        _propose(hospital, dataset);
        _name(hospital, dataset, 1, _guardians());
    }

    function _propose(address owner, uint256 datasetId) internal {
        vm.prank(owner);
        datasets.grantRole(datasetId, CUSTODIAN, address(custody));
    }

    function _name(address owner, uint256 datasetId, uint32 version, IGuardedCustody.Guardians memory guardians)
        internal
    {
        vm.prank(owner);
        custody.nameGuardians(datasetId, version, guardians);
    }

    /// @dev Two of worker, second and aggregator.
    function _guardians() internal view returns (IGuardedCustody.Guardians memory) {
        return _guardians(worker, second, aggregator);
    }

    function _guardians(address a, address b, address c)
        internal
        pure
        returns (IGuardedCustody.Guardians memory guardians)
    {
        address[] memory accounts = new address[](3);
        (accounts[0], accounts[1], accounts[2]) = (a, b, c);
        guardians = IGuardedCustody.Guardians(2, _sorted(accounts));
    }

    function _sorted(address[] memory accounts) internal pure returns (address[] memory) {
        for (uint256 i = 1; i < accounts.length; ++i) {
            for (uint256 j = i; j > 0 && accounts[j - 1] > accounts[j]; --j) {
                (accounts[j - 1], accounts[j]) = (accounts[j], accounts[j - 1]);
            }
        }
        return accounts;
    }

    function _delivery(uint256 licenseId) internal view returns (IGuardedCustody.Delivery memory) {
        return IGuardedCustody.Delivery({
            licenseId: uint48(licenseId),
            licensee: _licenseeOf(licenseId),
            envelope: ENVELOPE,
            commitments: _dataOf(licenseId),
            again: 0,
            deadline: _now() + 1 hours
        });
    }

    /// @dev By the first `count` of them, in their order; the rest did not sign.
    function _signed(
        IGuardedCustody.Delivery memory d,
        bytes32 set,
        IGuardedCustody.Guardians memory guardians,
        uint256 count
    ) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](guardians.accounts.length);
        for (uint256 i = 0; i < count; ++i) {
            signatures[i] = _sign(guardians.accounts[i], Typed.approval(address(custody), d, set));
        }
    }

    /// @dev By two of the guardians as they are named now.
    function _signed(IGuardedCustody.Delivery memory d) internal view returns (bytes[] memory) {
        return _signed(d, custody.setOf(dataset, 1, _guardians()), _guardians(), 2);
    }

    function _send(IGuardedCustody.Delivery memory d, bytes[] memory signatures) internal {
        _send(d, _guardians(), signatures);
    }

    function _send(
        IGuardedCustody.Delivery memory d,
        IGuardedCustody.Guardians memory guardians,
        bytes[] memory signatures
    ) internal {
        vm.prank(stranger);
        custody.deliver(d, guardians, signatures);
    }

    function _refusesGuardians(uint256 datasetId, uint32 version) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IGuardedCustody.GuardedCustody_OtherGuardians.selector, datasetId, version)
        );
    }

    function _refusesSigner(address guardian) internal {
        vm.expectRevert(abi.encodeWithSelector(IGuardedCustody.GuardedCustody_BadSignature.selector, guardian));
    }
}
