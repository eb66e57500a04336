// A product of activations and weights in int8: y = x * w, [tokens, in] by [out, in], transposed.
//
// The instruction of VNNI multiplies unsigned by signed bytes, four at a time. So the activations are quantized with the
// offset 128, which is their zero point, and the weights are symmetric. absmax hands over what the product needs beside the
// integers: the sums of the weights' rows, for the zero point; tiles of 16 rows by 4 columns, as VNNI reads them; padding.
//
//     sum of (q - 128) * w  =  sum of q * w  -  128 * (sum of w)
#include <absmax.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

constexpr std::size_t TILE_ROWS = 16, TILE_COLUMNS = 4;

// Activations, quantized: rows of `len` integers, which is `in` and padding.
struct Activations {
    std::vector<std::uint8_t> q;
    std::vector<float> scales;
};

// Weights, quantized and interleaved: bands of 16 rows, of `len` columns each.
struct Weights {
    std::vector<std::int8_t> bands;
    std::vector<float> scales;
    std::vector<std::int32_t> sums;
};

void check(absmax_status status, const absmax_error &error) {
    if (status == ABSMAX_OK) return;
    std::fprintf(stderr, "%s: index %zu, expected %lld, found %lld, value %g\n", absmax_status_text(status), error.index,
                 static_cast<long long>(error.expected), static_cast<long long>(error.found), error.value);
    std::exit(1);
}

Activations quantize_activations(absmax_backend backend, const std::vector<float> &x, std::size_t tokens, std::size_t in,
                                 std::size_t len) {
    Activations to{std::vector<std::uint8_t>(tokens * len), std::vector<float>(tokens)};
    const absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_OFFSET_NARROW, ABSMAX_PER_ROW);
    const absmax_rows rows = ABSMAX_ROWS(ABSMAX_F32, x.data(), tokens, in);
    absmax_outputs out = ABSMAX_OUTPUTS(to.q.data(), len, to.scales.data(), tokens);
    absmax_error error = ABSMAX_ERROR_INIT;
    check(absmax_quantize_rows(backend, &scheme, &rows, &out, &error), error);
    return to;
}

Weights quantize_weights(absmax_backend backend, const std::vector<float> &w, std::size_t outputs, std::size_t in) {
    absmax_error error = ABSMAX_ERROR_INIT;
    std::size_t bands = 0, band_len = 0;
    check(absmax_tiles_size(TILE_ROWS, TILE_COLUMNS, outputs, in, &bands, &band_len, &error), error);
    Weights to{std::vector<std::int8_t>(bands * band_len), std::vector<float>(outputs), std::vector<std::int32_t>(outputs)};
    const absmax_scheme scheme = ABSMAX_SCHEME(8, ABSMAX_SYMMETRIC_NARROW, ABSMAX_PER_ROW);
    const absmax_rows rows = ABSMAX_ROWS(ABSMAX_F32, w.data(), outputs, in);
    absmax_outputs out = ABSMAX_OUTPUTS(to.bands.data(), band_len, to.scales.data(), outputs);
    out.sums = to.sums.data();
    out.tile_rows = TILE_ROWS;
    out.tile_columns = TILE_COLUMNS;
    check(absmax_scratch_size(&scheme, &rows, nullptr, &out, &out.scratch_size, &error), error);
    std::vector<unsigned char> scratch(out.scratch_size);
    out.scratch = scratch.data();
    check(absmax_quantize_rows(backend, &scheme, &rows, &out, &error), error);
    return to;
}

// One row of activations by one band of weights: 16 sums.
using Dot = void (*)(const std::uint8_t *q, const std::int8_t *band, std::size_t len, std::int32_t *sums);

void dot_scalar(const std::uint8_t *q, const std::int8_t *band, std::size_t len, std::int32_t *sums) {
    for (std::size_t row = 0; row < TILE_ROWS; row++) {
        sums[row] = 0;
        for (std::size_t k = 0; k < len; k++) {
            const std::size_t at = k / TILE_COLUMNS * TILE_ROWS * TILE_COLUMNS + row * TILE_COLUMNS + k % TILE_COLUMNS;
            sums[row] += static_cast<std::int32_t>(q[k]) * band[at];
        }
    }
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vnni"))) void dot_vnni(const std::uint8_t *q, const std::int8_t *band,
                                                            std::size_t len, std::int32_t *sums) {
    __m512i total = _mm512_setzero_si512();
    for (std::size_t k = 0; k < len; k += TILE_COLUMNS) {
        std::int32_t four;
        __builtin_memcpy(&four, q + k, 4);
        const __m512i tile = _mm512_loadu_si512(band + k * TILE_ROWS);
        total = _mm512_dpbusd_epi32(total, _mm512_set1_epi32(four), tile);
    }
    _mm512_storeu_si512(sums, total);
}
#endif

Dot best_dot() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni")) return dot_vnni;
#endif
    return dot_scalar;
}

std::vector<float> product(const Activations &x, const Weights &w, std::size_t tokens, std::size_t outputs, std::size_t len,
                           Dot dot) {
    std::vector<float> y(tokens * outputs);
    for (std::size_t token = 0; token < tokens; token++) {
        for (std::size_t first = 0; first < outputs; first += TILE_ROWS) {
            std::int32_t sums[TILE_ROWS];
            dot(&x.q[token * len], &w.bands[first * len], len, sums);
            for (std::size_t out = first; out < outputs && out < first + TILE_ROWS; out++) {
                const std::int32_t exact = sums[out - first] - 128 * w.sums[out];
                y[token * outputs + out] = static_cast<float>(exact) * x.scales[token] * w.scales[out];
            }
        }
    }
    return y;
}

}  // namespace

int main() {
    constexpr std::size_t TOKENS = 5, IN = 71, OUT = 37, LEN = (IN + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
    std::vector<float> x(TOKENS * IN), w(OUT * IN);
    for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<float>(i * 7919 % 2003) / 1000.0f - 1.0f;
    for (std::size_t i = 0; i < w.size(); i++) w[i] = static_cast<float>(i * 104729 % 1999) / 4000.0f - 0.25f;

    const absmax_backend backend = absmax_detect();
    const Activations activations = quantize_activations(backend, x, TOKENS, IN, LEN);
    const Weights weights = quantize_weights(backend, w, OUT, IN);
    const Dot dot = best_dot();
    const std::vector<float> y = product(activations, weights, TOKENS, OUT, LEN, dot);
    const std::vector<float> scalar = product(activations, weights, TOKENS, OUT, LEN, dot_scalar);

    double error = 0, power = 0;
    for (std::size_t i = 0; i < y.size(); i++) {
        if (y[i] != scalar[i]) {
            std::fprintf(stderr, "product %zu is %g and not %g\n", i, y[i], scalar[i]);
            return 1;
        }
        double exact = 0;
        for (std::size_t k = 0; k < IN; k++) exact += double(x[i / OUT * IN + k]) * w[i % OUT * IN + k];
        error += (exact - y[i]) * (exact - y[i]);
        power += exact * exact;
    }
    std::printf("%zu products by %s on %s equal the scalar ones; relative error %.4f\n", y.size(),
                dot == dot_scalar ? "plain code" : "VNNI", absmax_isa(backend), error == 0 ? 0 : __builtin_sqrt(error / power));
    return error < 1e-3 * power ? 0 : 1;
}
