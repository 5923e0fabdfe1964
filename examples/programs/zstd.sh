# Compression on two threads, quick and thorough, and with a dictionary trained on the spot.
needs=(zstd:zstd)

prepare() {
    text "$(pick 32 4)" > plain
    mkdir samples
    split -b 4096 -a 4 <(head -c 4000000 plain) samples/
}

job() {
    run zstd -q -T2 -3 -c "$inputs/plain" > packed.3.zst
    run zstd -q -T2 -9 -c "$inputs/plain" > packed.9.zst
    run zstd -q -T1 --train -r "$inputs/samples" --maxdict=32768 -o dictionary
    run zstd -q -T2 -6 -D dictionary -c "$inputs/plain" > packed.dictionary.zst
    run zstd -q -dc packed.9.zst > unpacked
    cmp unpacked "$inputs/plain"
    rm unpacked
}
