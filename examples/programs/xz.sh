# Compression on two threads; the result depends on the block size, not on who finished first.
needs=(xz:xz-utils)

prepare() {
    text "$(pick 9 2)" > plain
}

job() {
    run xz -T2 -2 --block-size=1MiB -c "$inputs/plain" > packed.xz
    run xz -T2 -dc packed.xz > unpacked
    cmp unpacked "$inputs/plain"
    rm unpacked
}
