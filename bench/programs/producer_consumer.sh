# One thread makes blocks, another one frees them: ten million, with --long a hundred.
needs=(g++:g++)
measures=wall

job() {
    local batches
    batches=$(pick 50000 5000)
    if [[ $PTM_JOB_SIZE == long ]]; then batches=500000; fi
    run "$tools/producer_consumer" "$batches" > sum
}
