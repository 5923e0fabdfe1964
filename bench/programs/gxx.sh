# The compiler on a source full of templates.
needs=(g++:g++)

job() {
    run g++ -std=c++20 "-O$(pick 1 0)" -DSIZE=1 -S "$examples/programs/gxx.cpp" -o templates.s
}
