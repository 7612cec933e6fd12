// The picture network of a LiteUNet for WebAssembly, and what is done to all pixels of a photo: steps told as records in
// memory, run by any number of threads.
//
// Tensors are (H, W, C) float32, so that four channels are one vector, and channels come in eights. 3 x 3 convolutions
// are Winograd's F(4 x 4, 3 x 3) (Lavin and Gray 2016, arXiv 1509.09308): a quarter of the multiplications.
// engine.js fills the records and packs the weights; nothing here allocates, and nothing is static: threads share it all.
#include <wasm_simd128.h>

typedef v128_t Four;

enum { STEM, POINTWISE, DEPTHWISE, DENSE, SCENE, SQUARES, RECTIFY, GRAY, NARROW, LOWER, WIDEN, PAINT };
enum { LINEAR, RELU, RELU6 };
enum { ALONE, SAME, HALF }; // what is added to an output: nothing, a tensor of its size, or one of half its height and width
enum { ROWS = 6, COLUMNS = 8, TILES = 24, POINTS = 36 };

typedef struct { // engine.js has the same order
  int kind, height, width, inputs, outputs; // of the output, and channels
  const float *in; int in_pixel, in_row; // floats from one pixel, and from one row, to the next
  float *out; int out_pixel, out_row;
  const float *weights, *bias;
  const float *added; int added_pixel, added_row, adding;
  int act, kernel, stride, border; // border: pixels of zeros round the output
  const float *scale, *shift; // a norm and ReLU that a dense convolution's input goes through
  int jobs, rows, panels; // how many parts, the pixels or rows of each, and of a pointwise one its panels of 8 channels
} Layer;

typedef struct { int next, done; char apart[56]; } Count;

typedef struct { int generation, open, active, threads, patience, count; const Layer *layers; } Team;

#define LOAD(p) wasm_v128_load(p)
#define SPLAT(p) wasm_v128_load32_splat(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define MADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)
#define ADD wasm_f32x4_add
#define SUB wasm_f32x4_sub
#define INLINE static inline __attribute__((always_inline))

INLINE int least(int a, int b) { return a < b ? a : b; }

INLINE Four acted(Four value, int act) {
  if (act == LINEAR) return value;
  value = wasm_f32x4_pmax(value, wasm_f32x4_splat(0));
  return act == RELU6 ? wasm_f32x4_pmin(value, wasm_f32x4_splat(6)) : value;
}

// count rows (each k long, `from` gives where) times a panel (k, 8) -> two vectors each. k is a multiple of 4.
INLINE void multiply(const int count, const float **from, const float *panel, int k, Four (*sum)[2]) {
  for (; k > 0; k -= 4, panel += 4 * COLUMNS) {
#pragma unroll
    for (int depth = 0; depth < 4; depth += 1) {
      Four left = LOAD(panel + depth * COLUMNS), right = LOAD(panel + depth * COLUMNS + 4);
#pragma unroll
      for (int row = 0; row < count; row += 1) {
        Four one = SPLAT(from[row] + depth);
        sum[row][0] = MADD(one, left, sum[row][0]);
        sum[row][1] = MADD(one, right, sum[row][1]);
      }
    }
#pragma unroll
    for (int row = 0; row < count; row += 1) from[row] += 4;
  }
}

typedef struct { int y, x; } Place;

INLINE Place next(Place place, int width) {
  place.x += 1;
  return place.x < width ? place : (Place){place.y + 1, 0};
}

// Some pixels from a place on, of one panel's channels -> the place after them.
INLINE Place few_pixels(const int count, const Layer *l, Place place, int panel) {
  const float *from[ROWS], *added[ROWS];
  float *to[ROWS];
  Four sum[ROWS][2];
  const int column = panel * COLUMNS, small = l->adding == HALF;
  Four left = LOAD(l->bias + column), right = LOAD(l->bias + column + 4);
#pragma unroll
  for (int one = 0; one < count; one += 1) {
    from[one] = l->in + place.y * l->in_row + place.x * l->in_pixel;
    to[one] = l->out + place.y * l->out_row + place.x * l->out_pixel + column;
    added[one] = l->added + (place.y >> small) * l->added_row + (place.x >> small) * l->added_pixel + column;
    sum[one][0] = left;
    sum[one][1] = right;
    place = next(place, l->width);
  }
  multiply(count, from, l->weights + column * l->inputs, l->inputs, sum);
  if (l->adding) {
#pragma unroll
    for (int one = 0; one < count; one += 1) {
      sum[one][0] = ADD(sum[one][0], LOAD(added[one]));
      sum[one][1] = ADD(sum[one][1], LOAD(added[one] + 4));
    }
  }
  if (l->act) {
    Four most = wasm_f32x4_splat(l->act == RELU6 ? 6 : 3.4e38f);
#pragma unroll
    for (int one = 0; one < count; one += 1)
      for (int half = 0; half < 2; half += 1)
        sum[one][half] = wasm_f32x4_pmin(most, wasm_f32x4_pmax(wasm_f32x4_splat(0), sum[one][half]));
  }
#pragma unroll
  for (int one = 0; one < count; one += 1) {
    STORE(to[one], sum[one][0]);
    STORE(to[one] + 4, sum[one][1]);
  }
  return place;
}

