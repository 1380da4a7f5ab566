// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {vm} from "../Vm.sol";
import {IERC721Errors, LicenseScene} from "./LicenseScene.sol";

contract LicenseSoulboundTest is LicenseScene {
    function test_given_a_transfer() external {
        uint256 licenseId = _settled();
        _refusesBound(licenseId);
        vm.prank(researcher);
        licenses.transferFrom(researcher, stranger, licenseId);
        _refusesBound(licenseId);
        vm.prank(researcher);
        licenses.safeTransferFrom(researcher, stranger, licenseId);
        _refusesBound(licenseId);
        vm.prank(researcher);
        licenses.safeTransferFrom(researcher, stranger, licenseId, "data");
        vm.assertEq(licenses.ownerOf(licenseId), researcher);
        vm.assertEq(licenses.balanceOf(researcher), 1);
        vm.assertEq(licenses.balanceOf(stranger), 0);
    }

    function test_given_an_approval_of_a_licence_or_of_all() external {
        uint256 licenseId = _settled();
        _refusesBound(licenseId);
        vm.prank(researcher);
        licenses.approve(stranger, licenseId);
        _refusesBound(0);
        vm.prank(researcher);
        licenses.setApprovalForAll(stranger, true);
        vm.assertFalse(licenses.isApprovedForAll(researcher, stranger));
    }

    function test_given_a_question_whether_it_is_locked() external {
        vm.assertTrue(licenses.locked(_settled()));
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 99));
        licenses.locked(99);
    }

    function test_given_a_licence_that_is_over() external {
        uint256[3] memory ids = [_settled(), _purchased(), _disputed()];
        vm.assertEq(licenses.balanceOf(researcher), 3);
        _revoke(hospital, ids[0]);
        vm.prank(hospital);
        licenses.reject(ids[1], "no");
        _resolve(arbiter, ids[2], false);
        vm.assertEq(licenses.balanceOf(researcher), 0);
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory gone = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, ids[i]);
            vm.expectRevert(gone);
            licenses.ownerOf(ids[i]);
            vm.expectRevert(gone);
            licenses.tokenURI(ids[i]);
            vm.expectRevert(gone);
            licenses.locked(ids[i]);
            vm.expectRevert(gone);
            licenses.getApproved(ids[i]);
            vm.assertEq(lens.licenseOf(ids[i]).licensee, researcher);
        }
    }

    function test_given_the_zero_address() external {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidOwner.selector, address(0)));
        licenses.balanceOf(address(0));
    }

    function _refusesBound(uint256 licenseId) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_Soulbound.selector, licenseId));
    }
}
