/* Swish with a trainable beta, y = x s(bx) with s the logistic function, and its gradients.
 *
 * Compiled once for each type of elements: -DELEMENT=float, double or bfloat16 (computed in float).
 * One exponential serves all. With z = bx, e = exp(-z) and r = 1/(1 + e):
 *
 *     y = x r,    s' = (e r) r,    dx = g (r + z s'),    db = sum of g x^2 s'
 *
 * which keeps all digits while e is a normal number. A block that holds a far z, an infinity or a
 * NaN is done once more, with care.
 *
 * Nothing here changes the state of the floating-point unit, and no result depends on the order in
 * which threads come to their turn.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif

#define IS_float 1
#define IS_double 2
#define IS_bfloat16 3
#define PASTE(a, b) a##b
#define KIND(element) PASTE(IS_, element)

#if KIND(ELEMENT) == IS_double
typedef double element;
typedef double real;
typedef uint64_t bits;
#define C(x) x
#define DIGITS 52                  /* stored bits of the significand */
#define BIAS 1023                  /* of the exponent */
#define MAX 0x1.fffffffffffffp1023
#define NEAR 706.0                 /* exp(NEAR) and exp(-NEAR) are normal */
#define FAR 1415.0                 /* exp(-FAR) is a product of two normal numbers */
#define ROUND 0x1.8p52             /* x + ROUND - ROUND is x, rounded */
#define LN2_HIGH 0x1.62e42fefap-1  /* n LN2_HIGH is exact */
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#else
typedef float real;
typedef uint32_t bits;
#define C(x) x##f
#define DIGITS 23
#define BIAS 127
#define MAX 0x1.fffffep127f
#define NEAR 86.0f
#define FAR 173.0f
#define ROUND 0x1.8p23f
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#if KIND(ELEMENT) == IS_float
typedef float element;
#else
typedef uint16_t element;
#endif
#endif

#define BLOCK 1024  /* elements that stay in the first cache while they are worked on */
#define GRAIN 32768 /* elements for which another thread pays, as in PyTorch's own kernels */

static inline real from_bits(bits b) { real x; memcpy(&x, &b, sizeof x); return x; }
static inline bits to_bits(real x) { bits b; memcpy(&b, &x, sizeof b); return b; }
static inline bits size_bits(real x) { return to_bits(x) & ~(bits)0 >> 1; }
static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

#if KIND(ELEMENT) == IS_bfloat16
static inline real load(element x) { return from_bits((bits)x << 16); }
static inline element store(real x)
{
    bits b = to_bits(x), nearest = (b + 0x7fff + (b >> 16 & 1)) >> 16; /* ties to even */
    return (element)(x != x ? 0x7fc0 : nearest);
}
#else
static inline real load(element x) { return x; }
static inline element store(real x) { return x; }
#endif

/* exp(t) is p times 2 to the power of `n` less what ROUND's own bits add to it: Cody and Waite's
 * reduction, and a polynomial near the best of its degree (in relative error 3.1e-9 in float,
 * 3.6e-18 in double). */
typedef struct { real p; bits n; } power;

static inline power exponential(real t)
{
    real shifted = t * C(1.44269504088896340736) + ROUND, n = shifted - ROUND;
    real f = (t - n * LN2_HIGH) - n * LN2_LOW;
#if KIND(ELEMENT) == IS_double
    real p = 2.50056269558284887e-08;
    p = p * f + 2.76302953290101177e-07;
    p = p * f + 2.75575689054828382e-06;
    p = p * f + 2.48014929777541843e-05;
    p = p * f + 1.98412695258005400e-04;
    p = p * f + 1.38888889437283498e-03;
    p = p * f + 8.33333333348591752e-03;
    p = p * f + 4.16666666665299379e-02;
    p = p * f + 1.66666666666664248e-01;
    p = p * f + 5.00000000000001061e-01;
#else
    real p = 1.381471029e-03f;
    p = p * f + 8.36874287e-03f;
    p = p * f + 4.166838823e-02f;
    p = p * f + 1.666652042e-01f;
    p = p * f + 4.999999344e-01f;
#endif
    power e = {p * f * f + f + 1, to_bits(shifted)};
    return e;
}

/* Where the size of z is NEAR at most. */

static inline real exp_near(real t)
{
    power e = exponential(t);
    return from_bits(to_bits(e.p) + (e.n << DIGITS));
}

static inline real value_near(real x, real z) { return x / (1 + exp_near(-z)); }