// An instance for each number of pixels, so that sums stay in registers.
static Place pixels6(const Layer *l, Place place, int panel) { return few_pixels(6, l, place, panel); }
static Place pixels4(const Layer *l, Place place, int panel) { return few_pixels(4, l, place, panel); }
static Place pixels2(const Layer *l, Place place, int panel) { return few_pixels(2, l, place, panel); }
static Place pixels1(const Layer *l, Place place, int panel) { return few_pixels(1, l, place, panel); }

static void zeros(float *to, int count) {
  for (int at = 0; at < count; at += 4) STORE(to + at, wasm_f32x4_splat(0));
}

static void clear_border(const Layer *l) {
  const int b = l->border, wide = l->width * l->out_pixel, side = b * l->out_pixel;
  for (int y = -b; y < l->height + b; y += 1) {
    float *row = l->out + y * l->out_row;
    if (y < 0 || y >= l->height) zeros(row - side, wide + 2 * side);
    else {
      zeros(row - side, side);
      zeros(row + wide, side);
    }
  }
}

static void pointwise(const Layer *l, int job) {
  const int all = l->outputs / COLUMNS, across = (all + l->panels - 1) / l->panels;
  const int first = (job / across) * l->rows, last = least(first + l->rows, l->height * l->width);
  const int begin = (job % across) * l->panels, end = least(begin + l->panels, all);
  if (!job && l->border) clear_border(l);
  for (int panel = begin; panel < end; panel += 1) {
    Place place = {first / l->width, first % l->width};
    int left = last - first;
    for (; left >= 6; left -= 6) place = pixels6(l, place, panel);
    for (; left >= 4; left -= 4) place = pixels4(l, place, panel);
    for (; left >= 2; left -= 2) place = pixels2(l, place, panel);
    if (left) pixels1(l, place, panel);
  }
}

// One channel in, as L / 50 - 1 with zeros outside: 3 x 3, stride 2.
static void stem(const Layer *l, int job) {
  const int tall = 2 * l->height, wide = 2 * l->width;
  if (!job && l->border) clear_border(l);
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    for (int x = 0; x < l->width; x += 1) {
      float seen[9];
      for (int at = 0; at < 9; at += 1) {
        int row = 2 * y + at / 3 - 1, column = 2 * x + at % 3 - 1;
        seen[at] = row < 0 || column < 0 || row >= tall || column >= wide ? 0 : l->in[row * l->in_row + column] / 50 - 1;
      }
      float *to = l->out + y * l->out_row + x * l->out_pixel;
      for (int channel = 0; channel < l->outputs; channel += 4) {
        Four sum = LOAD(l->bias + channel);
        for (int at = 0; at < 9; at += 1) sum = MADD(SPLAT(seen + at), LOAD(l->weights + at * l->outputs + channel), sum);
        STORE(to + channel, acted(sum, l->act));
      }
    }
  }
}

