# Pages of curves, shadings, text and clipped drawings, turned into dots.
needs=(gs:ghostscript)

job() {
    run gs -q -dBATCH -dNOPAUSE -dSAFER -sDEVICE=ppmraw -r72 "-dpages=$(pick 10 1)" -o pages.ppm \
        "$sources/ghostscript.ps"
    cksum < pages.ppm > sum
    rm pages.ppm
}
