/* What Pillow and torch compute for a photo's view and its lines, to the last bit and several times faster.

   `colorgan.kernels` says what is what. `python experiments/kernels.py` makes exact.ll of this, which `translating.py`
   turns into the machine's own code: without -ffast-math and without fused operations, since each sum must be rounded
   when, and in the order in which, it is there. */
#include <stdint.h>

enum { LANES = 16, PRECISION = 22 }; /* bits behind the point of Pillow's weights (Resample.c, PRECISION_BITS) */

typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef uint8_t bytes __attribute__((vector_size(LANES), aligned(1)));

/* A sum of levels times weights as the level that Pillow's clip8 makes of it. */
static inline bytes clipped(ints sum)
{
    sum >>= PRECISION;
    sum &= ~(sum >> 31);
    ints over = sum > 255;
    sum = (sum & ~over) | (over & 255);
    return __builtin_convertvector(sum, bytes);
}

/* sum += levels * weights, of `count` rows of lanes that are `stride` bytes apart. */
static inline bytes weighted(const uint8_t *levels, int64_t stride, const int32_t *weights, int64_t count)
{
    ints sum = (ints){0} + (1 << (PRECISION - 1));
    for (int64_t tap = 0; tap < count; tap++)
        sum += __builtin_convertvector(*(const bytes *)(levels + tap * stride), ints) * weights[tap];
    return clipped(sum);
}

/* Pillow's two passes, the first along rows. Sixteen rows go side by side there, sixteen columns in the second. */
void resize(
    const uint8_t *restrict pixels,        /* (height, width, channels): gray, or red, green, blue and anything */
    int64_t height, int64_t width, int64_t channels,
    const int64_t *restrict left,          /* (small_width,) the first column that counts, */
    const int64_t *restrict across,        /* and how many do */
    const int32_t *restrict row_weights, int64_t row_taps,       /* (small_width, row_taps) */
    const int64_t *restrict top,           /* (small_height,) likewise for rows */
    const int64_t *restrict down,
    const int32_t *restrict column_weights, int64_t column_taps, /* (small_height, column_taps) */
    int64_t small_height, int64_t small_width,
    uint8_t *restrict turned,              /* (kept, width, LANES) to work in; kept: 1 of gray, else 3 */
    uint8_t *restrict narrow,              /* (kept, height, stride) likewise; stride: small_width up to LANES */
    uint8_t *restrict small)               /* (kept, small_height, stride), to be filled */
{
    const int64_t kept = channels == 1 ? 1 : 3, stride = (small_width + LANES - 1) / LANES * LANES;
    for (int64_t start = 0; start < height; start += LANES) {
        const int64_t rows = height - start < LANES ? height - start : LANES;
        for (int64_t row = 0; row < rows; row++) {
            const uint8_t *in = pixels + (start + row) * width * channels;
            for (int64_t channel = 0; channel < kept; channel++) {
                uint8_t *out = turned + channel * width * LANES + row;
                for (int64_t column = 0; column < width; column++)
                    out[column * LANES] = in[column * channels + channel];
            }
        }
        for (int64_t channel = 0; channel < kept; channel++) {
            const uint8_t *in = turned + channel * width * LANES;
            uint8_t *out = narrow + (channel * height + start) * stride;
            for (int64_t column = 0; column < small_width; column++) {
                const int32_t *weights = row_weights + column * row_taps;
                bytes levels = weighted(in + left[column] * LANES, LANES, weights, across[column]);
                for (int64_t row = 0; row < rows; row++)
                    out[row * stride + column] = levels[row];
            }
        }
    }
    for (int64_t channel = 0; channel < kept; channel++)
        for (int64_t row = 0; row < small_height; row++) {
            const uint8_t *in = narrow + (channel * height + top[row]) * stride;
            uint8_t *out = small + (channel * small_height + row) * stride;
            for (int64_t column = 0; column < small_width; column += LANES)
                *(bytes *)(out + column) = weighted(in + column, stride, column_weights + row * column_taps, down[row]);
        }
}

/* `upsampling._box` of one plane: means over (2 reach + 1) squares, of what there is at the border. */
static void box(
    const float *restrict plane, int64_t height, int64_t width, int64_t reach_down, int64_t reach_across,
    float *restrict padded,                /* (width + 2 reach_across,) to work in */
    float *restrict along,                 /* (height, width) likewise */
    float *restrict means)                 /* (height, width), to be filled */
{
    for (int64_t column = 0; column < width + 2 * reach_across; column++)
        padded[column] = 0.0f;
    for (int64_t row = 0; row < height; row++) {
        const float *in = plane + row * width;
        float *out = along + row * width;
        for (int64_t column = 0; column < width; column++)
            out[column] = padded[reach_across + column] = in[column];
        for (int64_t step = 0; step <= 2 * reach_across; step++)
            if (step != reach_across)
                for (int64_t column = 0; column < width; column++)
                    out[column] += padded[column + step];
        for (int64_t column = 0; column < width; column++) {
            int64_t first = column - reach_across > 0 ? column - reach_across : 0;
            int64_t last = column + reach_across < width - 1 ? column + reach_across : width - 1;
            out[column] /= (float)(last - first + 1);
        }
    }
    for (int64_t row = 0; row < height; row++) {
        float *out = means + row * width;
        int64_t first = row - reach_down > 0 ? row - reach_down : 0;
        int64_t last = row + reach_down < height - 1 ? row + reach_down : height - 1;
        for (int64_t column = 0; column < width; column++)
            out[column] = along[row * width + column];
        for (int64_t other = first; other <= last; other++)
            if (other != row)
                for (int64_t column = 0; column < width; column++)
                    out[column] += along[other * width + column];
        for (int64_t column = 0; column < width; column++)
            out[column] /= (float)(last - first + 1);
    }
}

/* `upsampling.fit_lines` of one photo. */
void fit_lines(
    const float *restrict lightness,       /* (height, width) */
    const float *restrict ab,              /* (2, height, width) */
    int64_t height, int64_t width, int64_t reach_down, int64_t reach_across, float regularization,
    float *restrict padded,                /* (width + 2 reach_across,) to work in */
    float *restrict product, float *restrict along, /* (height, width) likewise */
    float *restrict means,                 /* (6, height, width) likewise */
    float *restrict lines)                 /* (4, height, width), to be filled: two slopes, two offsets */
{
    const int64_t size = height * width;
    /* Means of L, L L and, for a and b, of it and of L times it; then of a slope and an offset each. */
    for (int64_t number = 0; number < 6; number++) {
        const float *by = number == 0 || number == 2 || number == 4 ? 0 : lightness;
        const float *plane = number < 2 ? lightness : ab + (number / 2 - 1) * size;
        for (int64_t place = 0; place < size; place++)
            product[place] = by ? by[place] * plane[place] : plane[place];
        box(product, height, width, reach_down, reach_across, padded, along, means + number * size);
    }
    for (int64_t channel = 0; channel < 2; channel++) {
        float *slope = means + (2 * channel + 3) * size, *offset = means + (2 * channel + 2) * size;
        for (int64_t place = 0; place < size; place++) {
            float mean_l = means[place], mean = offset[place];
            float variance = means[size + place] - mean_l * mean_l, covariance = slope[place] - mean_l * mean;
            slope[place] = covariance / (variance + regularization);
            offset[place] = mean - slope[place] * mean_l;
        }
    }
    for (int64_t number = 0; number < 4; number++) {
        const float *plane = means + (number < 2 ? 2 * number + 3 : 2 * number - 2) * size;
        box(plane, height, width, reach_down, reach_across, padded, along, lines + number * size);
    }
}