// The input has its zeros round it: engine.js lets `in` point at the corner of these.
INLINE void depthwise_row(const Layer *l, int y, const int kernel, const int stride, const int count, int x) {
  const float *in = l->in + y * stride * l->in_row + x * stride * l->in_pixel;
  float *out = l->out + y * l->out_row + x * l->out_pixel;
  for (int channel = 0; channel < l->outputs; channel += 4) {
    Four sum[4];
    for (int one = 0; one < count; one += 1) sum[one] = LOAD(l->bias + channel);
    for (int row = 0; row < kernel; row += 1) {
      const float *from = in + row * l->in_row + channel, *weights = l->weights + row * kernel * l->outputs + channel;
      Four seen[11], weight[5];
      for (int at = 0; at < (count - 1) * stride + kernel; at += 1) seen[at] = LOAD(from + at * l->in_pixel);
      for (int at = 0; at < kernel; at += 1) weight[at] = LOAD(weights + at * l->outputs);
      for (int one = 0; one < count; one += 1)
        for (int at = 0; at < kernel; at += 1) sum[one] = MADD(seen[one * stride + at], weight[at], sum[one]);
    }
    for (int one = 0; one < count; one += 1) STORE(out + one * l->out_pixel + channel, acted(sum[one], RELU6));
  }
}

INLINE void depthwise_rows(const Layer *l, int job, const int kernel, const int stride) {
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    int x = 0;
    for (; x + 4 <= l->width; x += 4) depthwise_row(l, y, kernel, stride, 4, x);
    for (; x < l->width; x += 1) depthwise_row(l, y, kernel, stride, 1, x);
  }
}

static void depthwise31(const Layer *l, int job) { depthwise_rows(l, job, 3, 1); }
static void depthwise32(const Layer *l, int job) { depthwise_rows(l, job, 3, 2); }
static void depthwise51(const Layer *l, int job) { depthwise_rows(l, job, 5, 1); }
static void depthwise52(const Layer *l, int job) { depthwise_rows(l, job, 5, 2); }

static void depthwise(const Layer *l, int job) {
  if (l->kernel == 3) (l->stride == 1 ? depthwise31 : depthwise32)(l, job);
  else (l->stride == 1 ? depthwise51 : depthwise52)(l, job);
}

INLINE Four twice(Four a) { return ADD(a, a); }
INLINE Four times(float by, Four a) { return wasm_f32x4_mul(wasm_f32x4_splat(by), a); }

// B^T d of F(4, 3), with the points 0, 1, -1, 2, -2: six vectors, `step` floats apart, to others.
INLINE void spread(const float *from, int step, float *to, int to_step) {
  Four d[6];
  for (int at = 0; at < 6; at += 1) d[at] = LOAD(from + at * step);
  Four even = SUB(d[4], times(4, d[2])), odd = SUB(d[3], times(4, d[1]));
  Four near = SUB(d[4], d[2]), far = twice(SUB(d[3], d[1]));
  STORE(to, ADD(SUB(times(4, d[0]), times(5, d[2])), d[4]));
  STORE(to + to_step, ADD(even, odd));
  STORE(to + 2 * to_step, SUB(even, odd));
  STORE(to + 3 * to_step, ADD(near, far));
  STORE(to + 4 * to_step, SUB(near, far));
  STORE(to + 5 * to_step, ADD(SUB(times(4, d[1]), times(5, d[3])), d[5]));
}

// A^T m: six to four.
INLINE void gather(const Four *m, Four *made) {
  Four a = ADD(m[1], m[2]), b = SUB(m[1], m[2]), c = ADD(m[3], m[4]), d = SUB(m[3], m[4]);
  made[0] = ADD(ADD(m[0], a), c);
  made[1] = ADD(b, twice(d));
  made[2] = ADD(a, times(4, c));
  made[3] = ADD(ADD(b, times(8, d)), m[5]);
}

// 6 x 6 pixels from (top, left) on, after the norm and ReLU before the convolution; zeros outside.
static void patch(const Layer *l, int top, int left, float *to) {
  for (int at = 0; at < POINTS; at += 1, to += l->inputs) {
    int y = top + at / 6, x = left + at % 6;
    if (y < 0 || x < 0 || y >= l->height || x >= l->width) {
      zeros(to, l->inputs);
      continue;
    }
    const float *from = l->in + y * l->in_row + x * l->in_pixel;
    for (int channel = 0; channel < l->inputs; channel += 4) {
      Four value = LOAD(from + channel);
      if (l->scale) value = acted(MADD(value, LOAD(l->scale + channel), LOAD(l->shift + channel)), RELU);
      STORE(to + channel, value);
    }
  }
}

INLINE void few_tiles(const int count, const float *from, int k, const float *panel, float *to, int outputs) {
  const float *rows[ROWS];
  Four sum[ROWS][2];
  for (int one = 0; one < count; one += 1) {
    rows[one] = from + one * k;
    sum[one][0] = sum[one][1] = wasm_f32x4_splat(0);
  }
  multiply(count, rows, panel, k, sum);
  for (int one = 0; one < count; one += 1) {
    STORE(to + one * outputs, sum[one][0]);
    STORE(to + one * outputs + 4, sum[one][1]);
  }
}

