/* Pixels and lines in, sRGB pixels out: `colorgan.painting` says what is computed.

   `python experiments/kernels.py` makes paint.ll of it, which `colorgan.kernels` turns into the machine's own code.
   Blocks of a row, in short loops that are vectors to the compiler: look-ups, arithmetic, and look-ups again. */
#include <stdint.h>

enum { CUBE_ROOTS = 4096, GAMMAS = 16384, BLOCK = 512 };

static inline float least(float a, float b) { return a < b ? a : b; }

static inline float most(float a, float b) { return a > b ? a : b; }

/* CIE's f(Y), between two entries of the table. */
static inline float root_of(float y, const float *cube_roots)
{
    float place = y * CUBE_ROOTS;
    int32_t step = (int32_t)place < CUBE_ROOTS - 1 ? (int32_t)place : CUBE_ROOTS - 1;
    return cube_roots[step] + (cube_roots[step + 1] - cube_roots[step]) * (place - (float)step);
}

/* A level of 8 bits as a place in the table of gammas. */
static inline int32_t gamma_place(float light)
{
    return (int32_t)(least(most(light, 0.0f), 1.0f) * GAMMAS + 0.5f);
}

void paint_rows(
    const uint8_t *restrict pixels,      /* (height, width, channels): gray, or red, green, blue and what it may */
    int64_t height, int64_t width, int64_t channels,
    const float *restrict field,         /* (4, small_height, small_width): f(X) = 0 f(Y) + 2, f(Z) = 1 f(Y) + 3 */
    int64_t small_height, int64_t small_width,
    const int64_t *restrict above,       /* (height,) the row of the field over each row of pixels, */
    const float *restrict above_share,   /* and the next row's share */
    const int64_t *restrict left,        /* (width,) likewise for columns */
    const float *restrict left_share,
    const float *restrict luminance,     /* (3, 256) what each value of R, G and B adds to Y */
    const float *restrict cube_roots,    /* f(Y) of CUBE_ROOTS + 1 steps of Y from 0 to 1 */
    const uint32_t *restrict gammas,     /* 8-bit sRGB of GAMMAS + 1 steps of linear light from 0 to 1 */
    const float *restrict matrix,        /* (3, 3) XYZ over white -> linear RGB */
    float *restrict mixed,               /* (4, small_width + 1) to work in */
    uint32_t *restrict painted)          /* (height, width): red, green, blue and 255, from the lowest byte up */
{
    const float delta = 6.0f / 29.0f, tiny = 1e-7f;
    const float line = 3.0f * delta * delta, foot = 2.0f * delta / 3.0f;
    const int64_t plane = small_width + 1;
    float gray_luminances[256], gray_roots[256];
    float luminances[BLOCK], roots[BLOCK], slope_x[BLOCK], slope_z[BLOCK], offset_x[BLOCK], offset_z[BLOCK];
    int32_t red[BLOCK], green[BLOCK], blue[BLOCK];
    for (int64_t value = 0; value < 256; value++) {
        gray_luminances[value] = least(luminance[value] + luminance[256 + value] + luminance[512 + value], 1.0f);
        gray_roots[value] = root_of(gray_luminances[value], cube_roots);
    }
    for (int64_t row = 0; row < height; row++) {
        int64_t upper = above[row], lower = upper + 1 < small_height ? upper + 1 : upper;
        for (int64_t part = 0; part < 4; part++) {
            const float *over = field + (part * small_height + upper) * small_width;
            const float *under = field + (part * small_height + lower) * small_width;
            float *between = mixed + part * plane;
            for (int64_t column = 0; column < small_width; column++)
                between[column] = over[column] + (under[column] - over[column]) * above_share[row];
            between[small_width] = between[small_width - 1]; /* the last column is its own neighbour */
        }
        for (int64_t start = 0; start < width; start += BLOCK) {
            const int64_t count = width - start < BLOCK ? width - start : BLOCK;
            const uint8_t *in = pixels + (row * width + start) * channels;
            uint32_t *out = painted + row * width + start;
            if (channels == 1) {
                for (int64_t column = 0; column < count; column++) {
                    luminances[column] = gray_luminances[in[column]];
                    roots[column] = gray_roots[in[column]];
                }
            } else {
                for (int64_t column = 0; column < count; column++) {
                    const uint8_t *rgb = in + 4 * column;
                    luminances[column] = least(luminance[rgb[0]] + luminance[256 + rgb[1]] + luminance[512 + rgb[2]], 1.0f);
                }
                for (int64_t column = 0; column < count; column++)
                    roots[column] = root_of(luminances[column], cube_roots);
            }
            for (int64_t column = 0; column < count;) { /* pixels between the same two columns of the field */
                const float *near = mixed + left[start + column];
                const float a = near[0], b = near[plane], c = near[2 * plane], d = near[3 * plane];
                const float to_a = near[1] - a, to_b = near[plane + 1] - b;
                const float to_c = near[2 * plane + 1] - c, to_d = near[3 * plane + 1] - d;
                int64_t end = column + 1;
                while (end < count && left[start + end] == left[start + column])
                    end++;
                for (; column < end; column++) {
                    float share = left_share[start + column];
                    slope_x[column] = a + to_a * share;
                    slope_z[column] = b + to_b * share;
                    offset_x[column] = c + to_c * share;
                    offset_z[column] = d + to_d * share;
                }
            }
            for (int64_t column = 0; column < count; column++) {
                float y = luminances[column], root = roots[column];
                float root_x = slope_x[column] * root + offset_x[column];
                float root_z = slope_z[column] * root + offset_z[column];
                float x = root_x > delta ? root_x * root_x * root_x : line * (root_x - foot);
                float z = root_z > delta ? root_z * root_z * root_z : line * (root_z - foot);
                /* Linear RGB, as what it differs from the gray of the same luminance; then `color.desaturate`. */
                x -= y;
                z -= y;
                float headroom = 1.0f - y;
                float off_red = matrix[0] * x + matrix[2] * z;
                float off_green = matrix[3] * x + matrix[5] * z;
                float off_blue = matrix[6] * x + matrix[8] * z;
                float over = most(headroom, most(off_red, most(off_green, off_blue)));
                float under = most(y, -least(off_red, least(off_green, off_blue)));
                float fits = least((headroom + tiny) / (over + tiny), (y + tiny) / (under + tiny));
                red[column] = gamma_place(y + off_red * fits);
                green[column] = gamma_place(y + off_green * fits);
                blue[column] = gamma_place(y + off_blue * fits);
            }
            for (int64_t column = 0; column < count; column++)
                out[column] = gammas[red[column]] | gammas[green[column]] << 8 | gammas[blue[column]] << 16 | 0xff000000u;
        }
    }
}
