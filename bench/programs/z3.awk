# Writes an SMT problem: jobs on machines, one after another and never two at once, in as little time as can be; then a
# factorisation of bit vectors, and functions of which nothing is known but some equations.
function chance(n) { state = (state * 16807) % 2147483647; return int(state / 64) % n }

function schedule(jobs, machines,    i, j, k) {
    for (i = 0; i < jobs; ++i) {
        for (j = 0; j < machines; ++j) {
            long[i, j] = 1 + chance(9)
            place[i, j] = (j * (1 + i % (machines - 1)) + i) % machines
            printf "(declare-const s%d_%d Int)\n(assert (>= s%d_%d 0))\n", i, j, i, j
            if (j > 0) printf "(assert (>= s%d_%d (+ s%d_%d %d)))\n", i, j, i, j - 1, long[i, j - 1]
        }
        printf "(assert (<= (+ s%d_%d %d) limit))\n", i, machines - 1, long[i, machines - 1]
    }
    for (i = 0; i < jobs; ++i) for (j = 0; j < machines; ++j)
        for (k = i + 1; k < jobs; ++k) apart(i, j, k, machines)
}

# The step j of job i and the one of job k that needs the same machine.
function apart(i, j, k, machines,    m) {
    for (m = 0; m < machines; ++m) if (place[k, m] == place[i, j])
        printf "(assert (or (>= s%d_%d (+ s%d_%d %d)) (>= s%d_%d (+ s%d_%d %d))))\n",
            k, m, i, j, long[i, j], i, j, k, m, long[k, m]
}

function bounds(low, high, step,    limit) {
    for (limit = high; limit >= low; limit -= step) printf "(push)(assert (<= limit %d))(check-sat)(pop)\n", limit
}

function factors(bits, product) {
    printf "(push)(declare-const p (_ BitVec %d))(declare-const q (_ BitVec %d))\n", bits, bits
    printf "(assert (= (bvmul p q) (_ bv%d %d)))\n", product, bits
    printf "(assert (bvult p (_ bv%d %d)))(assert (bvult q (_ bv%d %d)))\n", 2 ^ (bits / 2), bits, 2 ^ (bits / 2), bits
    printf "(assert (bvugt p (_ bv1 %d)))(assert (bvule p q))(check-sat)(pop)\n", bits
}

function functions(count,    i) {
    print "(push)(declare-sort U)(declare-fun f (U U) U)"
    for (i = 0; i < count; ++i) printf "(declare-const c%d U)\n", i
    for (i = 0; i < 2 * count; ++i)
        printf "(assert (or (= (f c%d c%d) c%d) (= c%d (f c%d c%d))))\n", chance(count), chance(count), chance(count),
            chance(count), chance(count), chance(count)
    printf "(assert (distinct"; for (i = 0; i < count; i += 5) printf " c%d", i; print "))(check-sat)(pop)"
}

BEGIN {
    state = 4242
    print "(declare-const limit Int)"
    schedule(jobs, machines)
    bounds(low, high, 1)
    factors(bits, product)
    functions(elements)
}