static void tiles6(const float *from, int k, const float *panel, float *to, int outputs) { few_tiles(6, from, k, panel, to, outputs); }
static void tiles1(const float *from, int k, const float *panel, float *to, int outputs) { few_tiles(1, from, k, panel, to, outputs); }
static void tiles4(const float *from, int k, const float *panel, float *to, int outputs) { few_tiles(4, from, k, panel, to, outputs); }

// Some tiles of 4 x 4 outputs: their patches spread, multiplied at each of the 36 points, and gathered.
static void dense(const Layer *l, int job, float *scratch) {
  const int across = (l->width + 3) / 4, all = across * ((l->height + 3) / 4);
  const int first = job * l->rows, count = least(l->rows, all - first);
  const int inputs = l->inputs, outputs = l->outputs;
  float *seen = scratch, *half = seen + POINTS * inputs;
  float *spreads = half + POINTS * 4, *products = spreads + POINTS * TILES * inputs;
  for (int tile = 0; tile < count; tile += 1) {
    int y = (first + tile) / across, x = (first + tile) % across;
    patch(l, 4 * y - 1, 4 * x - 1, seen);
    for (int channel = 0; channel < inputs; channel += 4) {
      for (int column = 0; column < 6; column += 1) spread(seen + column * inputs + channel, 6 * inputs, half + column * 4, 24);
      float *to = spreads + tile * inputs + channel;
      for (int row = 0; row < 6; row += 1) spread(half + row * 24, 4, to + row * 6 * TILES * inputs, TILES * inputs);
    }
  }
  for (int point = 0; point < POINTS; point += 1) {
    const float *from = spreads + point * TILES * inputs, *weights = l->weights + point * inputs * outputs;
    float *to = products + point * TILES * outputs;
    for (int column = 0; column < outputs; column += COLUMNS) {
      int tile = 0;
      const float *panel = weights + column * inputs;
      for (; tile + 6 <= count; tile += 6) tiles6(from + tile * inputs, inputs, panel, to + tile * outputs + column, outputs);
      for (; tile + 4 <= count; tile += 4) tiles4(from + tile * inputs, inputs, panel, to + tile * outputs + column, outputs);
      for (; tile < count; tile += 1) tiles1(from + tile * inputs, inputs, panel, to + tile * outputs + column, outputs);
    }
  }
  for (int tile = 0; tile < count; tile += 1) {
    int top = (first + tile) / across * 4, left = (first + tile) % across * 4;
    for (int channel = 0; channel < outputs; channel += 4) {
      const float *from = products + tile * outputs + channel;
      Four columns[6][4], made[4], line[6];
      for (int column = 0; column < 6; column += 1) {
        for (int row = 0; row < 6; row += 1) line[row] = LOAD(from + (row * 6 + column) * TILES * outputs);
        gather(line, columns[column]);
      }
      for (int y = 0; y < least(4, l->height - top); y += 1) {
        for (int column = 0; column < 6; column += 1) line[column] = columns[column][y];
        gather(line, made);
        for (int x = 0; x < least(4, l->width - left); x += 1) {
          Four value = ADD(made[x], LOAD(l->bias + channel));
          if (l->adding) value = ADD(value, LOAD(l->added + (top + y) * l->added_row + (left + x) * l->added_pixel + channel));
          STORE(l->out + (top + y) * l->out_row + (left + x) * l->out_pixel + channel, acted(value, l->act));
        }
      }
    }
  }
}

