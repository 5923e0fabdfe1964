# The same, where the first objects come from one thread.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/false_sharing" passive "$(pick 400000 40000)" > sum
}