/* The derivatives of y: s + z s' with respect to x, and x^2 s' to beta. */
typedef struct { real x, beta; } slopes;

static inline slopes slopes_near(real x, real z)
{
    real e = exp_near(-z), r = 1 / (1 + e), slope = e * r * r;
    slopes d = {r + z * slope, x * (x * slope)};
    return d;
}

/* Everywhere. Now e = exp(-|z|), so that s = e r where z < 0; and e is a product q h, with h a power
 * of two and q normal wherever the result is not 0, so that the tail is as exact as the middle
 * (x exp(x) is a normal float down to x = -91.9, exp(x) down to -87.3 alone). */
typedef struct { real x, z, size, q, h, r; } parts;

static inline parts with_care(real x, real beta)
{
    parts v = {.x = x};
    v.x = v.x > MAX ? MAX : v.x; /* times 0 it is 0; NaN stays */
    v.x = v.x < -MAX ? -MAX : v.x;
    v.z = beta * v.x;
    v.size = v.z < 0 ? -v.z : v.z;
    int vanished = v.size > FAR;
    v.size = vanished ? FAR : v.size;
    power e = exponential(-v.size);
    bits exponent = e.n - to_bits(ROUND) + 2 * BIAS, half = exponent >> 1;
    v.q = vanished ? 0 : e.p * from_bits(half << DIGITS);
    v.h = from_bits((exponent - half) << DIGITS);
    v.r = 1 / (1 + v.q * v.h);
    return v;
}

static inline real value_far(real x, real beta)
{
    parts v = with_care(x, beta);
    return v.z < 0 ? v.x * v.q * v.r * v.h : x * v.r;
}

static inline slopes slopes_far(real x, real beta)
{
    parts v = with_care(x, beta);
    real s = v.q * v.r, t = v.size * v.r;
    slopes d = {v.z < 0 ? s * (1 - t) * v.h : v.r + t * (s * v.h), v.x * (v.x * (s * v.r)) * v.h};
    return d;
}

/* Element i of a block has beta[i * step], with step 0 or 1. */

static inline void forward(const element *restrict x, const real *restrict beta, int step,
                           element *restrict y, int64_t count)
{
    bits widest = 0;
#pragma omp simd reduction(max : widest)
    for (int64_t i = 0; i < count; i++) {
        real value = load(x[i]), z = beta[i * step] * value;
        bits size = size_bits(z);
        widest = size > widest ? size : widest;
        y[i] = store(value_near(value, z));
    }
    if (widest <= to_bits(NEAR)) return;
#pragma omp simd
    for (int64_t i = 0; i < count; i++) y[i] = store(value_far(load(x[i]), beta[i * step]));
}

/* The gradient of x, and the terms of that of beta, summed where they share one. */
static inline void backward(const element *restrict g, const element *restrict x,
                            const real *restrict beta, int step, element *restrict dx,
                            double *restrict sums, int64_t count)
{
    _Alignas(64) real terms[BLOCK];
    bits widest = 0;
#pragma omp simd reduction(max : widest)
    for (int64_t i = 0; i < count; i++) {
        real value = load(x[i]), slope = load(g[i]), z = beta[i * step] * value;
        bits size = size_bits(z);
        widest = size > widest ? size : widest;
        slopes d = slopes_near(value, z);
        dx[i] = store(slope * d.x);
        terms[i] = slope * d.beta;
    }
    if (widest > to_bits(NEAR)) {
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            real slope = load(g[i]);
            slopes d = slopes_far(load(x[i]), beta[i * step]);
            dx[i] = store(slope * d.x);
            terms[i] = slope * d.beta;
        }
    }
    if (step) {
        for (int64_t i = 0; i < count; i++) sums[i] += (double)terms[i];
    } else {
        int64_t part = count; /* three halvings at most: few roundings, and fewer conversions */
        while (part % 2 == 0 && part > BLOCK / 8) {
            part /= 2;
#pragma omp simd
            for (int64_t i = 0; i < part; i++) terms[i] += terms[part + i];
        }
        double sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int64_t i = 0; i < part; i++) sum += (double)terms[i];
        *sums += sum;
    }
}

/* How the elements lie: in runs of `length`. Without `repeating`, run i has the one beta
 * i % channels; with it, each run has all `length` of them, one an element, and the last run may be
 * shorter. `width` is the number of betas that are read, and of sums that a thread makes. */
typedef struct { int64_t elements, length, channels, width, threads; int repeating; } layout;