// Means of all pixels through two linear layers, added to a bias: weights of the first (inputs, outputs), its bias,
// those of the second, and the sum of its bias and the other.
static void scene(const Layer *l, float *scratch) {
  const float *weights = l->weights;
  float *mean = scratch, *hidden = mean + l->inputs;
  for (int channel = 0; channel < l->inputs; channel += 4) {
    Four sum = wasm_f32x4_splat(0);
    for (int y = 0; y < l->height; y += 1)
      for (int x = 0; x < l->width; x += 1) sum = ADD(sum, LOAD(l->in + y * l->in_row + x * l->in_pixel + channel));
    STORE(mean + channel, wasm_f32x4_div(sum, wasm_f32x4_splat(l->height * l->width)));
  }
  for (int turn = 0; turn < 2; turn += 1) {
    const float *from = turn ? hidden : mean;
    const int inputs = turn ? l->outputs : l->inputs;
    const float *bias = weights + inputs * l->outputs;
    for (int channel = 0; channel < l->outputs; channel += 4) {
      Four sum = LOAD(bias + channel);
      for (int at = 0; at < inputs; at += 1) sum = MADD(SPLAT(from + at), LOAD(weights + at * l->outputs + channel), sum);
      STORE((turn ? l->out : hidden) + channel, turn ? sum : acted(sum, RELU));
    }
    weights = bias + l->outputs;
  }
}

// Each square of 4 x 4 pixels of L / 50 - 1 as 16 channels.
static void squares(const Layer *l, int job) {
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1)
    for (int x = 0; x < l->width; x += 1)
      for (int at = 0; at < 16; at += 1)
        l->out[y * l->out_row + x * l->out_pixel + at] = l->in[(4 * y + at / 4) * l->in_row + 4 * x + at % 4] / 50 - 1;
}

static void rectify(const Layer *l, int job) {
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1)
    for (int x = 0; x < l->width; x += 1)
      for (int channel = 0; channel < l->outputs; channel += 4) {
        Four value = LOAD(l->in + y * l->in_row + x * l->in_pixel + channel);
        STORE(l->out + y * l->out_row + x * l->out_pixel + channel, acted(MADD(value, LOAD(l->scale + channel), LOAD(l->shift + channel)), RELU));
      }
}

// --- A photo's pixels. Each says what its record's fields are, where they are not those of a layer.

typedef unsigned char Byte;

// RGBA -> red alone; added: a number that becomes 1 where one pixel is not gray.
static void gray(const Layer *l, int job) {
  const int first = job * l->rows, last = least(first + l->rows, l->width);
  const Byte *in = (const Byte *)l->in;
  Byte *out = (Byte *)l->out;
  Four odd = wasm_i32x4_splat(0);
  for (int at = first; at < last; at += 4) { // what lies behind the last is room
    Four four = LOAD(in + 4 * at);
    // Green and blue less red, where both are below.
    Four red = wasm_i8x16_shuffle(four, four, 0, 0, 0, 3, 4, 4, 4, 7, 8, 8, 8, 11, 12, 12, 12, 15);
    Four off = wasm_v128_xor(four, red);
    if (at + 4 > last) off = wasm_v128_and(off, wasm_u32x4_gt(wasm_i32x4_splat(last - at), wasm_i32x4_make(0, 1, 2, 3)));
    odd = wasm_v128_or(odd, off);
    wasm_v128_store32_lane(out + at, wasm_i8x16_shuffle(four, four, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0);
  }
  if (wasm_v128_any_true(odd)) __atomic_store_n((int *)l->added, 1, __ATOMIC_SEQ_CST);
}

enum { BITS = 22 }; // of a weight's fraction, as resizing.js has them

// Bytes across: of each of `outputs` places where it begins (bias) and `kernel` weights, a multiple of 4.
static void narrow(const Layer *l, int job) {
  const int *from = (const int *)l->bias, *weights = (const int *)l->weights;
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    const Byte *row = (const Byte *)l->in + y * l->in_row;
    Byte *to = (Byte *)l->out + y * l->out_row;
    for (int place = 0; place < l->outputs; place += 1) {
      const Byte *seen = row + from[place];
      const int *weight = weights + place * l->kernel;
      Four sum = wasm_i32x4_make(1 << (BITS - 1), 0, 0, 0);
      for (int at = 0; at < l->kernel; at += 4) {
        Four bytes = wasm_u32x4_extend_low_u16x8(wasm_u16x8_extend_low_u8x16(wasm_v128_load32_zero(seen + at)));
        sum = wasm_i32x4_add(sum, wasm_i32x4_mul(bytes, LOAD(weight + at)));
      }
      int all = (wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) + wasm_i32x4_extract_lane(sum, 2) + wasm_i32x4_extract_lane(sum, 3)) >> BITS;
      to[place] = all < 0 ? 0 : all > 255 ? 255 : all;
    }
  }
}

