# A solver: schedules within bounds, the factors of a number, functions of which some equations are known.
needs=(z3:z3)

prepare() {
    awk -v jobs="$(pick 8 6)" -v machines=6 -v low=60 -v high="$(pick 75 62)" -v bits="$(pick 32 24)" \
        -v product="$(pick 2147117569 15251561)" -v elements="$(pick 3000 600)" -f "$sources/z3.awk" > problem.smt2
}

job() {
    run z3 "$inputs/problem.smt2" > answers
}
