// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IERC721Errors, LicenseScene} from "../license/LicenseScene.sol";
import {vm} from "../Vm.sol";

/// @notice What a dataset's owner does, and what is refused; the hospital has a dataset, with a custodian.
abstract contract DatasetScene is LicenseScene {
    function _grant(address by, uint256 datasetId, IDatasetNFT.Role role, address account) internal {
        vm.prank(by);
        datasets.grantRole(datasetId, role, account);
    }

    function _accept(address by, uint256 datasetId, IDatasetNFT.Role role) internal {
        vm.prank(by);
        datasets.acceptRole(datasetId, role);
    }

    function _revokeRole(address by, uint256 datasetId, IDatasetNFT.Role role, address account) internal {
        vm.prank(by);
        datasets.revokeRole(datasetId, role, account);
    }

    /// @dev Whether `account` has a role of the dataset by grant and by acceptance, and whether it may act in it.
    function _assertRole(IDatasetNFT.Role role, address account, bool granted, bool accepted) internal view {
        (uint8 given, uint8 taken) = datasets.rolesOf(dataset, account);
        vm.assertEq(given >> uint8(role) & 1 == 1, granted);
        vm.assertEq(taken >> uint8(role) & 1 == 1, accepted);
        vm.assertEq(datasets.hasRole(dataset, role, account), accepted);
    }

    function _assertReleases(address account, bool entitled, bool withdrawn) internal view {
        (bool isEntitled, bool isWithdrawn,) = datasets.releaseOf(dataset, 1, account);
        vm.assertEq(isEntitled, entitled);
        vm.assertEq(isWithdrawn, withdrawn);
    }

    function _assertSale(uint32 version, uint64 terms, bool withdrawn) internal view {
        (uint32 sold, uint64 onTerms, bool isWithdrawn) = datasets.saleOf(dataset);
        vm.assertEq(sold, version);
        vm.assertEq(onTerms, terms);
        vm.assertEq(isWithdrawn, withdrawn);
    }

    function _assertVersion(
        uint256 datasetId,
        uint32 version,
        address publisher,
        IDatasetNFT.Publication memory p,
        uint40 withdrawnAt
    ) internal view {
        IDatasetNFT.Version memory wanted = IDatasetNFT.Version(
            p.card, keccak256(abi.encode(p.contentRoot, p.keyCommitment)), p.diseases, publisher, p.terms, withdrawnAt
        );
        vm.assertEq(abi.encode(datasets.versionOf(datasetId, version)), abi.encode(wanted));
        vm.assertEq(datasets.diseasesOf(datasetId, version), p.diseases);
        vm.assertEq(datasets.isWithdrawn(datasetId, version), withdrawnAt != 0);
    }

    function _refusesProposal(IDatasetNFT.Role role, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NotProposed.selector, dataset, role, got));
    }

    function _refusesRole(IDatasetNFT.Role role, address account) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NoSuchRole.selector, dataset, role, account));
    }

    function _refusesMissing(uint256 datasetId) internal {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, datasetId));
    }

    function _refusesNotOwner(uint256 datasetId, address got) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_NotOwner.selector, datasetId, got));
    }

    function _refusesEmpty(string memory field) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_EmptyField.selector, field));
    }

    function _refusesTerms(uint64 terms) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_BadTerms.selector, terms));
    }

    function _refusesDiseases(uint64 terms) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_DiseasesWithoutDS.selector, terms));
    }

    function _refusesParent(uint256 parent) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_UnknownParent.selector, parent));
    }

    function _refusesVersion(uint256 datasetId, uint32 version) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_UnknownVersion.selector, datasetId, version));
    }

    function _refusesSecondWithdrawal(uint256 datasetId, uint32 version) internal {
        vm.expectRevert(abi.encodeWithSelector(IDatasetNFT.DatasetNFT_AlreadyWithdrawn.selector, datasetId, version));
    }
}