// Bytes down: of each of `height` rows where it begins (bias), how many it is made of (added), and `kernel` weights.
static void lower(const Layer *l, int job) {
  const int *from = (const int *)l->bias, *count = (const int *)l->added, *weights = (const int *)l->weights;
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    for (int x = 0; x < l->width; x += 16) { // rows are as long as sixteens
      const Byte *seen = (const Byte *)l->in + from[y] * l->in_row + x;
      Four sum[4];
      for (int part = 0; part < 4; part += 1) sum[part] = wasm_i32x4_splat(1 << (BITS - 1));
      for (int at = 0; at < count[y]; at += 1, seen += l->in_row) {
        Four bytes = LOAD(seen), weight = wasm_i32x4_splat(weights[y * l->kernel + at]);
        Four left = wasm_u16x8_extend_low_u8x16(bytes), right = wasm_u16x8_extend_high_u8x16(bytes);
        sum[0] = wasm_i32x4_add(sum[0], wasm_i32x4_mul(wasm_u32x4_extend_low_u16x8(left), weight));
        sum[1] = wasm_i32x4_add(sum[1], wasm_i32x4_mul(wasm_u32x4_extend_high_u16x8(left), weight));
        sum[2] = wasm_i32x4_add(sum[2], wasm_i32x4_mul(wasm_u32x4_extend_low_u16x8(right), weight));
        sum[3] = wasm_i32x4_add(sum[3], wasm_i32x4_mul(wasm_u32x4_extend_high_u16x8(right), weight));
      }
      for (int part = 0; part < 4; part += 1) sum[part] = wasm_i32x4_shr(sum[part], BITS);
      STORE((Byte *)l->out + y * l->out_row + x, wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(sum[0], sum[1]), wasm_i16x8_narrow_i32x4(sum[2], sum[3])));
    }
  }
}

// Rows of a field to the photo's width: of each pixel the place before it (bias) and the share of the next (weights).
static void widen(const Layer *l, int job) {
  const int *before = (const int *)l->bias;
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    const float *row = l->in + y * l->in_row;
    float *to = l->out + y * l->out_row;
    for (int x = 0; x < l->width; x += 1) {
      const float left = row[before[x]], right = row[least(before[x] + 1, l->inputs - 1)];
      to[x] = left + (right - left) * l->weights[x];
    }
  }
}

enum { ROOTS = 1 << 12, GAMMAS = 1 << 14 }; // steps of tables, as painting.js has them
typedef struct {
  float luminance[3][256], grays[256], roots_of_gray[256], roots[ROOTS + 4];
  float delta, rx, rz, gx, gz, bx, bz, unused;
  Byte gammas[GAMMAS + 4];
} Tables;

INLINE Four cubed(Four f, float delta) {
  Four line = wasm_f32x4_mul(wasm_f32x4_splat(3 * delta * delta), SUB(f, wasm_f32x4_splat(2 * delta / 3)));
  return wasm_v128_bitselect(wasm_f32x4_mul(wasm_f32x4_mul(f, f), f), line, wasm_f32x4_gt(f, wasm_f32x4_splat(delta)));
}

INLINE Four mixed_at(const float *upper, const float *lower, Four share) {
  Four first = LOAD(upper);
  return MADD(SUB(LOAD(lower), first), share, first);
}

INLINE Four placed(Four base, Four off, Four by) {
  return wasm_i32x4_trunc_sat_f32x4(MADD(off, by, base));
}