/* The betas of one channel after the other; of each, `inner` elements lie side by side. */
static inline layout lie(int64_t elements, int64_t channels, int64_t inner, int64_t threads)
{
    layout l = {elements, inner, channels, channels, 1, 0};
    if (channels == 1) {
        l.length = elements;
    } else if (inner == 1) { /* short rows of betas are repeated, so that loops are long */
        int64_t rows = least(BLOCK, elements) / channels;
        l.repeating = 1;
        l.width = l.length = channels * (rows > 1 ? rows : 1);
    }
    l.threads = least(threads, elements / GRAIN);
    l.threads = l.threads > 1 ? l.threads : 1;
    return l;
}

/* The betas as they are read: in `room` where they have to be repeated. */
static inline const real *repeated(layout l, const real *beta, real *room)
{
    if (l.width == l.channels) return beta;
    for (int64_t i = 0; i < l.width; i++) room[i] = beta[i % l.channels];
    return room;
}

/* The block that is number `unit`: where it starts, how long it is, and where its betas start. */
typedef struct { int64_t start, count, beta; } block;

static inline int64_t blocks_of(layout l)
{
    return (l.elements + l.length - 1) / l.length * ((l.length + BLOCK - 1) / BLOCK);
}

static inline block find(layout l, int64_t unit)
{
    int64_t a_run = (l.length + BLOCK - 1) / BLOCK, run = unit / a_run;
    int64_t within = unit % a_run * BLOCK, start = run * l.length + within;
    block b = {start, least(least(BLOCK, l.length - within), l.elements - start),
               l.repeating ? within : run % l.channels};
    return b;
}

/* The blocks first to end - 1 are this thread's. */
typedef struct { int64_t first, end, thread; } share;

static inline share mine(int64_t blocks)
{
#ifdef _OPENMP
    int64_t team = omp_get_num_threads(), thread = omp_get_thread_num();
#else
    int64_t team = 1, thread = 0;
#endif
    share s = {blocks * thread / team, blocks * (thread + 1) / team, thread};
    return s;
}

/* The elements of x are those of `channels` betas in turn, `inner` of each; y lies as x does. No
 * more than `threads` threads share the work. */
void swish_forward(const element *x, const real *beta, element *y, int64_t elements,
                   int64_t channels, int64_t inner, int64_t threads)
{
    if (elements == 0) return;
    layout l = lie(elements, channels, inner, threads);
    real room[BLOCK];
    beta = repeated(l, beta, room);
#pragma omp parallel num_threads(l.threads) if (l.threads > 1)
    {
        share s = mine(blocks_of(l));
        for (int64_t unit = s.first; unit < s.end; unit++) {
            block b = find(l, unit);
            if (b.count <= 0) continue;
            const element *from = x + b.start;
            if (l.repeating) forward(from, beta + b.beta, 1, y + b.start, b.count);
            else forward(from, beta + b.beta, 0, y + b.start, b.count);
        }
    }
}

/* The gradients of x and of the betas, where g is that of y. Returns 0, or 1 where there is no
 * memory for the sums. */
int swish_backward(const element *g, const element *x, const real *beta, element *dx, real *dbeta,
                   int64_t elements, int64_t channels, int64_t inner, int64_t threads)
{
    if (elements == 0) {
        memset(dbeta, 0, (size_t)channels * sizeof *dbeta);
        return 0;
    }
    layout l = lie(elements, channels, inner, threads);
    real room[BLOCK];
    beta = repeated(l, beta, room);
    double few[BLOCK], *sums = few; /* a row a thread */
    size_t size = (size_t)(l.threads * l.width) * sizeof *sums;
    if (size > sizeof few && !(sums = malloc(size))) return 1;
    memset(sums, 0, size);
#pragma omp parallel num_threads(l.threads) if (l.threads > 1)
    {
        share s = mine(blocks_of(l));
        for (int64_t unit = s.first; unit < s.end; unit++) {
            block b = find(l, unit);
            if (b.count <= 0) continue;
            double *sum = sums + s.thread * l.width + b.beta;
            const element *slope = g + b.start, *from = x + b.start;
            if (l.repeating) backward(slope, from, beta + b.beta, 1, dx + b.start, sum, b.count);
            else backward(slope, from, beta + b.beta, 0, dx + b.start, sum, b.count);
        }
    }
    for (int64_t i = 0; i < channels; i++) {
        double sum = 0;
        for (int64_t j = i; j < l.threads * l.width; j += channels) sum += sums[j];
        dbeta[i] = (real)sum;
    }
    if (sums != few) free(sums);
    return 0;
}
