# Two threads write objects of their own; the allocator may put them into one cache line.
needs=(g++:g++)
measures=wall

job() {
    run "$tools/false_sharing" active "$(pick 400000 40000)" > sum
}