// painting.js's paintRow, four pixels at once: `in` and `out` RGBA, added the four parts of a widened field
// (each added_pixel floats), bias of each row the place before it, scale the share of the next, weights the tables.
INLINE void paint_four(const Layer *l, const Tables *t, const int *in, int *out, const float *upper, const float *lower, Four share) {
  Four pixels = LOAD(in);
  Four bytes = wasm_v128_and(pixels, wasm_i32x4_splat(255));
  Four even = wasm_i32x4_eq(wasm_v128_and(pixels, wasm_i32x4_splat(0xffffff)), wasm_i32x4_mul(bytes, wasm_i32x4_splat(0x010101)));
  float light[4], root[4];
  int pixel[4], to[3][4];
  STORE(pixel, pixels);
  if (wasm_i32x4_all_true(even)) {
    for (int one = 0; one < 4; one += 1) {
      light[one] = t->grays[pixel[one] & 255];
      root[one] = t->roots_of_gray[pixel[one] & 255];
    }
  } else {
    for (int one = 0; one < 4; one += 1) {
      float y = t->luminance[0][pixel[one] & 255] + t->luminance[1][(pixel[one] >> 8) & 255] + t->luminance[2][(pixel[one] >> 16) & 255];
      light[one] = y = y < 1 ? y : 1;
      int step = y * ROOTS;
      root[one] = t->roots[step] + (t->roots[step + 1] - t->roots[step]) * (y * ROOTS - step);
    }
  }
  const int part = l->added_pixel;
  Four y = LOAD(light), fy = LOAD(root);
  Four fx = MADD(mixed_at(upper, lower, share), fy, mixed_at(upper + 2 * part, lower + 2 * part, share));
  Four fz = MADD(mixed_at(upper + part, lower + part, share), fy, mixed_at(upper + 3 * part, lower + 3 * part, share));
  Four dx = SUB(cubed(fx, t->delta), y), dz = SUB(cubed(fz, t->delta), y);
  Four red = ADD(times(t->rx, dx), times(t->rz, dz)), green = ADD(times(t->gx, dx), times(t->gz, dz)), blue = ADD(times(t->bx, dx), times(t->bz, dz));
  Four all = wasm_f32x4_splat(GAMMAS), base = MADD(y, all, wasm_f32x4_splat(0.5f));
  Four r = placed(base, red, all), g = placed(base, green, all), b = placed(base, blue, all);
  Four beyond = wasm_v128_and(wasm_v128_or(wasm_v128_or(r, g), b), wasm_i32x4_splat(~(GAMMAS - 1)));
  if (wasm_v128_any_true(beyond)) {
    Four tiny = wasm_f32x4_splat(1e-7f), over = SUB(wasm_f32x4_splat(1), y), under = y, zero = wasm_f32x4_splat(0);
    Four head = ADD(over, tiny), foot = ADD(under, tiny);
    over = wasm_f32x4_pmax(wasm_f32x4_pmax(over, red), wasm_f32x4_pmax(green, blue));
    under = wasm_f32x4_pmax(wasm_f32x4_pmax(under, SUB(zero, red)), wasm_f32x4_pmax(SUB(zero, green), SUB(zero, blue)));
    Four fits = wasm_f32x4_pmin(wasm_f32x4_div(head, ADD(over, tiny)), wasm_f32x4_div(foot, ADD(under, tiny)));
    Four by = wasm_v128_bitselect(all, wasm_f32x4_mul(all, fits), wasm_i32x4_eq(beyond, zero));
    Four most = wasm_i32x4_splat(GAMMAS);
    r = wasm_i32x4_max(zero, wasm_i32x4_min(most, placed(base, red, by)));
    g = wasm_i32x4_max(zero, wasm_i32x4_min(most, placed(base, green, by)));
    b = wasm_i32x4_max(zero, wasm_i32x4_min(most, placed(base, blue, by)));
  }
  STORE(to[0], r);
  STORE(to[1], g);
  STORE(to[2], b);
  for (int one = 0; one < 4; one += 1)
    out[one] = (pixel[one] & 0xff000000) | t->gammas[to[2][one]] << 16 | t->gammas[to[1][one]] << 8 | t->gammas[to[0][one]];
}

static void paint(const Layer *l, int job) {
  const Tables *t = (const Tables *)l->weights;
  const int *before = (const int *)l->bias;
  for (int y = job * l->rows; y < least((job + 1) * l->rows, l->height); y += 1) {
    const int *in = (const int *)l->in + y * l->width;
    int *out = (int *)l->out + y * l->width;
    const float *upper = l->added + before[y] * l->added_row, *lower = l->added + least(before[y] + 1, l->inputs - 1) * l->added_row;
    Four share = wasm_f32x4_splat(l->scale[y]);
    for (int x = 0; x < l->width; x += 4) {
      int at = least(x, l->width - 4); // the last four may be painted twice
      paint_four(l, t, in + at, out + at, upper + at, lower + at, share);
    }
  }
}

static void part(const Layer *l, int job, float *scratch) {
  switch (l->kind) {
    case STEM: stem(l, job); break;
    case POINTWISE: pointwise(l, job); break;
    case DEPTHWISE: depthwise(l, job); break;
    case DENSE: dense(l, job, scratch); break;
    case SCENE: scene(l, scratch); break;
    case SQUARES: squares(l, job); break;
    case RECTIFY: rectify(l, job); break;
    case GRAY: gray(l, job); break;
    case NARROW: narrow(l, job); break;
    case LOWER: lower(l, job); break;
    case WIDEN: widen(l, job); break;
    case PAINT: paint(l, job); break;
  }
}

