"""One linear layer under EE beside the same layer under CKKS (TenSEAL), a scheme with semantic security."""

from __future__ import annotations

import os
import statistics
import time

import numpy as np
import tenseal
import torch
from numpy.typing import NDArray

from biodesci.ee.groups import Invertibles
from biodesci.ee.sampling import Stream

Values = NDArray[np.float64]
WIDTH = 768
PRODUCTS_PER_TOKEN = (
    12 * 12
)  # BERT-base: 12 layers of 4 + 8 products of 768 x 768 each, without attention itself


def figures() -> dict[str, dict[str, object]]:
    """ee.vs_ckks_speedup: one 768 x 768 matrix-vector product, encoding and decoding included in both."""
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(WIDTH, WIDTH)) / WIDTH**0.5, rng.normal(size=WIDTH)
    ckks, error = _ckks(weight, x)
    ours, exact = _ee(weight, x)
    return {
        "ee.vs_ckks_speedup": {
            "value": round(ckks / ours),
            "unit": "time CKKS / time EE",
            "peer": f"TenSEAL {tenseal.__version__}, CKKS, ring 8192: {ckks:.2f} s, error {error:.0e}; "
            f"EE {ours * 1e6:.0f} µs, error {exact:.0e}. CKKS is semantically secure, EE is not",
            "how": f"one {WIDTH}x{WIDTH} product, plain matrix, one thread, encrypt + compute + decrypt, "
            "medians of 3 (CKKS) and 51 (EE)",
        },
        "ee.vs_ckks_token_hours": {
            "value": round(ckks * PRODUCTS_PER_TOKEN / 3600, 2),
            "unit": "hours per token",
            "peer": f"EE: {ours * PRODUCTS_PER_TOKEN * 1e3:.0f} ms",
            "how": f"EXTRAPOLATED, not run: {PRODUCTS_PER_TOKEN} such products for a token of BERT-base; "
            "attention, activations, norms and bootstrapping would come on top",
        },
    }


def _ckks(weight: Values, x: Values) -> tuple[float, float]:
    context = tenseal.context(
        tenseal.SCHEME_TYPE.CKKS, poly_modulus_degree=8192, coeff_mod_bit_sizes=[60, 40, 60], n_threads=1
    )
    context.global_scale = 2**40
    context.generate_galois_keys()
    matrix = weight.T.tolist()
    times, answer = [], x
    for _ in range(3):
        began = time.perf_counter()
        answer = np.array(tenseal.ckks_vector(context, x.tolist()).mm(matrix).decrypt())
        times.append(time.perf_counter() - began)
    expected = weight @ x
    return statistics.median(times), float(np.abs(answer - expected).max() / np.abs(expected).max())


def _ee(weight: Values, x: Values) -> tuple[float, float]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    into, out = (
        Invertibles(WIDTH).sample(Stream(os.urandom(32), label), "general") for label in ("into", "out")
    )
    moved = out.apply(into.apply(torch.from_numpy(weight), 1, dual=True), 0).float()
    encode, decode = into.matrix().float(), out.inverse().matrix().float()
    plain = torch.from_numpy(x).float()
    times, answer = [], plain
    for _ in range(51):
        began = time.perf_counter()
        answer = (moved @ (plain @ encode)) @ decode
        times.append(time.perf_counter() - began)
    torch.set_num_threads(threads)
    expected = torch.from_numpy(weight @ x)
    return statistics.median(times), float((answer.double() - expected).abs().max() / expected.abs().max())
