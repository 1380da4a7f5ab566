"""Images for ViT: each patch moves by one secret map, and the patches take a secret order.

An encoded image has the shape of an image, so that a stock model takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.parts import Monomial, Part


@dataclass(frozen=True, eq=False)
class Patches:
    """`values`: the map of a patch's C·P·P values; `order` of the N patches; `settings`: the
    sizes of images (channels, high, wide) and patches (patch_high, patch_wide), in pixels."""

    values: Part = field(repr=False)
    order: Monomial = field(repr=False)
    settings: Mapping[str, int]

    def __post_init__(self) -> None:
        hint = "Ask the model owner for a new codec."
        if not {"channels", "high", "wide", "patch_high", "patch_wide"} <= set(self.settings):
            raise InputError("The codec does not say how large images are.", hint)
        rows, columns = self._grid
        channels, p, q = self._patch
        if rows * columns != self.order.size or channels * p * q != self.values.size:
            raise InputError("The codec is damaged: its sizes contradict one another.", hint)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W)."""
        return self.settings["channels"], self.settings["high"], self.settings["wide"]

    @property
    def _patch(self) -> tuple[int, int, int]:
        return self.settings["channels"], self.settings["patch_high"], self.settings["patch_wide"]

    @property
    def _grid(self) -> tuple[int, int]:
        return (
            self.settings["high"] // self.settings["patch_high"],
            self.settings["wide"] // self.settings["patch_wide"],
        )

    def encode(self, images: Any) -> Tensor:
        """Images (batch, C, H, W), normalized -> of the same shape and type, encoded in fp32 at least: of all
        requests these alone take a time that shows beside the model's."""
        pixels = self._checked(images)
        wide = pixels if pixels.dtype == torch.float64 else pixels.float()
        moved = self.values.apply(self._cut(wide), 2)
        return self._joined(self.order.apply(moved, 1)).to(pixels.dtype)

    def decode(self, images: Any) -> Tensor:
        """The inverse of `encode`."""
        pixels = self._checked(images)
        back = self.order.inverse().apply(self._cut(pixels.double()), 1)
        return self._joined(self.values.inverse().apply(back, 2)).to(pixels.dtype)

    def restore(self, x: Tensor) -> Tensor:
        """Answers per token (batch, 1 + N, ...), the class token first, in the patches' own order."""
        if x.ndim < 2 or x.shape[1] != self.order.size + 1:
            raise InputError(
                f"The answer has shape {tuple(x.shape)}; it should be for 1 + {self.order.size} tokens.",
                "Decode the answer of the same model.",
            )
        return torch.cat([x[:, :1], self.order.inverse().apply(x[:, 1:], 1)], dim=1)

    def _checked(self, images: Any) -> Tensor:
        pixels = images if isinstance(images, Tensor) else torch.as_tensor(images)
        if pixels.ndim != 4 or tuple(pixels.shape[1:]) != self.shape:
            channels, high, wide = self.shape
            raise InputError(
                f"The images have shape {tuple(pixels.shape)}, not (n, {channels}, {high}, {wide}).",
                "Resize and normalize them with the model's image processor.",
            )
        if not pixels.is_floating_point() or not bool(torch.isfinite(pixels).all()):
            raise InputError(
                "The images hold integers, missing or infinite values.",
                "Normalize them with the model's image processor.",
            )
        return pixels

    def _cut(self, x: Tensor) -> Tensor:
        """(n, C, H, W) -> (n, N, C·P·P)"""
        (channels, p, q), (rows, columns) = self._patch, self._grid
        x = x[:, :, : rows * p, : columns * q]  # a stock model's convolution leaves out the rest as well
        cut = x.reshape(len(x), channels, rows, p, columns, q).permute(0, 2, 4, 1, 3, 5)
        return cut.reshape(len(x), rows * columns, channels * p * q)

    def _joined(self, x: Tensor) -> Tensor:
        """(n, N, C·P·P) -> (n, C, H, W), zero where no patch lies"""
        (channels, p, q), (rows, columns) = self._patch, self._grid
        joined = x.reshape(len(x), rows, columns, channels, p, q).permute(0, 3, 1, 4, 2, 5)
        result = x.new_zeros(len(x), *self.shape)
        result[:, :, : rows * p, : columns * q] = joined.reshape(len(x), channels, rows * p, columns * q)
        return result