#define TAKE(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)

// Whether a number gets to where it is wanted: a while by spinning, and then, where the machine has other work, by
// sleeping. It does not where a thread is gone that had begun a part: browsers end threads when memory is short.
// patience: how often this sleeps, 0.1 ms at the least, while nothing changes.
static int awaited(int *number, int from, int to, int patience) {
  int before = -1;
  for (int turn = 0, now; (now = TAKE(*number)) < from || now > to; turn += 1) {
    if (now != before) turn = 0;
    before = now;
    if (turn - 4000 > patience) return 0;
    if (turn > 4000) __builtin_wasm_memory_atomic_wait32(number, now, 100000);
  }
  return 1;
}

// All threads go through all layers, and each takes what parts are left of one; the next begins when all are done.
// Whether they were.
static int work(const Layer *layers, int count, Count *counts, const Team *team, float *scratch) {
  for (int number = 0; number < count; number += 1) {
    const int jobs = layers[number].jobs;
    int job;
    while ((job = __atomic_fetch_add(&counts[number].next, 1, __ATOMIC_SEQ_CST)) < jobs) {
      part(layers + number, job, scratch);
      __atomic_fetch_add(&counts[number].done, 1, __ATOMIC_SEQ_CST);
    }
    if (!awaited(&counts[number].done, jobs, jobs, team->patience)) return 0;
  }
  return 1;
}

// Whether all was done, and no thread is at it any more.
__attribute__((export_name("run")))
int run(const Layer *layers, int count, Count *counts, Team *team, float *scratch) {
  for (int number = 0; number < count; number += 1) counts[number].next = counts[number].done = 0;
  team->layers = layers;
  team->count = count;
  if (team->threads == 1) return work(layers, count, counts, team, scratch);
  __atomic_store_n(&team->open, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&team->generation, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(&team->generation, team->threads);
  const int is_done = work(layers, count, counts, team, scratch);
  __atomic_store_n(&team->open, 0, __ATOMIC_SEQ_CST);
  return is_done && awaited(&team->active, 0, 0, team->patience);
}

// A thread of its own for ever: it waits for runs, and takes part.
__attribute__((export_name("help")))
void help(Count *counts, Team *team, float *scratch) {
  for (int seen = 0;;) {
    while (TAKE(team->generation) == seen) __builtin_wasm_memory_atomic_wait32(&team->generation, seen, -1);
    seen = TAKE(team->generation);
    __atomic_fetch_add(&team->active, 1, __ATOMIC_SEQ_CST);
    if (TAKE(team->open)) work(team->layers, team->count, counts, team, scratch);
    __atomic_fetch_sub(&team->active, 1, __ATOMIC_SEQ_CST);
  }
}

// (outputs, inputs, 3, 3) -> 36 matrices in panels, (36, outputs / 8, inputs, 8): G g G^T, times a factor for each output.
__attribute__((export_name("spread_weights")))
void spread_weights(const float *weights, const float *scale, int inputs, int outputs, float *to) {
  const float rows[6][3] = {{1.f / 4, 0, 0}, {-1.f / 6, -1.f / 6, -1.f / 6}, {-1.f / 6, 1.f / 6, -1.f / 6}, {1.f / 24, 1.f / 12, 1.f / 6}, {1.f / 24, -1.f / 12, 1.f / 6}, {0, 0, 1}};
  for (int output = 0; output < outputs; output += 1)
    for (int input = 0; input < inputs; input += 1) {
      const float *g = weights + (output * inputs + input) * 9;
      float half[6][3];
      for (int row = 0; row < 6; row += 1)
        for (int column = 0; column < 3; column += 1) half[row][column] = rows[row][0] * g[column] + rows[row][1] * g[3 + column] + rows[row][2] * g[6 + column];
      for (int row = 0; row < 6; row += 1)
        for (int column = 0; column < 6; column += 1) {
          float one = half[row][0] * rows[column][0] + half[row][1] * rows[column][1] + half[row][2] * rows[column][2];
          to[(((row * 6 + column) * (outputs / COLUMNS) + output / COLUMNS) * inputs + input) * COLUMNS + output % COLUMNS] = one * scale[output];
        }
    }
}
